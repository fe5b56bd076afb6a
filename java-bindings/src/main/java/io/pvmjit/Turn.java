package io.pvmjit;

import io.pvmjit.internal.backend.Gate;
import io.pvmjit.internal.report.Report;
import java.util.concurrent.locks.Condition;

/**
 * An invocation's turn at the processors. Of the invocations that have begun only {@link EngineConfig#turns} run at
 * once, and who has run least goes first: one that waits while another has run for longer takes the turn of that, which
 * is interrupted at the start of a basic block, waits, and later goes on as if nothing had been. Those that have run for
 * long share by slices of ten milliseconds. Guests see nothing of it: results and gas are the same.
 *
 * <p>What invocations of the same name, as of {@link Engine#open}, took lately is expected of the next one. One whose last
 * two were short, a millisecond at most, does not wait at all.
 *
 * <p>Refinements and authorizations do all of this by themselves. Others, on the thread that runs the invocation:
 *
 * <pre>{@code
 * try (var account = engine.open("my invocation"); ...) {
 *     var turn = account.turn();
 *     if (turn.begin()) {
 *         turn.serve(instance);
 *         do {
 *             exit = dispatcher.run(instance);
 *         } while (turn.goesOn(exit));
 *     }
 * }
 * }</pre>
 *
 * <p>Closing the account ends the turn. Whoever does not stop when asked, because it waits for something outside or is in
 * the midst of a long operation, is not counted any more after a tenth of a second: others run beside it.
 *
 * <p>{@link #interrupt()} is for any thread, the other methods for the one that runs the invocation.
 */
public final class Turn {
    /** Octets of a program whose compilation, which cannot be stopped, may take milliseconds. */
    private static final long LONG_COMPILATION = 16 << 10;

    enum State {
        /** Not begun, ended, or given up. */
        OUTSIDE,
        WAITING,
        RUNNING,
        /** Did not stop when it was asked to: runs, and is not counted. */
        OVERDUE
    }

    private final Turns turns;
    final String invocation;
    private volatile boolean interrupted;
    private volatile Instance instance;
    volatile boolean failed;

    // What follows is guarded by the lock of the turns.
    State state = State.OUTSIDE;
    /** In the ring of all that run or wait. */
    Turn previous = this;
    Turn next = this;
    /** Signalled when it may run or is interrupted; null as long as it never waited. */
    Condition change;
    /** Nanoseconds that it has run, without the present time; no more than {@link TurnOrder#CAP}. */
    long attained;
    /** Set when it begins. */
    TurnHistory history;
    /** When it came into its state. */
    long since;
    boolean asked;
    long askedAt;
    /** It is not asked to stop before this time. */
    long firmUntil;
    /** It waits for a place to compile, too. */
    boolean wantsToCompile;
    boolean compiling;

    /** What a long compilation on behalf of the invocation passes. */
    final Gate gate = new Gate() {
        @Override
        public boolean enter(long octets) {
            if (octets < LONG_COMPILATION) {
                return false;
            }
            return turns.enterCompilation(Turn.this);
        }

        @Override
        public void leave() {
            turns.leaveCompilation(Turn.this);
        }
    };

    Turn(Turns turns, String invocation) {
        this.turns = turns;
        this.invocation = invocation;
    }

    /**
     * Waits for the first turn.
     *
     * @return false when the invocation was interrupted before: then it must not run
     * @throws IllegalStateException when it has begun
     */
    public boolean begin() {
        return turns.begin(this);
    }

    /** Names the instance that runs: what interrupts the invocation stops it from here on, and the other way round. */
    public void serve(Instance running) {
        running.turn = this;
        instance = running;
        // Whoever interrupted before has left a sign, whoever does later finds the instance.
        if (interrupted || turns.isAsked(this)) {
            running.stop();
        }
    }

    /**
     * Whether the run that ended so was stopped only for others to run. Then this has waited for the next turn, and the run
     * is to go on. False when it stopped for another reason, or was interrupted by somebody while it waited.
     */
    public boolean goesOn(Exit exit) {
        return exit instanceof Exit.Interrupted && turns.goOn(this);
    }

    /** Interrupts the invocation for good, whether it runs or waits: {@link Instance#interrupt()} for what it runs. */
    public void interrupt() {
        Report.interrupted(invocation);
        interrupted = true;
        try {
            stop();
        } finally {
            turns.wake(this);
        }
    }

    /** Says that the invocation failed: its like do not go first for that it was short. */
    public void fail() {
        failed = true;
    }

    /** Whether somebody interrupted the invocation, be it by its instance or all of the engine. */
    public boolean interrupted() {
        return interrupted;
    }

    /** For {@link Engine#interruptAll()}, which stops the instances itself. */
    void markInterrupted() {
        interrupted = true;
    }

    /** Stops the run that is under way or comes next. */
    void stop() {
        var running = instance;
        if (running != null) {
            running.stop();
        }
    }

    /** Lets others run. Does nothing when it has not begun, or ended before. Takes nothing from the Java heap. */
    void end() {
        turns.end(this);
    }
}
