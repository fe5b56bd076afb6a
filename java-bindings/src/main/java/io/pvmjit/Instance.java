package io.pvmjit;

/**
 * One machine: 13 registers, gas, program counter and RAM. It may move between threads, but serves one at a time: every
 * method but {@link #interrupt()} fails with an {@link IllegalStateException} while another thread is inside one, and
 * after {@link #close()}. Embedders do not implement it.
 *
 * <p>Gas and registers are unsigned 64-bit values in a {@code long}; {@link Long#compareUnsigned} and its like apply.
 */
public interface Instance extends AutoCloseable {
    /** Guest registers of a machine. */
    int REGISTER_COUNT = 13;

    /**
     * Keeps the instance with the calling thread until the hold is closed on the same thread. Inside, single operations
     * need no atomic step: worth it around a loop of runs and memory accesses.
     */
    Hold hold();

    /** See {@link Instance#hold()}. */
    interface Hold extends AutoCloseable {
        /**
         * Lets go of the instance, unless the thread was inside before. Does nothing when closed before, or the instance is.
         *
         * @throws IllegalStateException on another thread than the one that the instance is with
         */
        @Override
        void close();
    }

    /**
     * Runs from {@link #pc()} until an exit. Gas is the only bound on how long that takes, unless another thread calls
     * {@link #interrupt()}.
     */
    Exit run();

    /** As {@link #run()}, without allocation: the argument is {@link #exitArgument()}. */
    ExitKind resume();

    /**
     * As {@link #resume()}, for hosts that serve {@code gas} (Gray Paper B.6): the machine may answer that host call itself,
     * as often as the guest makes it, which costs a sixth of coming out. Then it has taken that much gas, register 7 is what
     * was left, and it ran on. A call that gas is not enough for, or that it does not answer, is an exit as ever.
     *
     * @param number of the call, sign-extended to 64 bits
     * @param cost what it takes, unsigned
     */
    ExitKind resumeAnsweringGas(long number, long cost);

    /**
     * Executes one instruction, from {@link #pc()} on. On the interpreter; {@code Debugger} has it for all backends.
     *
     * @return null when the next run goes on behind it, else the exit that {@link #run()} would have come to
     * @throws UnsupportedOperationException on other backends
     */
    Exit step();

    /**
     * Resumes an inner machine on behalf of this one, which waits for it (Gray Paper B.5, invoke): what interrupts this one
     * meanwhile interrupts the inner one. If it stops the inner one, it is spent, and this one's next run goes on; else it
     * remains for that run. One at the very moment of this call may stop the inner machine once more when that runs next.
     *
     * @return how the inner machine stopped; INTERRUPTED also when an interrupt waited for this one already: then the inner
     *     one was not run
     * @throws IllegalArgumentException when it is this one
     */
    ExitKind resumeInner(Instance innerMachine);

    /**
     * Stops the run that is under way, or else the next one before it does anything: it ends as an
     * {@link Exit.Interrupted}, with the state that it would have if gas had ended there, and can be resumed. A run that
     * ends by itself first leaves the interrupt to the next one; two interrupts before a run stops are one.
     *
     * <p>For any thread, at any time. It does not wait for the stop, which comes at the start of a basic block soon:
     * within microseconds, for all but programs of huge blocks. A machine that waits for an inner one
     * ({@link #resumeInner}) stops that. A host call that is being served is not disturbed: the run stops behind it.
     * The backend {@code crosscheck} lets its second machine catch up first. Does nothing after {@link #close()}. The
     * instance of an invocation that has a {@link Turn} stops for good, also while it waits for that.
     *
     * @throws ResourceLimitException when something in this process has taken away the signal that is used; the run stops
     *     at its next host call then
     */
    void interrupt();

    /** Page address or host-call number of the last exit; 0 for the other kinds and before the first run. */
    long exitArgument();

    /** Address of the instruction that made the last exit; 0 before the first run. */
    long exitPc();

    /** Page faults so far: of this machine, and of those that it waited for in {@link #resumeInner}. */
    long pageFaults();

    /** Register {@code index}, 0 to 12. */
    long register(int index);

    /** Sets register {@code index}, 0 to 12. */
    Instance register(int index, long value);

    /** All 13 registers. */
    long[] registers();

    /** Sets all 13 registers. */
    Instance registers(long[] values);

    /** Gas left, unsigned. */
    long gas();

    /** Sets the gas, unsigned. */
    Instance gas(long value);

    /**
     * Where the next run starts: 0 after a halt or panic, behind the instruction after a host call, else
     * {@link #exitPc()}.
     */
    long pc();

    /**
     * Sets where the next run starts. Where no instruction starts ({@link Module#isStart}) the run panics and charges
     * nothing.
     *
     * @throws IllegalArgumentException when it does not fit 32 bits
     */
    Instance pc(long value);

    /** Whether the basic block that contains {@link #pc()} has been paid for. */
    boolean gasCharged();

    /** Sets whether the basic block that contains {@link #pc()} counts as paid for. */
    Instance gasCharged(boolean value);

    /**
     * Whether RAM is guarded by checks in software, its maps being used up, or page after page being granted behind a page
     * fault: these checks end when there have been none for a while. The guest sees no difference.
     */
    boolean checked();

    /** {@link HostWatch#of} this instance. */
    HostWatch watch(HostObserver observer);

    /** The RAM. It lives as long as the instance. */
    Memory memory();

    /** What this is an instance of. */
    Module module();

    /**
     * Ends the machine. Does nothing when closed before. Takes nothing from the Java heap; after an error, such as at
     * the end of the stack, calling it again does what is left.
     *
     * @throws IllegalStateException while another thread is inside
     */
    @Override
    void close();
}
