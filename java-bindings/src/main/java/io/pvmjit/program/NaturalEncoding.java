package io.pvmjit.program;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.internal.encoding.Naturals;

/**
 * The general encoding of natural numbers below 2^64 (Gray Paper, appendix C): as many leading one bits in the first
 * octet as octets follow, its remaining bits being the most significant of the value; the rest is little-endian.
 */
public final class NaturalEncoding {
    /** The most octets that an encoding has. */
    public static final int MAXIMUM_LENGTH = Naturals.MAXIMUM_LENGTH;

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
        var natural = Naturals.read(blob, offset);
        if (natural.flaw() != null) {
            throw new InvalidProgramException("the " + what + " " + natural.flaw(), natural.end());
        }
        return new Decoded(natural.value(), natural.end());
    }

    /** The encoding of an unsigned value, 1 to {@link #MAXIMUM_LENGTH} octets. */
    public static byte[] encode(long value) {
        return Naturals.encode(value);
    }
}
