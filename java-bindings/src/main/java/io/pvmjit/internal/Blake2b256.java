package io.pvmjit.internal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bouncycastle.crypto.digests.Blake2bDigest;

/** A BLAKE2b-256 hash, as four words. */
record Blake2b256(long first, long second, long third, long fourth) {
    private static final int BITS = 256;
    private static final int CHUNK = 1 << 16;

    /** The hash of a segment on or off the heap. */
    static Blake2b256 of(MemorySegment octets) {
        var digest = new Blake2bDigest(BITS);
        var chunk = new byte[(int) Math.min(CHUNK, octets.byteSize())];
        for (long offset = 0; offset < octets.byteSize(); offset += CHUNK) {
            int length = (int) Math.min(CHUNK, octets.byteSize() - offset);
            MemorySegment.copy(octets, ValueLayout.JAVA_BYTE, offset, chunk, 0, length);
            digest.update(chunk, 0, length);
        }
        var hash = new byte[BITS / Byte.SIZE];
        digest.doFinal(hash, 0);
        var words = MemorySegment.ofArray(hash);
        return new Blake2b256(word(words, 0), word(words, 1), word(words, 2), word(words, 3));
    }

    private static long word(MemorySegment hash, int index) {
        return hash.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) index * Long.BYTES);
    }
}
