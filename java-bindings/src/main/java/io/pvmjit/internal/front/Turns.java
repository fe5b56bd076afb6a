package io.pvmjit.internal.front;

import io.pvmjit.InterruptedCompilationException;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.internal.front.FrontTurn.State;
import io.pvmjit.internal.system.Timer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Says which invocations of an engine run: no more at once than there are places, in the order of {@link TurnOrder}. One
 * that is known to be short does not wait: it runs beside those that are asked to make room. Thread-safe.
 *
 * <p>Who runs and who waits stands in one ring, which is looked through for every decision: they are some hundreds at
 * most, and while nobody waits it has only those that run.
 */
final class Turns {
    /** How often it is looked after those that wait. All times are nanoseconds. */
    private static final long TICK = 2_000_000;
    /** When a short invocation has ended one of several places is kept so long for the next one, or one not yet known. */
    private static final long PAUSE = 2_000_000;
    /** Who has not stopped when asked so long ago is not counted any more: it may be waiting for something itself. */
    private static final long OVERDUE = 10 * TurnOrder.SLICE;
    /** Names of invocations that are remembered. */
    private static final int NAMES = 1000;

    private final int places;
    /** What cannot be stopped leaves one of several places to others. */
    private final int firmPlaces;
    private final LongSupplier clock;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private final Map<String, TurnHistory> histories = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, TurnHistory> eldest) {
            return size() > NAMES;
        }
    };
    /** Linked by hand: ending a turn takes nothing from the heap. */
    private final FrontTurn ring = new FrontTurn(this, "");
    private int running;
    /** Of those that run: asked to stop. */
    private int leaving;
    private int compiling;
    private int waiting;
    private long shortEndedAt;
    /** Null while nobody is looked after. */
    private Future<?> ticking;

    /** @param places how many run at once; 0: as many as there are processors */
    Turns(int places) {
        this(places != 0 ? places : Runtime.getRuntime().availableProcessors(), System::nanoTime);
    }

    /** @param clock the time, in nanoseconds */
    Turns(int places, LongSupplier clock) {
        this.places = places;
        this.firmPlaces = Math.max(1, places - 1);
        this.clock = clock;
        this.shortEndedAt = clock.getAsLong() - PAUSE;
        Timer.initialise();
    }

    /** Waits for the first turn; false when interrupted before. */
    boolean begin(FrontTurn turn) {
        lock.lock();
        try {
            if (turn.state != State.OUTSIDE) {
                throw new IllegalStateException(turn.invocation + " has begun");
            }
            turn.history = histories.computeIfAbsent(turn.invocation, _ -> new TurnHistory());
            long now = clock.getAsLong();
            enqueue(turn, now);
            fill(now);
            if (turn.state == State.WAITING && leaving < waiting) {
                askLongest(turn, now);
            }
            return await(turn);
        } finally {
            lock.unlock();
        }
    }

    /** After a run that was interrupted: false when that was not done here, else waits for the next turn. */
    boolean goOn(FrontTurn turn) {
        lock.lock();
        try {
            if (turn.interrupted() || turn.state == State.OUTSIDE) {
                return false;
            }
            // Not asked: what stopped it was meant for a run that had ended by itself.
            return !turn.asked || giveUp(turn);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the turn may compile for long; false when it is outside and need not ask. */
    boolean enterCompilation(FrontTurn turn) {
        lock.lock();
        boolean outside = turn.state == State.OUTSIDE;
        boolean through = outside;
        try {
            turn.wantsToCompile = !outside;
            if (turn.state == State.RUNNING && !turn.asked && compiling < firmPlaces) {
                startCompiling(turn);
            } else if (!outside && !giveUp(turn)) {
                throw new InterruptedCompilationException();
            }
            through = true;
            return !outside;
        } finally {
            if (!through && turn.compiling) {
                leaveCompilation(turn); // Also after an error.
            }
            lock.unlock();
        }
    }

    void leaveCompilation(FrontTurn turn) {
        lock.lock();
        try {
            turn.compiling = false;
            compiling--;
            fill(clock.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /** Does nothing when it is outside. Takes nothing from the Java heap. */
    void end(FrontTurn turn) {
        lock.lock();
        try {
            if (turn.state != State.OUTSIDE) {
                long now = clock.getAsLong();
                leave(turn, now);
                turn.wantsToCompile = false;
                turn.history.add(turn.failed ? TurnOrder.CAP : turn.attained);
                if (turn.change != null) {
                    turn.change.signal(); // Another thread may wait for it still.
                }
                if (turn.attained < TurnOrder.SLICE && !turn.failed) {
                    shortEndedAt = now;
                }
                fill(now);
            }
        } finally {
            lock.unlock();
        }
    }

    boolean isAsked(FrontTurn turn) {
        lock.lock();
        try {
            return turn.asked;
        } finally {
            lock.unlock();
        }
    }

    /** Lets a turn that waits see that it is interrupted. */
    void wake(FrontTurn turn) {
        lock.lock();
        try {
            if (turn.change != null) {
                turn.change.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts all that run or wait, but does not stop their instances. */
    void markAllInterrupted() {
        lock.lock();
        try {
            for (var each = ring.next; each != ring; each = each.next) {
                each.markInterrupted();
                wake(each);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Looks after those that wait. Called again and again while there are any. */
    void tick() {
        lock.lock();
        try {
            long now = clock.getAsLong();
            for (var each = ring.next; each != ring; each = each.next) {
                if (each.state == State.RUNNING && each.asked && !each.compiling && now - each.askedAt >= OVERDUE) {
                    each.state = State.OVERDUE;
                    running--;
                    leaving--;
                }
            }
            fill(now);
            while (running - leaving > places && askLongest(null, now)) {}
            var best = best(now, false);
            while (best != null && leaving < waiting && askLongest(best, now)) {}
            if (ticking != null && waiting == 0 && running <= places) {
                ticking.cancel(false);
                ticking = null;
            }
        } finally {
            lock.unlock();
        }
    }

    private void startTicking() {
        if (ticking == null && (waiting > 0 || running > places)) {
            ticking = Timer.every(TICK, this::tick);
        }
    }

    private boolean giveUp(FrontTurn turn) {
        long now = clock.getAsLong();
        leave(turn, now);
        enqueue(turn, now);
        fill(now);
        return await(turn);
    }

    private boolean await(FrontTurn turn) {
        try {
            startTicking();
            while (turn.state == State.WAITING && !turn.interrupted()) {
                if (turn.change == null) {
                    turn.change = lock.newCondition();
                }
                turn.change.awaitUninterruptibly();
            }
            // Outside: it was ended.
            return !turn.interrupted() && turn.state != State.OUTSIDE;
        } finally {
            if (turn.state == State.WAITING) {
                remove(turn);
                waiting--;
                turn.wantsToCompile = false;
            }
        }
    }

    private void enqueue(FrontTurn turn, long now) {
        turn.next = ring;
        turn.previous = ring.previous;
        ring.previous.next = turn;
        ring.previous = turn;
        turn.state = State.WAITING;
        turn.since = now;
        waiting++;
    }

    private static void remove(FrontTurn turn) {
        turn.previous.next = turn.next;
        turn.next.previous = turn.previous;
        turn.state = State.OUTSIDE;
    }

    private void leave(FrontTurn turn, long now) {
        turn.attained = TurnOrder.attained(turn, now);
        if (turn.state == State.RUNNING) {
            running--;
            leaving -= turn.asked ? 1 : 0;
        } else if (turn.state == State.WAITING) {
            waiting--; // An error has cut short its waiting.
        }
        turn.asked = false;
        remove(turn);
    }

    private void run(FrontTurn turn, long now) {
        boolean firm = !TurnOrder.isPatient(turn, now) && firm(now) < firmPlaces;
        turn.firmUntil = firm ? now + (places > 1 ? TurnOrder.SLICE : TurnOrder.SHORT) : now;
        turn.state = State.RUNNING;
        turn.since = now;
        waiting--;
        running++;
        if (turn.wantsToCompile) {
            startCompiling(turn);
        }
        if (turn.change != null) {
            turn.change.signal();
        }
    }

    private void startCompiling(FrontTurn turn) {
        turn.wantsToCompile = false;
        turn.compiling = true;
        compiling++;
    }

    /** How many run that are not to be asked. */
    private int firm(long now) {
        int firm = 0;
        for (var each = ring.next; each != ring; each = each.next) {
            if (each.state == State.RUNNING && each.firmUntil - now > 0) {
                firm++;
            }
        }
        return firm;
    }

    /** Gives places to those that wait. */
    private void fill(long now) {
        while (running < places) {
            boolean kept = running >= firmPlaces && now - shortEndedAt < PAUSE;
            var next = best(now, kept);
            if (next == null) {
                break;
            }
            run(next, now);
        }
        // Not as long as somebody has waited for too long and none of its like runs: else a place would never be free.
        boolean heldBack = firm(now) == 0 && anyImpatient(now);
        while (running - places < places && !heldBack) {
            var next = longestWaitingShort(now);
            if (next == null) {
                return;
            }
            if (running - leaving >= places) {
                askLongest(next, now);
            }
            run(next, now);
        }
    }

    /** Who is to run when there is a place; null for nobody. */
    private FrontTurn best(long now, boolean onlyShort) {
        FrontTurn best = null;
        for (var each = ring.next; each != ring; each = each.next) {
            if (canRun(each) && !(onlyShort && TurnOrder.rank(each, now) > TurnOrder.SHORT)
                    && (best == null || TurnOrder.goesBefore(each, best, now))) {
                best = each;
            }
        }
        return best;
    }

    /** Who is known to be short, and may run beside others. */
    private FrontTurn longestWaitingShort(long now) {
        for (var each = ring.next; each != ring; each = each.next) {
            if (canRun(each) && TurnOrder.rank(each, now) == 0) {
                return each;
            }
        }
        return null;
    }

    private boolean anyImpatient(long now) {
        for (var each = ring.next; each != ring; each = each.next) {
            if (canRun(each) && !TurnOrder.isPatient(each, now)) {
                return true;
            }
        }
        return false;
    }

    private boolean canRun(FrontTurn turn) {
        return turn.state == State.WAITING && (!turn.wantsToCompile || compiling < firmPlaces);
    }

    /** Asks the one that has run longest to stop, if it has to for this one; null: for anyone. Whether there was one. */
    private boolean askLongest(FrontTurn forWhom, long now) {
        FrontTurn longest = null;
        for (var each = ring.next; each != ring; each = each.next) {
            if (each.state == State.RUNNING && !each.asked && !each.compiling && now - each.firmUntil >= 0
                    && (forWhom == null ? TurnOrder.rank(each, now) != 0 : TurnOrder.yields(each, forWhom, now))
                    && (longest == null || TurnOrder.rank(each, now) > TurnOrder.rank(longest, now))) {
                longest = each;
            }
        }
        if (longest == null) {
            return false;
        }
        longest.asked = true;
        longest.askedAt = now;
        leaving++;
        try {
            longest.stop();
        } catch (ResourceLimitException | VirtualMachineError _) {
            // It stops at its next host call, or is overdue some day; whoever let it be asked goes on.
        }
        return true;
    }
}
