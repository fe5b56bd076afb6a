package io.pvmjit.internal.front;

import io.pvmjit.Memory;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.internal.backend.BackendMachine;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.Function;

/** The RAM of an instance of the API: entered as that is. */
final class FrontMemory implements Memory {
    /**
     * Octets that are copied at a time, at most: a backend without views copies them to the Java heap in between. As many as
     * an observer is told at once, so that it does not see the pieces.
     */
    private static final long PIECE = 1 << 24;

    private final FrontInstance instance;
    private final RamCharge charge;
    /** Set once, with that of the instance. */
    BackendMachine machine;

    FrontMemory(FrontInstance instance, RamCharge charge) {
        this.instance = instance;
        this.charge = charge;
    }

    @Override
    public PageAccess access(long page) {
        if (page < 0 || page >= MemoryImage.PAGE_COUNT) {
            return PageAccess.NONE;
        }
        try (var _ = instance.enter()) {
            return machine.access((int) page);
        }
    }

    @Override
    public boolean readable(long address, long length) {
        try (var _ = instance.enter()) {
            return machine.readable(address, length);
        }
    }

    @Override
    public boolean writable(long address, long length) {
        try (var _ = instance.enter()) {
            return machine.writable(address, length);
        }
    }

    @Override
    public boolean read(long address, byte[] target) {
        try (var _ = instance.enter()) {
            return machine.read(address, target);
        }
    }

    @Override
    public boolean read(long address, MemorySegment target, long offset, long length) {
        try (var _ = instance.enter()) {
            requireInside(target, offset, length);
            return machine.read(address, target, offset, length);
        }
    }

    @Override
    public boolean write(long address, byte[] source) {
        try (var _ = instance.enter()) {
            return machine.write(address, source);
        }
    }

    @Override
    public boolean write(long address, MemorySegment source, long offset, long length) {
        try (var _ = instance.enter()) {
            requireInside(source, offset, length);
            return machine.write(address, source, offset, length);
        }
    }

    @Override
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

    @Override
    public boolean copyTo(long address, Memory target, long targetAddress, long length) {
        var other = Own.of(FrontMemory.class, target);
        try (var _ = instance.enter();
                var _ = other.instance.enter()) {
            if (!other.machine.writable(targetAddress, length) || !machine.readable(address, length)) {
                return false;
            }
            // Within one RAM no piece may be written over before it is read.
            boolean fromTheEnd = targetAddress > address;
            long pieces = (length + PIECE - 1) / PIECE;
            for (long i = 0; i < pieces; i++) {
                long at = PIECE * (fromTheEnd ? pieces - 1 - i : i);
                long octets = Math.min(PIECE, length - at);
                other.machine.write(targetAddress + at, machine.view(address + at, octets), 0, octets);
            }
            return true;
        }
    }

    @Override
    public boolean protect(long firstPage, long pageCount, PageAccess access, boolean zero) {
        if (firstPage < 0 || pageCount < 0 || firstPage > MemoryImage.PAGE_COUNT
                || pageCount > MemoryImage.PAGE_COUNT - firstPage
                || (access != PageAccess.NONE && pageCount != 0 && firstPage < MemoryImage.FIRST_PAGE)) {
            return false;
        }
        try (var _ = instance.enter()) {
            // None is what costs guests least, and nothing that a backend need hear of.
            if (pageCount != 0) {
                charge.protect(machine, (int) firstPage, (int) pageCount, access, zero);
                instance.module.payForChecks(machine);
            }
            return true;
        }
    }

    /** Applies an action to a view of a readable range while the instance is held; null when it is not readable. */
    <T> T withView(long address, long length, Function<MemorySegment, T> action) {
        try (var _ = instance.enter()) {
            return machine.withView(address, length, action);
        }
    }
}
