package io.pvmjit.rules;

/**
 * A cost that grows with a number of units (pages): {@code base + perUnit * units} units of gas.
 *
 * @param base unsigned
 * @param perUnit unsigned
 */
public record UnitCost(long base, long perUnit) implements GrowingCost {
    @Override
    public boolean fits(long units) {
        long growth = perUnit * units;
        return Math.unsignedMultiplyHigh(perUnit, units) == 0 && Long.compareUnsigned(base + growth, growth) >= 0;
    }

    @Override
    public long of(long units) {
        return base + perUnit * units;
    }
}
