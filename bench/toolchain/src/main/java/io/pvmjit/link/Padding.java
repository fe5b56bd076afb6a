package io.pvmjit.link;

import java.util.Arrays;
import java.util.List;

/**
 * The octets that a linker deletes from a section where code is aligned (R_RISCV_ALIGN): the assembler has put in the
 * most that may be needed, for LLVM a number that is no multiple of four, and code behind it stands where it should
 * only when the others are gone.
 */
final class Padding {
    static final Padding NONE = new Padding(new long[0], new long[0]);

    private static final int NOP = 0x0000_0013;

    /** What is kept ends, and deleted octets begin, at these offsets of the file. */
    private final long[] begins;
    /** Octets deleted up to and with each. */
    private final long[] deleted;

    private Padding(long[] begins, long[] deleted) {
        this.begins = begins;
        this.deleted = deleted;
    }

    /** An R_RISCV_ALIGN: at an offset, so many octets. */
    record Alignment(long offset, long length) {}

    /**
     * What is to be deleted.
     *
     * @param alignments in the order of their offsets
     * @throws IllegalArgumentException when they do not lie in the section one behind the other
     */
    static Padding of(List<Alignment> alignments, long size) {
        var begins = new long[alignments.size()];
        var deleted = new long[alignments.size()];
        int count = 0;
        long total = 0;
        long end = 0;
        for (var alignment : alignments) {
            long length = alignment.length;
            if (alignment.offset < end || length < 0 || length > size - alignment.offset) {
                throw new IllegalArgumentException("padding at 0x%x, outside of its section or of its turn"
                        .formatted(alignment.offset));
            }
            end = alignment.offset + length;
            // The alignment is the next power of two: one instruction, of two octets at least, is never padding.
            long wanted = length == 0 ? 1 : Long.highestOneBit(length) << 1;
            long needed = -(alignment.offset - total) & wanted - 1;
            if (needed > length) {
                throw new IllegalArgumentException("%d octets of padding at 0x%x, where %d are needed"
                        .formatted(length, alignment.offset, needed));
            }
            if (needed < length) {
                total += length - needed;
                begins[count] = alignment.offset + needed;
                deleted[count++] = total;
            }
        }
        return new Padding(Arrays.copyOf(begins, count), Arrays.copyOf(deleted, count));
    }

    boolean isNone() {
        return begins.length == 0;
    }

    /** Where something at an offset of the file is when the octets are deleted. */
    long kept(long offset) {
        int low = Arrays.binarySearch(begins, offset);
        int index = low >= 0 ? low : -low - 2;
        if (index < 0) {
            return offset;
        }
        long before = index == 0 ? 0 : deleted[index - 1];
        return Math.max(offset - deleted[index], begins[index] - before);
    }

    /** The offset of the file of what is at an offset when the octets are deleted. */
    long original(long offset) {
        int low = 0;
        int high = begins.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (begins[middle] - (middle == 0 ? 0 : deleted[middle - 1]) <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == 0 ? offset : offset + deleted[low - 1];
    }

    /** The contents without the octets. What is left of each padding becomes instructions that do nothing. */
    byte[] delete(byte[] contents, List<Alignment> alignments) {
        if (isNone()) {
            return contents;
        }
        var result = new byte[(int) kept(contents.length)];
        int from = 0;
        int to = 0;
        for (int i = 0; i < begins.length; i++) {
            int length = (int) begins[i] - from;
            System.arraycopy(contents, from, result, to, length);
            to += length;
            from = (int) (begins[i] + deleted[i] - (i == 0 ? 0 : deleted[i - 1]));
        }
        System.arraycopy(contents, from, result, to, contents.length - from);
        for (var alignment : alignments) {
            long end = kept(alignment.offset + alignment.length);
            for (long at = kept(alignment.offset); at + Integer.BYTES <= end; at += Integer.BYTES) {
                for (int octet = 0; octet < Integer.BYTES; octet++) {
                    result[(int) at + octet] = (byte) (NOP >> 8 * octet);
                }
            }
        }
        return result;
    }
}
