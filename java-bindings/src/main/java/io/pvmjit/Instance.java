package io.pvmjit;

import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.report.Report;
import io.pvmjit.program.Instruction;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;

/**
 * One machine: 13 registers, gas, program counter and RAM. It may move between threads, but serves one at a time: every
 * method but {@link #interrupt()} fails with an {@link IllegalStateException} while another thread is inside one, and
 * after {@link #close()}.
 *
 * <p>Gas and registers are unsigned 64-bit values in a {@code long}; {@link Long#compareUnsigned} and its like apply.
 */
public final class Instance implements AutoCloseable {
    /** Guest registers of a machine. */
    public static final int REGISTER_COUNT = Instruction.REGISTER_COUNT;

    private static final Object CLOSED = new Object();
    /** Closed, but an error kept the module's reference from being given back. */
    private static final Object CLOSED_IN_PART = new Object();
    private static final VarHandle OWNER;
    private static final VarHandle INNER;
    private static final VarHandle INTERRUPTERS;
    /** In {@link #interrupters} once the instance is closed. */
    private static final int NO_MORE = -1;

    static {
        try {
            OWNER = MethodHandles.lookup().findVarHandle(Instance.class, "owner", Object.class);
            INNER = MethodHandles.lookup().findVarHandle(Instance.class, "inner", Instance.class);
            INTERRUPTERS = MethodHandles.lookup().findVarHandle(Instance.class, "interrupters", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Of a thread that is inside already. */
    private static final Hold INSIDE_ALREADY = new Hold(null);

    private final Module module;
    private final Hold stay = new Hold(this);
    final RamCharge charge;
    final Memory memory;
    /** Set once, before anybody can enter; null when making the instance was cut short. */
    BackendMachine machine;
    /** The next one that was left to the module. */
    Instance nextLeft;
    /** The thread that is inside, null for none, CLOSED or CLOSED_IN_PART. */
    volatile Object owner = CLOSED;
    /** Threads inside {@link #stop()}, for which closing waits; or NO_MORE. */
    private volatile int interrupters;
    /** The turn of the invocation that runs this one; null: it is in none. */
    volatile Turn turn;
    /** What this machine waits for, in {@link #resumeInner}. */
    private volatile Instance inner;
    private long pageFaults;

    /** Closed until it gets its machine: made before it, so that no error can come between the two. */
    Instance(Module module, RamCharge charge) {
        this.module = module;
        this.charge = charge;
        this.memory = new Memory(this, charge);
    }

    /**
     * Enters: until what this answers is closed the instance belongs to the calling thread.
     *
     * @return what lets go of it, or does nothing where the thread was inside already; of the two nothing is made here
     */
    Hold enter() {
        var self = Thread.currentThread();
        if (owner == self) {
            return INSIDE_ALREADY;
        }
        var before = OWNER.compareAndExchange(this, null, self);
        if (before != null) {
            throw new IllegalStateException(before == CLOSED || before == CLOSED_IN_PART
                    ? "the instance is closed"
                    : "the instance is in use by " + before);
        }
        return stay; // No call: the stack may be at its end.
    }

    /**
     * Keeps the instance with the calling thread until the hold is closed on the same thread. Inside, single operations
     * need no atomic step: worth it around a loop of runs and memory accesses.
     */
    public Hold hold() {
        return enter();
    }

    /** See {@link Instance#hold()}. */
    public static final class Hold implements AutoCloseable {
        private final Instance instance;

        /** @param instance null: it was entered before, and stays so */
        private Hold(Instance instance) {
            this.instance = instance;
        }

        @Override
        public void close() {
            // No call: the stack may be at its end. While it is taken only this thread changes it, by closing.
            if (instance != null && instance.owner != CLOSED && instance.owner != CLOSED_IN_PART) {
                instance.owner = null;
            }
        }
    }

    /**
     * Runs from {@link #pc()} until an exit. Gas is the only bound on how long that takes, unless another thread calls
     * {@link #interrupt()}.
     */
    public Exit run() {
        try (var _ = enter()) {
            return Exit.of(counted(machine.run()), machine.exitArgument());
        }
    }

    /** As {@link #run()}, without allocation: the argument is {@link #exitArgument()}. */
    public ExitKind resume() {
        try (var _ = enter()) {
            return counted(machine.run());
        }
    }

    /**
     * As {@link #resume()}, for hosts that serve {@code gas} (Gray Paper B.6): the machine may answer that host call itself,
     * as often as the guest makes it, which costs a third of coming out. Then it has taken that much gas, register 7 is what
     * was left, and it ran on. A call that gas is not enough for, or that it does not answer, is an exit as ever.
     *
     * @param number of the call, sign-extended to 64 bits
     * @param cost what it takes, unsigned
     */
    public ExitKind resumeAnsweringGas(long number, long cost) {
        try (var _ = enter()) {
            return counted(machine.runAnsweringGas(number, cost));
        }
    }

    private ExitKind counted(ExitKind kind) {
        if (kind == ExitKind.PAGE_FAULT) {
            pageFaults++;
        }
        return kind;
    }

    /**
     * Executes one instruction, from {@link #pc()} on. On the interpreter; {@code Debugger} has it for all backends.
     *
     * @return null when the next run goes on behind it, else the exit that {@link #run()} would have come to
     * @throws UnsupportedOperationException on other backends
     */
    public Exit step() {
        try (var _ = enter()) {
            var kind = counted(machine.step());
            return kind == null ? null : Exit.of(kind, machine.exitArgument());
        }
    }

    /**
     * Resumes an inner machine on behalf of this one, which waits for it (Gray Paper B.5, invoke): what interrupts this one
     * meanwhile interrupts the inner one. If it stops the inner one, it is spent, and this one's next run goes on; else it
     * remains for that run. One at the very moment of this call may stop the inner machine once more when that runs next.
     *
     * @return how the inner machine stopped; INTERRUPTED also when an interrupt waited for this one already: then the inner
     *     one was not run
     */
    public ExitKind resumeInner(Instance innerMachine) {
        try (var _ = enter()) {
            try {
                inner = innerMachine;
                // From here on whoever interrupts this machine finds the inner one; who did before has left a sign.
                if (machine.takeInterrupt()) {
                    return ExitKind.INTERRUPTED;
                }
                var kind = counted(innerMachine.resume());
                if (kind == ExitKind.INTERRUPTED) {
                    machine.takeInterrupt();
                }
                return kind;
            } finally {
                INNER.setRelease(this, null);
            }
        }
    }

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
    public void interrupt() {
        var running = turn;
        if (running != null) {
            running.interrupt();
        } else {
            Report.interrupted("an instance");
            stop();
        }
    }

    /** Stops the run that is under way or comes next; whoever runs it has to know why. */
    void stop() {
        int seen;
        do {
            seen = interrupters;
            if (seen == NO_MORE) {
                return;
            }
        } while (!INTERRUPTERS.compareAndSet(this, seen, seen + 1));
        try {
            machine.interrupt();
            var waitedFor = inner;
            if (waitedFor != null) {
                waitedFor.stop();
            }
        } finally {
            INTERRUPTERS.getAndAdd(this, -1);
        }
    }

    /** Page address or host-call number of the last exit; 0 for the other kinds and before the first run. */
    public long exitArgument() {
        try (var _ = enter()) {
            return machine.exitArgument();
        }
    }

    /** Address of the instruction that made the last exit; 0 before the first run. */
    public long exitPc() {
        try (var _ = enter()) {
            return machine.exitPc();
        }
    }

    /** Page faults so far: of this machine, and of those that it waited for in {@link #resumeInner}. */
    public long pageFaults() {
        try (var _ = enter()) {
            return pageFaults;
        }
    }

    /** Register {@code index}, 0 to 12. */
    public long register(int index) {
        Objects.checkIndex(index, REGISTER_COUNT);
        try (var _ = enter()) {
            return machine.register(index);
        }
    }

    /** Sets register {@code index}, 0 to 12. */
    public Instance register(int index, long value) {
        Objects.checkIndex(index, REGISTER_COUNT);
        try (var _ = enter()) {
            machine.register(index, value);
        }
        return this;
    }

    /** All 13 registers. */
    public long[] registers() {
        try (var _ = enter()) {
            var values = new long[REGISTER_COUNT];
            for (int i = 0; i < REGISTER_COUNT; i++) {
                values[i] = machine.register(i);
            }
            return values;
        }
    }

    /** Sets all 13 registers. */
    public Instance registers(long[] values) {
        if (values.length != REGISTER_COUNT) {
            throw new IllegalArgumentException("expected " + REGISTER_COUNT + " registers, got " + values.length);
        }
        try (var _ = enter()) {
            for (int i = 0; i < REGISTER_COUNT; i++) {
                machine.register(i, values[i]);
            }
        }
        return this;
    }

    /** Gas left, unsigned. */
    public long gas() {
        try (var _ = enter()) {
            return machine.gas();
        }
    }

    /** Sets the gas, unsigned. */
    public Instance gas(long value) {
        try (var _ = enter()) {
            machine.gas(value);
        }
        return this;
    }

    /**
     * Where the next run starts: 0 after a halt or panic, behind the instruction after a host call, else
     * {@link #exitPc()}.
     */
    public long pc() {
        try (var _ = enter()) {
            return machine.pc();
        }
    }

    /**
     * Sets where the next run starts. Where no instruction starts ({@link Module#isStart}) the run panics and charges
     * nothing.
     *
     * @throws IllegalArgumentException when it does not fit 32 bits
     */
    public Instance pc(long value) {
        if (value >>> 32 != 0) {
            throw new IllegalArgumentException("a program counter has 32 bits, got " + Long.toUnsignedString(value));
        }
        try (var _ = enter()) {
            machine.pc(value);
        }
        return this;
    }

    /** Whether the basic block that contains {@link #pc()} has been paid for. */
    public boolean gasCharged() {
        try (var _ = enter()) {
            return machine.gasCharged();
        }
    }

    /** Sets whether the basic block that contains {@link #pc()} counts as paid for. */
    public Instance gasCharged(boolean value) {
        try (var _ = enter()) {
            machine.gasCharged(value);
        }
        return this;
    }

    /** Whether RAM is guarded by checks in software, its maps being used up. The guest sees no difference. */
    public boolean checked() {
        try (var _ = enter()) {
            return machine.checked();
        }
    }

    /** The RAM. It lives as long as the instance. */
    public Memory memory() {
        return memory;
    }

    /** What this is an instance of. */
    public Module module() {
        return module;
    }

    /**
     * Ends the machine. Does nothing when closed before. Takes nothing from the Java heap; after an error, such as at
     * the end of the stack, calling it again does what is left.
     *
     * @throws IllegalStateException while another thread is inside
     */
    @Override
    public void close() {
        var self = Thread.currentThread();
        var before = OWNER.compareAndExchange(this, null, CLOSED);
        if (before == self || before == CLOSED_IN_PART) {
            before = OWNER.compareAndSet(this, before, CLOSED) ? before : CLOSED;
        }
        if (before == CLOSED) {
            return;
        }
        if (before != null && before != self && before != CLOSED_IN_PART) {
            throw new IllegalStateException("the instance is in use by " + before);
        }
        try {
            if (before != CLOSED_IN_PART) {
                refuseInterrupts();
                if (machine != null) {
                    machine.close();
                }
                before = CLOSED_IN_PART;
            }
            charge.release();
            module.release();
        } catch (Throwable e) {
            owner = before; // No call: the stack may be at its end.
            throw e;
        }
    }

    /** Waits for the threads that interrupt, which takes no longer than a call of the kernel. */
    private void refuseInterrupts() {
        while (interrupters != NO_MORE && !INTERRUPTERS.compareAndSet(this, 0, NO_MORE)) {
            Thread.yield();
        }
    }
}
