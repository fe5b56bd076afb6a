package io.pvmjit.hostcalls.refine.model;

import java.math.BigInteger;

/** Unsigned numbers without tricks. */
final class Numbers {
    static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

    private Numbers() {}

    static BigInteger unsigned(long value) {
        var number = BigInteger.valueOf(value);
        return value < 0 ? number.add(TWO_64) : number;
    }

    /** ceil(rate * octets / 1024). */
    static BigInteger memory(long rate, long octets) {
        var product = BigInteger.valueOf(rate).multiply(unsigned(octets));
        return product.add(BigInteger.valueOf(1023)).divide(BigInteger.valueOf(1024));
    }

    static BigInteger minimum(long a, long b) {
        return unsigned(a).min(unsigned(b));
    }

    static long littleEndian(byte[] octets) {
        long value = 0;
        for (int i = Long.BYTES - 1; i >= 0; i--) {
            value = value * 256 + (octets[i] & 0xff);
        }
        return value;
    }

    static byte[] littleEndian(long value) {
        var octets = new byte[Long.BYTES];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) (value >> 8 * i);
        }
        return octets;
    }
}
