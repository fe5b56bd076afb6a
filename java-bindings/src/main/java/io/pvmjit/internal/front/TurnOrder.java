package io.pvmjit.internal.front;

import io.pvmjit.internal.front.FrontTurn.State;

/**
 * Who goes before whom: first those that have run least, or are expected to. Those that have run for long share by slices,
 * and nobody waits for ever. All times are nanoseconds. Used under the lock of the turns.
 */
final class TurnOrder {
    static final long SLICE = 10_000_000;
    /** Those that have run for longer than this have run equally long. */
    static final long CAP = 10 * SLICE;
    /** An invocation that takes no longer than this is short, and is not stopped for its like. */
    static final long SHORT = 1_000_000;
    /** Who has waited for so many times as long as it ran, and for this time at most, goes first for one slice. */
    private static final int PATIENCE = 20;
    private static final long LONGEST_PATIENCE = 1_000_000_000;

    private TurnOrder() {}

    static boolean goesBefore(FrontTurn one, FrontTurn other, long now) {
        boolean patient = isPatient(one, now);
        if (patient != isPatient(other, now)) {
            return !patient;
        }
        long difference = rank(one, now) - rank(other, now);
        return patient && difference != 0 ? difference < 0 : one.since - other.since < 0;
    }

    /** Whether one that runs has to stop for one that waits. */
    static boolean yields(FrontTurn runs, FrontTurn waits, long now) {
        long time = now - runs.since;
        long difference = rank(runs, now) - rank(waits, now);
        return difference >= Math.clamp(rank(waits, now), SHORT, SLICE)
                || difference >= 0 && time >= SLICE
                || !isPatient(waits, now) && time >= SHORT;
    }

    /** Of one that waits: it has not waited too long. */
    static boolean isPatient(FrontTurn turn, long now) {
        return now - turn.since < Math.min(LONGEST_PATIENCE, PATIENCE * Math.max(SHORT, rank(turn, now)));
    }

    /** How long it has run. */
    static long attained(FrontTurn turn, long now) {
        boolean runs = turn.state == State.RUNNING || turn.state == State.OVERDUE;
        return runs ? Math.min(CAP, turn.attained + (now - turn.since)) : turn.attained;
    }

    /**
     * How long it has run, or is expected to run. One that is known to be short is 0, even if something holds it up: a
     * collection of garbage or the kernel, not its guest.
     */
    static long rank(FrontTurn turn, long now) {
        long attained = attained(turn, now);
        return turn.history.expectsNoMoreThan(SHORT) && attained < CAP
                ? 0
                : Math.max(SHORT, Math.max(turn.history.expected(), attained));
    }
}
