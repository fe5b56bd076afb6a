package io.pvmjit.internal.front;

import io.pvmjit.Exit;
import io.pvmjit.ExitKind;
import io.pvmjit.HostObserver;
import io.pvmjit.HostWatch;
import io.pvmjit.Instance;
import io.pvmjit.Memory;
import io.pvmjit.Module;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.report.Report;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;

/** An instance of the API: drives the machine of a backend, and lets in one thread at a time. */
final class FrontInstance implements Instance {
    static final Object CLOSED = new Object();
    /** Closed, but an error kept the module's reference from being given back. */
    static final Object CLOSED_IN_PART = new Object();
    private static final VarHandle OWNER;
    private static final VarHandle INNER;
    private static final VarHandle INTERRUPTERS;
    /** In {@link #interrupters} once the instance is closed. */
    private static final int NO_MORE = -1;

    static {
        try {
            OWNER = MethodHandles.lookup().findVarHandle(FrontInstance.class, "owner", Object.class);
            INNER = MethodHandles.lookup().findVarHandle(FrontInstance.class, "inner", FrontInstance.class);
            INTERRUPTERS = MethodHandles.lookup().findVarHandle(FrontInstance.class, "interrupters", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Of a thread that is inside already. */
    private static final FrontHold INSIDE_ALREADY = new FrontHold(null);

    final FrontModule module;
    private final FrontHold stay = new FrontHold(this);
    final RamCharge charge;
    final FrontMemory memory;
    /** Set once, before anybody can enter; null when making the instance was cut short. */
    BackendMachine machine;
    /** The next one that was left to the module. */
    FrontInstance nextLeft;
    /** The thread that is inside, null for none, CLOSED or CLOSED_IN_PART. */
    volatile Object owner = CLOSED;
    /** Threads inside {@link #stop()}, for which closing waits; or NO_MORE. */
    private volatile int interrupters;
    /** The turn of the invocation that runs this one; null: it is in none. */
    volatile FrontTurn turn;
    /** Somebody wants the run to end that is under way or comes next: not only its turn, for others to run. */
    private volatile boolean interrupted;
    /** How often all of the engine had been interrupted when this one was made, or last stopped by an interrupt. */
    private int interruptionsOfAll;
    /** What this machine waits for, in {@link #resumeInner}. */
    private volatile FrontInstance inner;
    private long pageFaults;

    /** Closed until it gets its machine: made before it, so that no error can come between the two. */
    FrontInstance(FrontModule module, RamCharge charge) {
        this.module = module;
        this.charge = charge;
        this.memory = new FrontMemory(this, charge);
        this.interruptionsOfAll = module.interruptionsOfAll();
    }

    /**
     * Enters: until what this answers is closed the instance belongs to the calling thread.
     *
     * @return what lets go of it, or does nothing where the thread was inside already; of the two nothing is made here
     */
    FrontHold enter() {
        var self = Thread.currentThread();
        // A plain read: only this thread writes itself here, and nobody else writes while it stands here.
        if (OWNER.get(this) == self) {
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

    boolean isClosed() {
        var seen = owner;
        return seen == CLOSED || seen == CLOSED_IN_PART;
    }

    @Override
    public Hold hold() {
        var hold = new UsersHold(); // Before it enters: an error there may not come between.
        if (enter() == stay) {
            hold.instance = this; // No call: the stack may be at its end.
        }
        return hold;
    }

    /** What lets go of an instance. */
    static final class FrontHold implements AutoCloseable {
        private final FrontInstance instance;

        /** @param instance null: it was entered before, and stays so */
        private FrontHold(FrontInstance instance) {
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

    @Override
    public Exit run() {
        try (var _ = enter()) {
            return Exit.of(counted(machine.run()), machine.exitArgument());
        }
    }

    @Override
    public ExitKind resume() {
        try (var _ = enter()) {
            return counted(machine.run());
        }
    }

    @Override
    public ExitKind resumeAnsweringGas(long number, long cost) {
        try (var _ = enter()) {
            return counted(machine.runAnsweringGas(number, cost));
        }
    }

    private ExitKind counted(ExitKind kind) {
        if (kind == ExitKind.PAGE_FAULT) {
            pageFaults++;
        } else if (kind == ExitKind.INTERRUPTED) {
            interrupted = false;
            interruptionsOfAll = module.interruptionsOfAll();
        }
        return kind;
    }

    @Override
    public Exit step() {
        try (var _ = enter()) {
            var kind = counted(machine.step());
            return kind == null ? null : Exit.of(kind, machine.exitArgument());
        }
    }

    @Override
    public ExitKind resumeInner(Instance innerMachine) {
        var waitedFor = Own.of(FrontInstance.class, innerMachine);
        if (waitedFor == this) {
            throw new IllegalArgumentException("a machine cannot wait for itself");
        }
        try (var _ = enter()) {
            try {
                inner = waitedFor;
                // From here on whoever interrupts this machine finds the inner one; who did before has left a sign.
                if (machine.takeInterrupt()) {
                    return counted(ExitKind.INTERRUPTED);
                }
                var kind = counted(waitedFor.resume());
                if (kind == ExitKind.INTERRUPTED) {
                    machine.takeInterrupt();
                }
                return kind;
            } finally {
                INNER.setRelease(this, null);
            }
        }
    }

    @Override
    public void interrupt() {
        interrupted = true; // Before it looks for a turn, which looks for this when it gets the instance.
        var running = turn;
        if (running != null) {
            running.interrupt();
        } else {
            Report.interrupted("an instance");
            stop();
        }
    }

    /** Whether its next run is to end by an interrupt that is not its turn's own. */
    boolean isInterrupted() {
        return interrupted || interruptionsOfAll != module.interruptionsOfAll();
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

    @Override
    public long exitArgument() {
        try (var _ = enter()) {
            return machine.exitArgument();
        }
    }

    @Override
    public long exitPc() {
        try (var _ = enter()) {
            return machine.exitPc();
        }
    }

    @Override
    public long pageFaults() {
        try (var _ = enter()) {
            return pageFaults;
        }
    }

    @Override
    public long register(int index) {
        Objects.checkIndex(index, REGISTER_COUNT);
        try (var _ = enter()) {
            return machine.register(index);
        }
    }

    @Override
    public Instance register(int index, long value) {
        Objects.checkIndex(index, REGISTER_COUNT);
        try (var _ = enter()) {
            machine.register(index, value);
        }
        return this;
    }

    @Override
    public long[] registers() {
        try (var _ = enter()) {
            var values = new long[REGISTER_COUNT];
            for (int i = 0; i < REGISTER_COUNT; i++) {
                values[i] = machine.register(i);
            }
            return values;
        }
    }

    @Override
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

    @Override
    public long gas() {
        try (var _ = enter()) {
            return machine.gas();
        }
    }

    @Override
    public Instance gas(long value) {
        try (var _ = enter()) {
            machine.gas(value);
        }
        return this;
    }

    @Override
    public long pc() {
        try (var _ = enter()) {
            return machine.pc();
        }
    }

    @Override
    public Instance pc(long value) {
        if (value >>> 32 != 0) {
            throw new IllegalArgumentException("a program counter has 32 bits, got " + Long.toUnsignedString(value));
        }
        try (var _ = enter()) {
            machine.pc(value);
        }
        return this;
    }

    @Override
    public boolean gasCharged() {
        try (var _ = enter()) {
            return machine.gasCharged();
        }
    }

    @Override
    public Instance gasCharged(boolean value) {
        try (var _ = enter()) {
            machine.gasCharged(value);
        }
        return this;
    }

    @Override
    public boolean checked() {
        try (var _ = enter()) {
            return machine.checked();
        }
    }

    @Override
    public HostWatch watch(HostObserver observer) {
        return FrontWatch.of(this, observer);
    }

    @Override
    public Memory memory() {
        return memory;
    }

    @Override
    public Module module() {
        return module;
    }

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
