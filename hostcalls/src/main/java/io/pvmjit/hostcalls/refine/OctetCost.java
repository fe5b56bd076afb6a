package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostContext;

/**
 * A cost that grows with a number of octets: {@code base + ceil(perKibioctet * octets / 1024)} units of gas.
 *
 * @param base unsigned
 * @param perKibioctet unsigned
 */
public record OctetCost(long base, long perKibioctet) {
    /**
     * Takes the cost of this many octets (unsigned; guests choose it freely). A cost of more than 64 bits is more than
     * any counter holds.
     *
     * @return what {@link HostContext#charge} returns
     */
    public boolean charge(HostContext context, long octets) {
        long high = Math.unsignedMultiplyHigh(perKibioctet, octets);
        long low = perKibioctet * octets;
        long rounded = low + 1023;
        high += Long.compareUnsigned(rounded, low) < 0 ? 1 : 0;
        if (high >>> 10 != 0) {
            context.gas(0);
            return false;
        }
        return context.charge(base) && context.charge(high << 54 | rounded >>> 10);
    }
}
