package io.pvmjit.internal.encoding;

/**
 * The general encoding of natural numbers below 2^64 (Gray Paper, appendix C): as many leading one bits in the first
 * octet as octets follow, its remaining bits being the most significant of the value; the rest is little-endian. Knows no
 * exception of the API, which has this under its own names.
 */
public final class Naturals {
    /** The most octets that an encoding has. */
    public static final int MAXIMUM_LENGTH = 9;

    /** Octets that may follow the first one. */
    private static final int MAXIMUM_FURTHER = MAXIMUM_LENGTH - 1;
    /** Bits of the value for each octet of the encoding, the marking bits taken off; holds below nine octets. */
    private static final int BITS_PER_OCTET = 7;

    private Naturals() {}

    /**
     * What was read: a value, unsigned, and the offset behind its encoding; or what is wrong, and where.
     *
     * @param flaw null when nothing is; else the rest of a sentence about the value
     */
    public record Decoded(long value, int end, String flaw) {}

    /** Reads one value. Octets may be missing, or it may have a shorter encoding: only the shortest one is its encoding. */
    public static Decoded read(byte[] blob, int offset) {
        if (offset >= blob.length) {
            return new Decoded(0, offset, "is missing");
        }
        int first = blob[offset] & 0xFF;
        int further = Integer.numberOfLeadingZeros(~(first << 24));
        if (further > blob.length - offset - 1) {
            return new Decoded(0, blob.length, "is cut off");
        }
        long value = 0;
        for (int i = further; i >= 1; i--) {
            value = value << 8 | blob[offset + i] & 0xFF;
        }
        if (further < MAXIMUM_FURTHER) {
            value |= (long) (first & (0x7F >> further)) << (8 * further);
        }
        if (further > 0 && value >>> (BITS_PER_OCTET * further) == 0) {
            return new Decoded(0, offset, "is not in its shortest encoding");
        }
        return new Decoded(value, offset + 1 + further, null);
    }

    /** The encoding of an unsigned value, 1 to {@link #MAXIMUM_LENGTH} octets. */
    public static byte[] encode(long value) {
        int further = 0;
        while (further < MAXIMUM_FURTHER && value >>> (BITS_PER_OCTET * (further + 1)) != 0) {
            further++;
        }
        var octets = new byte[1 + further];
        long top = further == MAXIMUM_FURTHER ? 0 : value >>> (8 * further);
        octets[0] = (byte) (0xFF00 >> further | top);
        for (int i = 0; i < further; i++) {
            octets[1 + i] = (byte) (value >>> (8 * i));
        }
        return octets;
    }
}
