package io.pvmjit.internal.sharing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What the module cache knows a blob by: its SHA-256, for which HotSpot has the processor's own instructions. Nobody else
 * sees it. The four words are those of the hash.
 */
record BlobKey(long first, long second, long third, long fourth) {
    private static final int CHUNK = 1 << 14;

    /** That of all of a segment, on or off the heap. */
    static BlobKey of(MemorySegment octets) {
        var digest = sha256();
        var chunk = new byte[(int) Math.min(CHUNK, octets.byteSize())];
        for (long offset = 0; offset < octets.byteSize(); offset += CHUNK) {
            int length = (int) Math.min(CHUNK, octets.byteSize() - offset);
            MemorySegment.copy(octets, ValueLayout.JAVA_BYTE, offset, chunk, 0, length);
            digest.update(chunk, 0, length);
        }
        var hash = MemorySegment.ofArray(digest.digest());
        return new BlobKey(word(hash, 0), word(hash, 1), word(hash, 2), word(hash, 3));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static long word(MemorySegment hash, int index) {
        return hash.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, index);
    }
}
