package io.pvmjit.interpreter;

import io.pvmjit.ExitKind;
import io.pvmjit.PageAccess;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.program.Instruction;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** What a machine of the interpreter has while it rests, and how the host sees it. */
abstract class MachineState implements BackendMachine {
    final long[] registers = new long[Instruction.REGISTER_COUNT];
    long gas;
    long pc;
    boolean gasCharged;
    /** Raised by other threads. */
    final AtomicBoolean interrupted = new AtomicBoolean();
    /** Set once; null until then, and when closed. */
    PagedMemory memory;

    private long exitArgument;
    private long exitPc;

    /** A run failed at an instruction, which can be tried again. */
    final void failed(int at) {
        pc = at;
        exitPc = at;
    }

    /** After a halt or panic the next run starts at 0; whether that block is paid for stays as it was. */
    final ExitKind ended(ExitKind kind, long at) {
        exitPc = at;
        exitArgument = 0;
        pc = 0;
        return kind;
    }

    /** Stops at an instruction, to be run again. */
    final ExitKind stopped(ExitKind kind, long at, long argument) {
        exitPc = at;
        exitArgument = argument;
        pc = at;
        return kind;
    }

    @Override
    public void interrupt() {
        interrupted.set(true);
    }

    @Override
    public final boolean takeInterrupt() {
        return interrupted.get() && interrupted.getAndSet(false);
    }

    @Override
    public long register(int index) {
        return registers[index];
    }

    @Override
    public void register(int index, long value) {
        registers[index] = value;
    }

    @Override
    public long gas() {
        return gas;
    }

    @Override
    public void gas(long value) {
        gas = value;
    }

    @Override
    public long pc() {
        return pc;
    }

    @Override
    public void pc(long value) {
        pc = value;
    }

    @Override
    public boolean gasCharged() {
        return gasCharged;
    }

    @Override
    public void gasCharged(boolean value) {
        gasCharged = value;
    }

    @Override
    public long exitArgument() {
        return exitArgument;
    }

    @Override
    public long exitPc() {
        return exitPc;
    }

    @Override
    public PageAccess access(int page) {
        return memory.access(page);
    }

    @Override
    public boolean readable(long address, long length) {
        return memory.readable(address, length);
    }

    @Override
    public boolean writable(long address, long length) {
        return memory.writable(address, length);
    }

    @Override
    public boolean read(long address, MemorySegment target, long offset, long length) {
        return memory.read(address, target, offset, length);
    }

    @Override
    public boolean write(long address, MemorySegment source, long offset, long length) {
        return memory.write(address, source, offset, length);
    }

    @Override
    public boolean fill(long address, MemorySegment source, long offset, long length) {
        return memory.fill(address, source, offset, length);
    }

    @Override
    public MemorySegment view(long address, long length) {
        return memory.copyOf(address, length);
    }

    @Override
    public <T> T withView(long address, long length, Function<MemorySegment, T> action) {
        return memory.withCopy(address, length, action);
    }

    @Override
    public void protect(int firstPage, int pageCount, PageAccess access, boolean zero) {
        memory.protect(firstPage, pageCount, access, zero);
    }

    @Override
    public boolean checked() {
        return false;
    }
}
