package io.pvmjit;

import io.pvmjit.Turn.State;
import io.pvmjit.internal.StackRoom;
import io.pvmjit.internal.Timer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Says which invocations of an engine run: no more at once than there are places, and first those that have run least. One
 * that has not run at all does not wait: it asks the one that has run most to stop and runs beside it until that has
 * stopped. Thread-safe.
 */
final class Turns {
    /** Times are nanoseconds. A run that is longer than this shares by slices of this length. */
    static final long SLICE = 10_000_000;
    /** Those that have run for longer than this have run equally long. */
    static final long CAP = 10 * SLICE;
    /** A run that is shorter than this is not stopped for others. */
    static final long SHORTEST = 200_000;
    /** How often it is looked after those that wait. */
    static final long TICK = 2_000_000;
    /** When a short invocation has ended its place is kept so long for the next one, if there are several places. */
    static final long PAUSE = 2_000_000;
    /** Who has waited so long goes first, for one slice. */
    static final long PATIENCE = 1_000_000_000;
    /** Octets of a program whose compilation, which cannot be stopped, may take milliseconds. */
    static final long LONG_COMPILATION = 16 << 10;

    private final int places;
    /** Places for long compilations: one is left for others, where there are several. */
    private final int compilations;
    private final LongSupplier clock;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    /** All that run or wait, linked by hand: ending one takes nothing from the heap. */
    private final Turn ring = new Turn(this);
    private int running;
    private int waiting;
    private int compiling;
    private long shortEndedAt;
    private boolean ticking;

    /** @param places how many run at once; 0: as many as there are processors */
    Turns(int places) {
        this(places != 0 ? places : Runtime.getRuntime().availableProcessors(), System::nanoTime);
    }

    /** @param clock the time, in nanoseconds */
    Turns(int places, LongSupplier clock) {
        this.places = places;
        this.compilations = Math.max(1, places - 1);
        this.clock = clock;
        this.shortEndedAt = clock.getAsLong() - PAUSE;
    }

    boolean begin(Turn turn) {
        StackRoom.require();
        lock.lock();
        try {
            if (turn.state != State.OUTSIDE) {
                throw new IllegalStateException("the invocation has begun");
            }
            if (turn.interrupted()) {
                return false;
            }
            long now = clock.getAsLong();
            enqueue(turn, now);
            if (running >= places) {
                askLongest(turn, now);
            }
            if (running < places || running - places < places && turn.attained == 0) {
                run(turn, now);
            }
            return await(turn);
        } finally {
            lock.unlock();
        }
    }

