package io.pvmjit.internal.backend;

import io.pvmjit.ExitKind;
import io.pvmjit.HostObserver;
import io.pvmjit.PageAccess;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;

/** A machine with an observer of what the host does to it. */
public final class WatchedMachine implements BackendMachine {
    /** Octets that are told at once, at most. */
    private static final int PIECE = 1 << 24;

    private final BackendMachine machine;
    private final HostObserver observer;

    public WatchedMachine(BackendMachine machine, HostObserver observer) {
        this.machine = machine;
        this.observer = observer;
    }

    /** The machine itself. */
    public BackendMachine machine() {
        return machine;
    }

    private void tellRead(long address, MemorySegment octets) {
        for (long at = 0; at < octets.byteSize(); at += PIECE) {
            long length = Math.min(PIECE, octets.byteSize() - at);
            observer.read(address + at, octets.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private boolean tellWritten(boolean done, long address, long length) {
        if (done && length != 0) {
            observer.wrote(address, length);
        }
        return done;
    }

    @Override
    public boolean read(long address, MemorySegment target, long offset, long length) {
        boolean done = machine.read(address, target, offset, length);
        if (done && length != 0) {
            tellRead(address, target.asSlice(offset, length));
        }
        return done;
    }

    @Override
    public boolean read(long address, byte[] target) {
        boolean done = machine.read(address, target);
        if (done && target.length != 0) {
            observer.read(address, target.clone());
        }
        return done;
    }

    @Override
    public boolean write(long address, MemorySegment source, long offset, long length) {
        return tellWritten(machine.write(address, source, offset, length), address, length);
    }

    @Override
    public boolean write(long address, byte[] source) {
        return tellWritten(machine.write(address, source), address, source.length);
    }

    @Override
    public boolean fill(long address, MemorySegment source, long offset, long length) {
        return tellWritten(machine.fill(address, source, offset, length), address, length);
    }

    @Override
    public MemorySegment view(long address, long length) {
        var view = machine.view(address, length);
        if (view != null && length != 0) {
            tellRead(address, view);
        }
        return view;
    }

    @Override
    public <T> T withView(long address, long length, Function<MemorySegment, T> action) {
        return machine.withView(address, length, view -> {
            if (length != 0) {
                tellRead(address, view);
            }
            return action.apply(view);
        });
    }

    @Override
    public void register(int index, long value) {
        machine.register(index, value);
        observer.setRegister(index, value);
    }

    @Override
    public long register(int index) {
        return machine.register(index);
    }

    @Override
    public long gas() {
        return machine.gas();
    }

    @Override
    public void gas(long value) {
        machine.gas(value);
    }

    @Override
    public long pc() {
        return machine.pc();
    }

    @Override
    public void pc(long value) {
        machine.pc(value);
    }

    @Override
    public boolean gasCharged() {
        return machine.gasCharged();
    }

    @Override
    public void gasCharged(boolean value) {
        machine.gasCharged(value);
    }

    @Override
    public ExitKind run() {
        return machine.run();
    }

    @Override
    public ExitKind step() {
        return machine.step();
    }

    @Override
    public void interrupt() {
        machine.interrupt();
    }

    @Override
    public boolean takeInterrupt() {
        return machine.takeInterrupt();
    }

    @Override
    public long exitArgument() {
        return machine.exitArgument();
    }

    @Override
    public long exitPc() {
        return machine.exitPc();
    }

    @Override
    public PageAccess access(int page) {
        return machine.access(page);
    }

    @Override
    public boolean readable(long address, long length) {
        return machine.readable(address, length);
    }

    @Override
    public boolean writable(long address, long length) {
        return machine.writable(address, length);
    }

    @Override
    public void protect(int firstPage, int pageCount, PageAccess access, boolean zero) {
        machine.protect(firstPage, pageCount, access, zero);
    }

    @Override
    public boolean checked() {
        return machine.checked();
    }

    @Override
    public boolean checkByHardware() {
        return machine.checkByHardware();
    }

    @Override
    public void close() {
        machine.close();
    }
}
