package io.pvmjit.program;

import io.pvmjit.InvalidProgramException;
import java.io.ByteArrayOutputStream;

/**
 * The general encoding of natural numbers below 2^64 (Gray Paper, appendix C): as many leading one bits in the first
 * octet as octets follow, its remaining bits being the most significant of the value; the rest is little-endian.
 */
public final class NaturalEncoding {
    /** Octets that may follow the first one. */
    private static final int MAXIMUM_FURTHER = 8;
    /** Bits of the value for each octet of the encoding, the marking bits taken off; holds below nine octets. */
    private static final int BITS_PER_OCTET = 7;

    private NaturalEncoding() {}

    /** A decoded value, unsigned, and the offset behind its encoding. */
    public record Decoded(long value, int end) {}

    /**
     * Reads one value.
     *
     * @param what names the value in the message of the exception
     * @throws InvalidProgramException when octets are missing, or the value has a shorter encoding: only the shortest
     *     one is its encoding
     */
    public static Decoded read(byte[] blob, int offset, String what) {
        if (offset >= blob.length) {
            throw new InvalidProgramException("the " + what + " is missing", offset);
        }
        int first = blob[offset] & 0xFF;
        int further = Integer.numberOfLeadingZeros(~(first << 24));
        if (further > blob.length - offset - 1) {
            throw new InvalidProgramException("the " + what + " is cut off", blob.length);
        }
        long value = 0;
        for (int i = further; i >= 1; i--) {
            value = value << 8 | blob[offset + i] & 0xFF;
        }
        if (further < MAXIMUM_FURTHER) {
            value |= (long) (first & (0x7F >> further)) << (8 * further);
        }
        if (further > 0 && value >>> (BITS_PER_OCTET * further) == 0) {
            throw new InvalidProgramException("the " + what + " is not in its shortest encoding", offset);
        }
        return new Decoded(value, offset + 1 + further);
    }

    /** Appends the encoding of an unsigned value. */
    static void write(ByteArrayOutputStream target, long value) {
        int further = 0;
        while (further < MAXIMUM_FURTHER && value >>> (BITS_PER_OCTET * (further + 1)) != 0) {
            further++;
        }
        int marks = 0xFF00 >> further & 0xFF;
        long top = further == MAXIMUM_FURTHER ? 0 : value >>> (8 * further);
        target.write(marks | (int) top);
        for (int i = 0; i < further; i++) {
            target.write((int) (value >>> (8 * i)));
        }
    }
}
