package io.pvmjit.internal;

import io.pvmjit.ExitKind;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;

/**
 * A machine of both backends of a {@link CrosscheckEngine}. Everything is done to both; after every run their whole
 * states are compared, RAM included. Answers are those of the native one.
 */
final class CrosscheckMachine implements Machine {
    private final CrosscheckProgram program;
    private final Machine nativeMachine;
    private final Machine oracle;
    private boolean nativeClosed;
    /** Pages that were accessible at any time: the only ones where RAM can differ. */
    private final BitSet pages = new BitSet();

    CrosscheckMachine(CrosscheckProgram program, Machine nativeMachine, Machine oracle, MemoryImage image) {
        this.program = program;
        this.nativeMachine = nativeMachine;
        this.oracle = oracle;
        for (var region : image.regions()) {
            pages.set(region.firstPage(), region.firstPage() + region.pageCount());
        }
    }

    @Override
    public ExitKind run() {
        var before = CrosscheckState.of(nativeMachine, null);
        var kind = nativeMachine.run();
        var expected = kind == ExitKind.INTERRUPTED ? stopWhereInterrupted(before) : oracle.run();
        requireEqual("a run", before, kind, expected);
        return kind;
    }

    /**
     * Runs the oracle to where an interrupt stopped the native machine: with no more gas than that one used it must stop
     * there. How long it takes is not bounded by the interrupt.
     */
    private ExitKind stopWhereInterrupted(CrosscheckState before) {
        long left = nativeMachine.gas();
        long used = before.gas() - left;
        if (used == 0 && nativeMachine.pc() == before.pc() && nativeMachine.gasCharged() == before.gasCharged()) {
            // It did not begin: whatever block it had run to its end, the next one would not be paid for.
            oracle.interrupt();
            return oracle.run();
        }
        oracle.gas(used);
        var kind = oracle.run();
        oracle.gas(oracle.gas() + left);
        return kind == ExitKind.OUT_OF_GAS ? ExitKind.INTERRUPTED : kind;
    }

    @Override
    public void interrupt() {
        nativeMachine.interrupt();
    }

    @Override
    public boolean takeInterrupt() {
        return nativeMachine.takeInterrupt();
    }

    /** Compares both machines, which did not run. */
    void requireEqual(String occasion) {
        requireEqual(occasion, null, null, null);
    }

    private void requireEqual(String occasion, CrosscheckState before, ExitKind kind, ExitKind expectedKind) {
        var tested = CrosscheckState.of(nativeMachine, kind);
        var expected = CrosscheckState.of(oracle, expectedKind);
        var memory = memoryDifference();
        if (memory != null || !tested.equals(expected)) {
            throw new AssertionError(CrosscheckState.report(occasion, program, before, tested, expected, memory));
        }
    }

    /** Describes the first difference of the two RAMs; null when there is none. */
    private String memoryDifference() {
        for (int page = pages.nextSetBit(0); page >= 0; page = pages.nextSetBit(page + 1)) {
            var access = nativeMachine.access(page);
            var expectedAccess = oracle.access(page);
            long address = (long) page * MemoryImage.PAGE_SIZE;
            if (access != expectedAccess) {
                return "access of page 0x%x: native %s, oracle %s".formatted(address, access, expectedAccess);
            }
            if (access == PageAccess.NONE) {
                continue;
            }
            var octets = nativeMachine.view(address, MemoryImage.PAGE_SIZE);
            var expectedOctets = oracle.view(address, MemoryImage.PAGE_SIZE);
            long at = octets.mismatch(expectedOctets);
            if (at >= 0) {
                return "octet at 0x%x: native 0x%02x, oracle 0x%02x"
                        .formatted(address + at, octet(octets, at), octet(expectedOctets, at));
            }
        }
        return null;
    }

    private static byte octet(MemorySegment segment, long offset) {
        return segment.get(ValueLayout.JAVA_BYTE, offset);
    }

    @Override
    public long register(int index) {
        return nativeMachine.register(index);
    }

    @Override
    public void register(int index, long value) {
        nativeMachine.register(index, value);
        oracle.register(index, value);
    }

    @Override
    public long gas() {
        return nativeMachine.gas();
    }

    @Override
    public void gas(long value) {
        nativeMachine.gas(value);
        oracle.gas(value);
    }

    @Override
    public long pc() {
        return nativeMachine.pc();
    }

    @Override
    public void pc(long value) {
        nativeMachine.pc(value);
        oracle.pc(value);
    }

    @Override
    public boolean gasCharged() {
        return nativeMachine.gasCharged();
    }

    @Override
    public void gasCharged(boolean value) {
        nativeMachine.gasCharged(value);
        oracle.gasCharged(value);
    }

    @Override
    public long exitArgument() {
        return nativeMachine.exitArgument();
    }

    @Override
    public long exitPc() {
        return nativeMachine.exitPc();
    }

    @Override
    public PageAccess access(int page) {
        var access = nativeMachine.access(page);
        var expected = oracle.access(page);
        if (access != expected) {
            throw new AssertionError("the backends differ on the access of page " + page + ": native " + access
                    + ", oracle " + expected);
        }
        return access;
    }

    @Override
    public boolean readable(long address, long length) {
        return agreed("readable", address, length, nativeMachine.readable(address, length),
                oracle.readable(address, length));
    }

    @Override
    public boolean writable(long address, long length) {
        return agreed("writable", address, length, nativeMachine.writable(address, length),
                oracle.writable(address, length));
    }

    @Override
    public boolean read(long address, MemorySegment target, long offset, long length) {
        boolean expected = oracle.readable(address, length);
        return agreed("read", address, length, nativeMachine.read(address, target, offset, length), expected);
    }

    @Override
    public boolean write(long address, MemorySegment source, long offset, long length) {
        // The oracle first: the source may be a view of the native RAM that is about to be written.
        boolean expected = oracle.write(address, source, offset, length);
        return agreed("write", address, length, nativeMachine.write(address, source, offset, length), expected);
    }

    @Override
    public boolean fill(long address, MemorySegment source, long offset, long length) {
        boolean expected = oracle.fill(address, source, offset, length);
        return agreed("fill", address, length, nativeMachine.fill(address, source, offset, length), expected);
    }

    @Override
    public MemorySegment view(long address, long length) {
        var view = nativeMachine.view(address, length);
        agreed("view", address, length, view != null, oracle.readable(address, length));
        return view;
    }

    private static boolean agreed(String operation, long address, long length, boolean answer, boolean expected) {
        if (answer != expected) {
            throw new AssertionError("the backends differ on %s of 0x%x octets at 0x%x: native %s, oracle %s"
                    .formatted(operation, length, address, answer, expected));
        }
        return answer;
    }

    @Override
    public void protect(int firstPage, int pageCount, PageAccess access, boolean zero) {
        nativeMachine.protect(firstPage, pageCount, access, zero);
        oracle.protect(firstPage, pageCount, access, zero);
        if (access != PageAccess.NONE) {
            pages.set(firstPage, firstPage + pageCount);
        }
    }

    @Override
    public boolean checked() {
        return nativeMachine.checked();
    }

    @Override
    public void close() {
        if (!nativeClosed) {
            nativeMachine.close();
            nativeClosed = true;
        }
        oracle.close();
    }
}
