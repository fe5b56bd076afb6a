package io.pvmjit;

import io.pvmjit.internal.backend.BackendMachine;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.Function;

/**
 * The RAM of an {@link Instance}: 2^32 octets in pages of 4096. The instance's rule of one thread at a time holds here
 * too.
 *
 * <p>Addresses, lengths and page numbers are unsigned 64-bit values and may come from the guest as they are: what is
 * not accessible is answered with false, and then nothing was done. A range is accessible when it ends at or below 2^32 and
 * all its pages grant the access; a range of length 0 always is. Faults of the caller (a buffer that is too short) are
 * {@link IndexOutOfBoundsException}s.
 */
public final class Memory {
    private final Instance instance;
    private final RamCharge charge;
    /** Set once, with that of the instance. */
    BackendMachine machine;

    Memory(Instance instance, RamCharge charge) {
        this.instance = instance;
        this.charge = charge;
    }

    /** Access of the page with this number; NONE for numbers from 2^20. */
    public PageAccess access(long page) {
        if (page < 0 || page >= MemoryImage.PAGE_COUNT) {
            return PageAccess.NONE;
        }
        try (var _ = instance.enter()) {
            return machine.access((int) page);
        }
    }

    /** Whether all of these octets are RAM that may be read, wherever none begins. */
    public boolean readable(long address, long length) {
        try (var _ = instance.enter()) {
            return machine.readable(address, length);
        }
    }

    /** Whether all of these octets are RAM that may be written, wherever none begins. */
    public boolean writable(long address, long length) {
        try (var _ = instance.enter()) {
            return machine.writable(address, length);
        }
    }

    /** Fills the array from RAM. */
    public boolean read(long address, byte[] target) {
        try (var _ = instance.enter()) {
            return machine.read(address, target);
        }
    }

    /** Copies {@code length} octets of RAM to {@code target}, from {@code offset} on. */
    public boolean read(long address, MemorySegment target, long offset, long length) {
        try (var _ = instance.enter()) {
            requireInside(target, offset, length);
            return machine.read(address, target, offset, length);
        }
    }

    /** Copies the array to RAM. */
    public boolean write(long address, byte[] source) {
        try (var _ = instance.enter()) {
            return machine.write(address, source);
        }
    }

    /** Copies {@code length} octets of {@code source}, from {@code offset} on, to RAM. */
    public boolean write(long address, MemorySegment source, long offset, long length) {
        try (var _ = instance.enter()) {
            requireInside(source, offset, length);
            return machine.write(address, source, offset, length);
        }
    }

    /** As {@link #write(long, byte[])}, into pages that may be read-only: the host's way to give them contents. */
    public boolean fill(long address, byte[] source) {
        try (var _ = instance.enter()) {
            return machine.fill(address, MemorySegment.ofArray(source), 0, source.length);
        }
    }

    /** An empty piece must lie inside, too; others are looked at when they are copied, for guests may ask for any length. */
    private static void requireInside(MemorySegment buffer, long offset, long length) {
        if (length == 0) {
            Objects.checkFromIndexSize(offset, length, buffer.byteSize());
        }
    }

    /**
     * Copies RAM of this instance to RAM of another (or the same: then as if through a buffer). Native to native where
     * both are.
     *
     * @return false, and nothing copied, when either range is not accessible
     */
    public boolean copyTo(long address, Memory target, long targetAddress, long length) {
        try (var _ = instance.enter();
                var _ = target.instance.enter()) {
            if (!target.machine.writable(targetAddress, length)) {
                return false;
            }
            var source = machine.view(address, length);
            return source != null && target.machine.write(targetAddress, source, 0, length);
        }
    }

    /**
     * Sets the access of pages. Those that become accessible count as memory of the invocation, touched or not, until they
     * are made inaccessible and zero or the instance is closed.
     *
     * @param zero whether their contents become zero; else they are kept
     * @throws ResourceLimitException when that is more than it may have
     * @return false, and nothing done, when a page is beyond 2^20, or below 16 and to be accessible
     */
    public boolean protect(long firstPage, long pageCount, PageAccess access, boolean zero) {
        if (firstPage < 0 || pageCount < 0 || firstPage > MemoryImage.PAGE_COUNT
                || pageCount > MemoryImage.PAGE_COUNT - firstPage
                || (access != PageAccess.NONE && pageCount != 0 && firstPage < MemoryImage.FIRST_PAGE)) {
            return false;
        }
        try (var _ = instance.enter()) {
            charge.protect(machine, (int) firstPage, (int) pageCount, access, zero);
            instance.module().payForChecks(machine);
            return true;
        }
    }

    /** Applies an action to a view of a readable range while the instance is held; null when it is not readable. */
    <T> T withView(long address, long length, Function<MemorySegment, T> action) {
        try (var _ = instance.enter()) {
            var view = machine.view(address, length);
            return view == null ? null : action.apply(view);
        }
    }
}
