package io.pvmjit.internal.crosscheck;

import io.pvmjit.ExitKind;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.lifetime.Leftovers;
import io.pvmjit.program.Instruction;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;

/**
 * A machine of both backends of a {@link CrosscheckEngine}. Everything is done to both; after every run their whole
 * states are compared, RAM included. Answers are those of the native one.
 *
 * <p>An error may come between the two halves of an operation, for want of heap or stack. That is no difference: before the
 * next operation the oracle is given the state of the native machine.
 */
final class CrosscheckMachine extends Leftovers.Thing implements BackendMachine {
    private static final int NO_PAGE = -1;

    private final CrosscheckProgram program;
    /** Null as long as it is not made, and when it is closed; the other likewise. */
    BackendMachine nativeMachine;
    BackendMachine oracle;
    /** Something was done to one of them, and to the other not yet. */
    private boolean apart;
    /** An inaccessible page that is readable in the native machine, while its contents are looked at. */
    private int opened = NO_PAGE;
    /** Pages that were accessible at any time: the only ones where RAM can differ. */
    private final BitSet pages = new BitSet();

    /** One that gets its halves later. */
    CrosscheckMachine(CrosscheckProgram program, MemoryImage image) {
        this.program = program;
        for (var region : image.regions()) {
            pages.set(region.firstPage(), region.firstPage() + region.pageCount());
        }
    }

    @Override
    public ExitKind run() {
        align();
        var before = CrosscheckState.of(nativeMachine, null);
        apart = true;
        // The oracle first: interrupts stop that one, and the native machine, which is quicker, catches up.
        var expected = oracle.run();
        var kind = expected == ExitKind.INTERRUPTED ? stopWhereInterrupted(before) : nativeMachine.run();
        apart = false;
        requireEqual("a run", before, kind, expected);
        return kind;
    }

    /** Gives the oracle the state of the native machine, when an error came between the two. */
    private void align() {
        if (!apart) {
            return;
        }
        closeOpened();
        for (int page = pages.nextSetBit(0); page >= 0; page = pages.nextSetBit(page + 1)) {
            alignPage(page);
        }
        for (int i = 0; i < Instruction.REGISTER_COUNT; i++) {
            oracle.register(i, nativeMachine.register(i));
        }
        oracle.gas(nativeMachine.gas());
        oracle.pc(nativeMachine.pc());
        oracle.gasCharged(nativeMachine.gasCharged());
        nativeMachine.takeInterrupt();
        apart = false;
    }

    /** Of an inaccessible page the contents, too: they may have been kept. */
    private void alignPage(int page) {
        long address = (long) page * MemoryImage.PAGE_SIZE;
        var access = nativeMachine.access(page);
        if (access == PageAccess.NONE) {
            opened = page;
            nativeMachine.protect(page, 1, PageAccess.READ, false);
        }
        oracle.protect(page, 1, PageAccess.READ, false);
        var octets = nativeMachine.view(address, MemoryImage.PAGE_SIZE);
        if (octets.mismatch(oracle.view(address, MemoryImage.PAGE_SIZE)) >= 0) {
            oracle.fill(address, octets, 0, MemoryImage.PAGE_SIZE);
        }
        oracle.protect(page, 1, access, false);
        closeOpened();
    }

    private void closeOpened() {
        if (opened >= 0) {
            nativeMachine.protect(opened, 1, PageAccess.NONE, false);
            opened = NO_PAGE;
        }
    }

    /** Runs the native machine to where an interrupt stopped the oracle: with the gas that one used it must stop there. */
    private ExitKind stopWhereInterrupted(CrosscheckState before) {
        long left = oracle.gas();
        long used = before.gas() - left;
        if (used == 0 && oracle.pc() == before.pc() && oracle.gasCharged() == before.gasCharged()) {
            // It did not begin: whatever block it had run to its end, the next one would not be paid for.
            nativeMachine.interrupt();
            return nativeMachine.run();
        }
        nativeMachine.gas(used);
        try {
            var kind = nativeMachine.run();
            return kind == ExitKind.OUT_OF_GAS ? ExitKind.INTERRUPTED : kind;
        } finally {
            nativeMachine.gas(nativeMachine.gas() + left);
        }
    }

    @Override
    public void interrupt() {
        oracle.interrupt();
    }

    @Override
    public boolean takeInterrupt() {
        return oracle.takeInterrupt();
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
        align();
        apart = true;
        nativeMachine.register(index, value);
        oracle.register(index, value);
        apart = false;
    }

    @Override
    public long gas() {
        return nativeMachine.gas();
    }

    @Override
    public void gas(long value) {
        align();
        apart = true;
        nativeMachine.gas(value);
        oracle.gas(value);
        apart = false;
    }

    @Override
    public long pc() {
        return nativeMachine.pc();
    }

    @Override
    public void pc(long value) {
        align();
        apart = true;
        nativeMachine.pc(value);
        oracle.pc(value);
        apart = false;
    }

    @Override
    public boolean gasCharged() {
        return nativeMachine.gasCharged();
    }

    @Override
    public void gasCharged(boolean value) {
        align();
        apart = true;
        nativeMachine.gasCharged(value);
        oracle.gasCharged(value);
        apart = false;
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
        align();
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
        align();
        return agreed("readable", address, length, nativeMachine.readable(address, length),
                oracle.readable(address, length));
    }

    @Override
    public boolean writable(long address, long length) {
        align();
        return agreed("writable", address, length, nativeMachine.writable(address, length),
                oracle.writable(address, length));
    }

    @Override
    public boolean read(long address, MemorySegment target, long offset, long length) {
        align();
        boolean expected = oracle.readable(address, length);
        return agreed("read", address, length, nativeMachine.read(address, target, offset, length), expected);
    }

    @Override
    public boolean write(long address, MemorySegment source, long offset, long length) {
        align();
        apart = true;
        // The oracle first: the source may be a view of the native RAM that is about to be written.
        boolean expected = oracle.write(address, source, offset, length);
        boolean answer = nativeMachine.write(address, source, offset, length);
        apart = false;
        return agreed("write", address, length, answer, expected);
    }

    @Override
    public boolean fill(long address, MemorySegment source, long offset, long length) {
        align();
        apart = true;
        boolean expected = oracle.fill(address, source, offset, length);
        boolean answer = nativeMachine.fill(address, source, offset, length);
        apart = false;
        return agreed("fill", address, length, answer, expected);
    }

    @Override
    public MemorySegment view(long address, long length) {
        align();
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
        align();
        if (access != PageAccess.NONE) {
            pages.set(firstPage, firstPage + pageCount);
        }
        apart = true;
        nativeMachine.protect(firstPage, pageCount, access, zero);
        oracle.protect(firstPage, pageCount, access, zero);
        apart = false;
    }

    @Override
    public boolean checked() {
        return nativeMachine.checked();
    }

    @Override
    public boolean checkByHardware() {
        return nativeMachine.checkByHardware();
    }

    @Override
    public void close() {
        if (nativeMachine != null) {
            nativeMachine.close();
            nativeMachine = null;
        }
        if (oracle != null) {
            oracle.close();
            oracle = null;
        }
    }
}
