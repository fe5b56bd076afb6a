package io.pvmjit.internal.jit;

import java.util.concurrent.Semaphore;

/**
 * Bounds the octets of the programs that are compiled at once: for a moment compilation takes many times as much memory.
 * Who finds no room waits until those before it are through, first come, first served. Half of the room is for small
 * programs, which so wait for no large one. Thread-safe; virtual threads do not pin their carriers here.
 *
 * <p>Between {@link #enter} and {@link #leave} nothing may be waited for that might wait here.
 */
final class CompileQueue {
    /** Octets are counted in these, and every program is at least one. */
    private static final int UNIT = 1024;
    /** What is no more than this part of all is small. */
    private static final int SMALL_PART = 64;
    private static final int LANES = 2;

    private final long largestSmall;
    private final int laneUnits;
    private final Semaphore small;
    private final Semaphore large;

    /** @param octets for all; a program that is larger than its half is alone in it */
    CompileQueue(long octets) {
        largestSmall = octets / SMALL_PART;
        laneUnits = Math.clamp(octets / LANES / UNIT, 1, Integer.MAX_VALUE);
        small = new Semaphore(laneUnits, true);
        large = new Semaphore(laneUnits, true);
    }

    /** Waits until there is room for a program of this length, interrupted or not, and takes it. */
    void enter(long length) {
        lane(length).acquireUninterruptibly(units(length));
    }

    /** Gives back the room that was taken for a program of this length. Takes nothing from the Java heap. */
    void leave(long length) {
        lane(length).release(units(length));
    }

    /** How many wait now. */
    int waiting() {
        return small.getQueueLength() + large.getQueueLength();
    }

    private Semaphore lane(long length) {
        return length <= largestSmall ? small : large;
    }

    private int units(long length) {
        return Math.clamp((length + UNIT - 1) / UNIT, 1, laneUnits);
    }
}
