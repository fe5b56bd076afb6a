package io.pvmjit.program;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.bouncycastle.crypto.digests.Blake2bDigest;

/**
 * A BLAKE2b-256 hash, by which JAM names preimages, and so programs: as four words, little-endian, in their order.
 * Immutable and thread-safe.
 *
 * @param first octets 0 to 7
 * @param second octets 8 to 15
 * @param third octets 16 to 23
 * @param fourth octets 24 to 31
 */
public record Blake2b256(long first, long second, long third, long fourth) {
    private static final int BITS = 256;
    private static final int CHUNK = 1 << 16;
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The hash of all of a segment, on or off the heap. */
    public static Blake2b256 of(MemorySegment octets) {
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
        return new Blake2b256(words.getAtIndex(WORD, 0), words.getAtIndex(WORD, 1), words.getAtIndex(WORD, 2),
                words.getAtIndex(WORD, 3));
    }

    /** The hash of all of an array. */
    public static Blake2b256 of(byte[] octets) {
        return of(MemorySegment.ofArray(octets));
    }

    /** Its 32 octets, a new array. */
    public byte[] octets() {
        var hash = new byte[BITS / Byte.SIZE];
        var words = MemorySegment.ofArray(hash);
        words.setAtIndex(WORD, 0, first);
        words.setAtIndex(WORD, 1, second);
        words.setAtIndex(WORD, 2, third);
        words.setAtIndex(WORD, 3, fourth);
        return hash;
    }
}
