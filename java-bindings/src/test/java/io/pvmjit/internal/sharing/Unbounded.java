package io.pvmjit.internal.sharing;

import io.pvmjit.internal.backend.Spending;

/** The spending of somebody who has no bounds: for backends that run without an engine of the API. */
public final class Unbounded {
    private static final long MUCH = Long.MAX_VALUE / 4;

    private Unbounded() {}

    /** A new one. */
    public static Spending spending() {
        return new Budget(MUCH, MUCH, MUCH).own();
    }
}
