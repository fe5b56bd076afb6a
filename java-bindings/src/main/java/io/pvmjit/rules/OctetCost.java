package io.pvmjit.rules;

/**
 * A cost that grows with a number of octets: {@code base + ceil(perKibioctet * octets / 1024)} units of gas.
 *
 * @param base unsigned
 * @param perKibioctet unsigned
 */
public record OctetCost(long base, long perKibioctet) implements GrowingCost {
    private static final int KIBIOCTET_BITS = 10;
    private static final long ROUND_UP = (1 << KIBIOCTET_BITS) - 1;

    @Override
    public boolean fits(long octets) {
        long growth = growth(octets);
        return high(octets) >>> KIBIOCTET_BITS == 0 && Long.compareUnsigned(base + growth, growth) >= 0;
    }

    @Override
    public long of(long octets) {
        return base + growth(octets);
    }

    /** The low 64 bits of ceil(perKibioctet * octets / 1024). */
    private long growth(long octets) {
        return high(octets) << Long.SIZE - KIBIOCTET_BITS | perKibioctet * octets + ROUND_UP >>> KIBIOCTET_BITS;
    }

    /** The upper 64 of the 128 bits of perKibioctet * octets + 1023. */
    private long high(long octets) {
        long low = perKibioctet * octets;
        int carry = Long.compareUnsigned(low + ROUND_UP, low) < 0 ? 1 : 0;
        return Math.unsignedMultiplyHigh(perKibioctet, octets) + carry;
    }
}
