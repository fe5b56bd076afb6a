package io.pvmjit.internal.front;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.Turn;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.internal.report.Report;
import java.util.concurrent.locks.Condition;

/** The turn of an invocation: its state, which {@link Turns} change. */
final class FrontTurn implements Turn {
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
    private volatile FrontInstance instance;
    volatile boolean failed;

    // What follows is guarded by the lock of the turns.
    State state = State.OUTSIDE;
    /** In the ring of all that run or wait. */
    FrontTurn previous = this;
    FrontTurn next = this;
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
            return turns.enterCompilation(FrontTurn.this);
        }

        @Override
        public void leave() {
            turns.leaveCompilation(FrontTurn.this);
        }
    };

    FrontTurn(Turns turns, String invocation) {
        this.turns = turns;
        this.invocation = invocation;
    }

    @Override
    public boolean begin() {
        return turns.begin(this);
    }

    @Override
    public void serve(Instance running) {
        var served = Own.of(FrontInstance.class, running);
        served.turn = this;
        instance = served;
        // Whoever interrupted either before has left a sign, whoever does later finds the other.
        if (served.isInterrupted()) {
            interrupted = true;
        }
        if (interrupted || turns.isAsked(this)) {
            served.stop();
        }
    }

    @Override
    public boolean goesOn(Exit exit) {
        return exit instanceof Exit.Interrupted && turns.goOn(this);
    }

    @Override
    public void interrupt() {
        Report.interrupted(invocation);
        interrupted = true;
        try {
            stop();
        } finally {
            turns.wake(this);
        }
    }

    @Override
    public void fail() {
        failed = true;
    }

    @Override
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
