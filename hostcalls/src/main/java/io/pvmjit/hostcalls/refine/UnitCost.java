package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostContext;

/**
 * A cost that grows with a number of units (pages): {@code base + perUnit * units} units of gas.
 *
 * @param base unsigned
 * @param perUnit unsigned
 */
public record UnitCost(long base, long perUnit) {
    /**
     * Takes the cost of this many units (unsigned; guests choose it freely). A cost of more than 64 bits is more than
     * any counter holds.
     *
     * @return what {@link HostContext#charge} returns
     */
    public boolean charge(HostContext context, long units) {
        if (Math.unsignedMultiplyHigh(perUnit, units) != 0) {
            context.gas(0);
            return false;
        }
        return context.charge(base) && context.charge(perUnit * units);
    }
}
