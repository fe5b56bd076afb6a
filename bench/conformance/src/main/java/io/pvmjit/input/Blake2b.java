package io.pvmjit.input;

import org.bouncycastle.crypto.digests.Blake2bDigest;

/** The hash that names preimages. */
public final class Blake2b {
    private static final int BITS = 256;

    private Blake2b() {}

    /** BLAKE2b-256. */
    public static byte[] hash256(byte[] octets) {
        var digest = new Blake2bDigest(BITS);
        digest.update(octets, 0, octets.length);
        var hash = new byte[BITS / Byte.SIZE];
        digest.doFinal(hash, 0);
        return hash;
    }
}
