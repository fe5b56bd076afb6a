package io.pvmjit.rules;

/** A gas cost that grows with an amount which a guest chooses freely: any unsigned 64-bit number. */
public sealed interface GrowingCost permits OctetCost, UnitCost {
    /** Whether the cost of this amount has 64 bits; else it is more than any counter holds. */
    boolean fits(long amount);

    /** The cost of an amount, unsigned, where it {@link #fits}. */
    long of(long amount);
}
