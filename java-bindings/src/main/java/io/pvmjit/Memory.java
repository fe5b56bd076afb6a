package io.pvmjit;

import java.lang.foreign.MemorySegment;

/**
 * The RAM of an {@link Instance}: 2^32 octets in pages of 4096. The instance's rule of one thread at a time holds here
 * too. Embedders do not implement it.
 *
 * <p>Addresses, lengths and page numbers are unsigned 64-bit values and may come from the guest as they are: what is
 * not accessible is answered with false, and then nothing was done. A range is accessible when it ends at or below 2^32 and
 * all its pages grant the access; a range of length 0 always is. Faults of the caller (a buffer that is too short) are
 * {@link IndexOutOfBoundsException}s.
 */
public interface Memory {
    /** Access of the page with this number; NONE for numbers from 2^20. */
    PageAccess access(long page);

    /** Whether all of these octets are RAM that may be read, wherever none begins. */
    boolean readable(long address, long length);

    /** Whether all of these octets are RAM that may be written, wherever none begins. */
    boolean writable(long address, long length);

    /** Fills the array from RAM. */
    boolean read(long address, byte[] target);

    /** Copies {@code length} octets of RAM to {@code target}, from {@code offset} on. */
    boolean read(long address, MemorySegment target, long offset, long length);

    /** Copies the array to RAM. */
    boolean write(long address, byte[] source);

    /** Copies {@code length} octets of {@code source}, from {@code offset} on, to RAM. */
    boolean write(long address, MemorySegment source, long offset, long length);

    /** As {@link #write(long, byte[])}, into pages that may be read-only: the host's way to give them contents. */
    boolean fill(long address, byte[] source);

    /**
     * Copies RAM of this instance to RAM of another (or the same: then as if through a buffer). Native to native where
     * both are.
     *
     * @return false, and nothing copied, when either range is not accessible
     */
    boolean copyTo(long address, Memory target, long targetAddress, long length);

    /**
     * Sets the access of pages. Those that become accessible count as memory of the invocation, touched or not, until they
     * are made inaccessible and zero or the instance is closed.
     *
     * @param zero whether their contents become zero; else they are kept
     * @throws ResourceLimitException when that is more than it may have
     * @return false, and nothing done, when a page is beyond 2^20, or below 16 and to be accessible
     */
    boolean protect(long firstPage, long pageCount, PageAccess access, boolean zero);
}
