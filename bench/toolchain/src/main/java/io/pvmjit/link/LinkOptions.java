package io.pvmjit.link;

import java.util.Optional;

/**
 * What a linked program starts with.
 *
 * @param entry the function that runs from instruction counter 0; when none is named, the first there is of
 *     {@code refine}, {@code is_authorized}, {@code _start} and {@code main}
 * @param stackSize octets of stack, below 2^24
 * @param heapPages writable zero pages of 4096 octets behind the static data, below 2^16
 */
public record LinkOptions(Optional<String> entry, int stackSize, int heapPages) {
    /** Octets of stack unless said otherwise. */
    public static final int DEFAULT_STACK_SIZE = 1 << 20;

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException when one is out of range
     */
    public LinkOptions {
        if (stackSize < 0 || stackSize >= 1 << 24) {
            throw new IllegalArgumentException("a stack has 0 to 2^24 - 1 octets, got " + stackSize);
        }
        if (heapPages < 0 || heapPages >= 1 << 16) {
            throw new IllegalArgumentException("a heap has 0 to 65535 pages at the start, got " + heapPages);
        }
    }

    /** A stack of 1 MiB, no heap at the start, the usual entry. */
    public static LinkOptions defaults() {
        return new LinkOptions(Optional.empty(), DEFAULT_STACK_SIZE, 0);
    }

    /** The same with another entry. */
    public LinkOptions withEntry(String function) {
        return new LinkOptions(Optional.of(function), stackSize, heapPages);
    }

    /** The same with another stack. */
    public LinkOptions withStackSize(int octets) {
        return new LinkOptions(entry, octets, heapPages);
    }

    /** The same with another heap. */
    public LinkOptions withHeapPages(int pages) {
        return new LinkOptions(entry, stackSize, pages);
    }
}