    /** After a run that was interrupted. */
    boolean goOn(Turn turn) {
        lock.lock();
        try {
            if (turn.interrupted() || turn.state == State.OUTSIDE) {
                return false;
            }
            // Not asked: what stopped it was meant for a run that ended by itself.
            return !turn.asked || giveUp(turn, false);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the turn may compile for long; false when it is outside, and may without. */
    boolean enterCompilation(Turn turn) {
        lock.lock();
        try {
            if (turn.state == State.OUTSIDE) {
                return false;
            }
            if (turn.state == State.RUNNING && !turn.asked && compiling < compilations) {
                compiling++;
                turn.compiling = true;
            } else if (!giveUp(turn, true)) {
                if (turn.compiling) {
                    leaveCompilation(turn);
                }
                throw new InterruptedCompilationException();
            }
            return turn.compiling;
        } finally {
            lock.unlock();
        }
    }

    void leaveCompilation(Turn turn) {
        lock.lock();
        try {
            turn.compiling = false;
            compiling--;
            fill(clock.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /** Lets others run, and waits for the next turn. */
    private boolean giveUp(Turn turn, boolean wantsToCompile) {
        long now = clock.getAsLong();
        leave(turn, now);
        enqueue(turn, now);
        turn.wantsToCompile = wantsToCompile;
        fill(now);
        return await(turn);
    }

    void end(Turn turn) {
        lock.lock();
        try {
            if (turn.state == State.OUTSIDE) {
                return;
            }
            long now = clock.getAsLong();
            leave(turn, now);
            if (turn.attained < SLICE) {
                shortEndedAt = now;
            }
            fill(now);
        } finally {
            lock.unlock();
        }
    }

    /** Whether the turn is asked to stop. */
    boolean asked(Turn turn) {
        lock.lock();
        try {
            return turn.asked;
        } finally {
            lock.unlock();
        }
    }

    /** Lets a turn that waits see that it is interrupted. */
    void wake(Turn turn) {
        lock.lock();
        try {
            if (turn.change != null) {
                turn.change.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts all that run or wait, without stopping their runs. */
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
            ticking = false;
            long now = clock.getAsLong();
            int toStop = 0;
            for (var each = ring.next; each != ring; each = each.next) {
                if (each.asked && !each.compiling && each.state == State.RUNNING && now - each.askedAt >= SLICE) {
                    each.state = State.OVERDUE;
                    running--;
                } else if (each.asked && each.state == State.RUNNING) {
                    toStop++;
                }
            }
            fill(now);
            var best = best(now, true);
            for (int more = running - toStop - places; more > 0; more--) {
                askLongest(null, now);
            }
            for (int more = best == null ? 0 : waiting - toStop; more > 0 && askLongest(best, now); more--) {}
            startTicking();
        } finally {
            lock.unlock();
        }
    }

    private void startTicking() {
        if (!ticking && (waiting > 0 || running > places)) {
            Timer.after(TICK, this::tick);
            ticking = true;
        }
    }

    private boolean await(Turn turn) {
        try {
            startTicking();
            while (turn.state == State.WAITING && !turn.interrupted()) {
                if (turn.change == null) {
                    turn.change = lock.newCondition();
                }
                turn.change.awaitUninterruptibly();
            }
            return !turn.interrupted();
        } finally {
            if (turn.state == State.WAITING) {
                remove(turn);
                waiting--;
                turn.wantsToCompile = false;
            }
        }
    }

    private void enqueue(Turn turn, long now) {
        turn.next = ring;
        turn.previous = ring.previous;
        ring.previous.next = turn;
        ring.previous = turn;
        turn.state = State.WAITING;
        turn.since = now;
        waiting++;
    }

    private static void remove(Turn turn) {
        turn.previous.next = turn.next;
        turn.next.previous = turn.previous;
        turn.state = State.OUTSIDE;
    }

    /** Out of the ring, from running or overdue. */
    private void leave(Turn turn, long now) {
        turn.attained = attained(turn, now);
        if (turn.state == State.RUNNING) {
            running--;
        }
        remove(turn);
        turn.asked = false;
    }

    private void run(Turn turn, long now) {
        turn.secureUntil = isPatient(turn, now) ? now : now + SLICE;
        turn.state = State.RUNNING;
        turn.since = now;
        waiting--;
        running++;
        if (turn.wantsToCompile) {
            turn.wantsToCompile = false;
            turn.compiling = true;
            compiling++;
        }
        if (turn.change != null) {
            turn.change.signal();
        }
    }

    /** Gives free places to those that wait. */
    private void fill(long now) {
        boolean kept = running >= Math.max(1, places - 1) && now - shortEndedAt < PAUSE;
        while (running < places) {
            var next = best(now, !kept);
            if (next == null) {
                return;
            }
            run(next, now);
        }
    }

    /** Who is to run next; null for nobody. */
    private Turn best(long now, boolean alsoLong) {
        Turn best = null;
        for (var each = ring.next; each != ring; each = each.next) {
            if (each.state == State.WAITING && (!each.wantsToCompile || compiling < compilations)
                    && (alsoLong || each.attained < SLICE || !isPatient(each, now))
                    && (best == null || goesBefore(each, best, now))) {
                best = each;
            }
        }
        return best;
    }

    private static boolean goesBefore(Turn one, Turn other, long now) {
        boolean patient = isPatient(one, now);
        if (patient != isPatient(other, now)) {
            return !patient;
        }
        return patient && one.attained != other.attained ? one.attained < other.attained : one.since - other.since < 0;
    }

    /** Of one that waits: it has not waited too long. */
    private static boolean isPatient(Turn turn, long now) {
        return now - turn.since < PATIENCE;
    }

    private static long attained(Turn turn, long now) {
        return turn.state == State.WAITING ? turn.attained : Math.min(CAP, turn.attained + (now - turn.since));
    }

    /** Asks the one that has run longest to stop, if it should for this one; null: whomever. */
    private boolean askLongest(Turn forWhom, long now) {
        Turn longest = null;
        for (var each = ring.next; each != ring; each = each.next) {
            if (each.state == State.RUNNING && !each.asked && !each.compiling && now - each.secureUntil >= 0
                    && (forWhom == null || yields(each, forWhom, now))
                    && (longest == null || attained(each, now) > attained(longest, now))) {
                longest = each;
            }
        }
        if (longest == null) {
            return false;
        }
        longest.asked = true;
        longest.askedAt = now;
        try {
            longest.stop();
        } catch (ResourceLimitException _) {
            // It stops at its next host call.
        }
        return true;
    }

    private static boolean yields(Turn runs, Turn waits, long now) {
        long time = now - runs.since;
        long attained = attained(runs, now);
        return !isPatient(waits, now) && time >= SHORTEST
                || attained >= waits.attained + Math.min(SLICE, waits.attained + SHORTEST)
                || time >= SLICE && attained >= waits.attained;
    }
}
