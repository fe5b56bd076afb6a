package io.pvmjit.internal.front;

/** How long the invocations of one name have run lately: what is to be expected of the next one. Used under a lock. */
final class TurnHistory {
    private int count;
    private long last;
    /** The shorter time of the last two: one that was held up says nothing. */
    private long expected;

    /** Adds an invocation that has ended, after so many nanoseconds. */
    void add(long time) {
        expected = Math.min(last, time);
        last = time;
        count = Math.min(2, count + 1);
    }

    /** Nanoseconds; 0 of one that is not known. */
    long expected() {
        return expected;
    }

    /** Whether the last two tell that it does not take longer than this. */
    boolean expectsNoMoreThan(long time) {
        return count == 2 && expected <= time;
    }
}
