package io.pvmjit.internal.sharing;

import io.pvmjit.internal.backend.Spending;

/** The spending of somebody who has no bounds: for backends that run without an engine of the API. */
public final class Unbounded {
    private static final long MUCH = Long.MAX_VALUE / 4;

    private Unbounded() {}

    /** A new one. */
    public static Spending spending() {
        return withHeap(MUCH);
    }

    /** A new one that may have so much of the Java heap, and no more. */
    public static Spending withHeap(long octets) {
        return new Budget(MUCH, MUCH, octets).own();
    }
}
