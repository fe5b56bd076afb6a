package io.pvmjit.internal.jit;

import io.pvmjit.ExitKind;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.ffi.PvmJit;
import io.pvmjit.ffi.pvm_context;
import io.pvmjit.ffi.pvm_error;
import io.pvmjit.internal.backend.BackendMachine;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * An instance of the C library. Registers, gas and RAM are read and written in place, by the addresses of what stays mapped
 * until the engine is gone; the page table says which RAM may be touched.
 */
final class NativeMachine extends NativeObject implements BackendMachine {
    private static final long GAS = pvm_context.gas$offset();
    private static final long EXIT_ARGUMENT = pvm_context.exit_argument$offset();
    private static final long PC = pvm_context.pc$offset();
    private static final long EXIT_PC = pvm_context.exit_pc$offset();
    private static final long GAS_CHARGED = pvm_context.gas_charged$offset();

    private static final long RAM_SIZE = (long) MemoryImage.PAGE_COUNT * MemoryImage.PAGE_SIZE;
    private static final int PAGE_BITS = Integer.numberOfTrailingZeros(MemoryImage.PAGE_SIZE);

    private static final ExitKind[] EXIT_KINDS = new ExitKind[PvmJit.PVM_EXIT_INTERRUPTED() + 1];

    static {
        EXIT_KINDS[PvmJit.PVM_EXIT_HALT()] = ExitKind.HALT;
        EXIT_KINDS[PvmJit.PVM_EXIT_PANIC()] = ExitKind.PANIC;
        EXIT_KINDS[PvmJit.PVM_EXIT_PAGE_FAULT()] = ExitKind.PAGE_FAULT;
        EXIT_KINDS[PvmJit.PVM_EXIT_HOST_CALL()] = ExitKind.HOST_CALL;
        EXIT_KINDS[PvmJit.PVM_EXIT_OUT_OF_GAS()] = ExitKind.OUT_OF_GAS;
        EXIT_KINDS[PvmJit.PVM_EXIT_INTERRUPTED()] = ExitKind.INTERRUPTED;
    }

    private static final VarHandle INTERRUPT =
            pvm_context.layout().varHandle(MemoryLayout.PathElement.groupElement("interrupt"));

    private final NativeEngine engine;
    private MemorySegment context;
    private MemorySegment memory;
    // Addresses, of the context's fields, of RAM, and of an octet for each page: what may be done with it.
    private long fields;
    private long ram;
    private long pageAccess;

    NativeMachine(NativeEngine engine, Cell cell) {
        super(cell);
        this.engine = engine;
    }

    /** Called when there is an instance. */
    void start() {
        fields = address();
        context = MemorySegment.ofAddress(fields).reinterpret(pvm_context.sizeof());
        memory = pvm_context.memory(context).reinterpret(RAM_SIZE);
        ram = memory.address();
        pageAccess = pvm_context.page_access(context).address();
    }

    @Override
    public long register(int index) {
        return RawMemory.getLong(fields + (long) index * Long.BYTES);
    }

    @Override
    public void register(int index, long value) {
        RawMemory.setLong(fields + (long) index * Long.BYTES, value);
    }

    @Override
    public long gas() {
        return RawMemory.getLong(fields + GAS);
    }

    @Override
    public void gas(long value) {
        RawMemory.setLong(fields + GAS, value);
    }

    @Override
    public long pc() {
        return Integer.toUnsignedLong(RawMemory.getInt(fields + PC));
    }

    @Override
    public void pc(long value) {
        RawMemory.setInt(fields + PC, (int) value);
    }

    @Override
    public boolean gasCharged() {
        return RawMemory.getInt(fields + GAS_CHARGED) != 0;
    }

    @Override
    public void gasCharged(boolean value) {
        RawMemory.setInt(fields + GAS_CHARGED, value ? 1 : 0);
    }

    @Override
    public ExitKind run() {
        int kind = NativeHandles.run(fields);
        // A failure leaves the state as it was. It may be for want of code space, when the instance became checked.
        while (kind == PvmJit.PVM_EXIT_FAILURE() && engine.reclaim()) {
            kind = NativeHandles.run(fields);
        }
        return exit(kind);
    }

    @Override
    public ExitKind runAnsweringGas(long number, long cost) {
        int kind = NativeHandles.runAnsweringGas(fields, number, cost);
        while (kind == PvmJit.PVM_EXIT_FAILURE() && engine.reclaim()) {
            kind = NativeHandles.runAnsweringGas(fields, number, cost);
        }
        return exit(kind);
    }

    private ExitKind exit(int kind) {
        if (kind == PvmJit.PVM_EXIT_FAILURE()) {
            throw new ResourceLimitException("the run cannot go on at pc " + exitPc() + ": " + failure());
        }
        return EXIT_KINDS[kind];
    }

    @Override
    public void interrupt() {
        try (var call = new CallMemory()) {
            var error = pvm_error.allocate(call);
            NativeEngine.check(PvmJit.pvm_interrupt(context, error), error);
        }
    }

    @Override
    public boolean takeInterrupt() {
        long pending = PvmJit.PVM_INTERRUPT_PENDING();
        return ((long) INTERRUPT.getVolatile(context, 0L) & pending) != 0
                && ((long) INTERRUPT.getAndBitwiseAnd(context, 0L, ~pending) & pending) != 0;
    }

    /** Why the last run was a failure. */
    private String failure() {
        try (var call = new CallMemory()) {
            var error = pvm_error.allocate(call);
            PvmJit.pvm_failure(context, error);
            return pvm_error.message(error).getString(0);
        }
    }

    @Override
    public long exitArgument() {
        return RawMemory.getLong(fields + EXIT_ARGUMENT);
    }

    @Override
    public long exitPc() {
        return Integer.toUnsignedLong(RawMemory.getInt(fields + EXIT_PC));
    }

    @Override
    public PageAccess access(int page) {
        return PageAccess.of(RawMemory.getByte(pageAccess + page));
    }

    @Override
    public boolean readable(long address, long length) {
        return grants(address, length, PvmJit.PVM_ACCESS_READ());
    }

    @Override
    public boolean writable(long address, long length) {
        return grants(address, length, PvmJit.PVM_ACCESS_WRITE());
    }

    private boolean grants(long address, long length, int access) {
        if (length == 0) {
            return true;
        }
        if (address < 0 || address >= RAM_SIZE || length < 0 || length > RAM_SIZE - address) {
            return false;
        }
        int last = (int) ((address + length - 1) >>> PAGE_BITS);
        for (int page = (int) (address >>> PAGE_BITS); page <= last; page++) {
            if (RawMemory.getByte(pageAccess + page) < access) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean read(long address, MemorySegment target, long offset, long length) {
        if (!readable(address, length)) {
            return false;
        }
        if (length != 0) {
            MemorySegment.copy(memory, address, target, offset, length);
        }
        return true;
    }

    @Override
    public boolean write(long address, MemorySegment source, long offset, long length) {
        if (!writable(address, length)) {
            return false;
        }
        if (length != 0) {
            MemorySegment.copy(source, offset, memory, address, length);
        }
        return true;
    }

    // Handlers copy few octets, often: no segments for arrays.

    @Override
    public boolean read(long address, byte[] target) {
        if (!readable(address, target.length)) {
            return false;
        }
        if (target.length != 0) {
            RawMemory.copy(ram + address, target);
        }
        return true;
    }

    @Override
    public boolean write(long address, byte[] source) {
        if (!writable(address, source.length)) {
            return false;
        }
        if (source.length != 0) {
            RawMemory.copy(source, ram + address);
        }
        return true;
    }

    @Override
    public boolean fill(long address, MemorySegment source, long offset, long length) {
        if (!readable(address, length)) {
            return false;
        }
        if (length != 0) {
            try (var call = new CallMemory()) {
                var error = pvm_error.allocate(call);
                var contents = call.allocate(length).copyFrom(source.asSlice(offset, length));
                NativeEngine.check(PvmJit.pvm_memory_fill(context, address, contents, length, error), error);
            }
        }
        return true;
    }

    @Override
    public MemorySegment view(long address, long length) {
        if (!readable(address, length)) {
            return null;
        }
        return length == 0 ? MemorySegment.NULL : memory.asSlice(address, length).asReadOnly();
    }

    @Override
    public void protect(int firstPage, int pageCount, PageAccess access, boolean zero) {
        try (var call = new CallMemory()) {
            var error = pvm_error.allocate(call);
            NativeEngine.check(
                    PvmJit.pvm_memory_protect(context, firstPage, pageCount, access.ordinal(), zero ? 1 : 0, error),
                    error);
        }
    }

    @Override
    public boolean checked() {
        return PvmJit.pvm_instance_is_checked(context) != 0;
    }

    @Override
    public boolean checkByHardware() {
        return PvmJit.pvm_instance_check_by_hardware(context) != 0;
    }

    @Override
    public void close() {
        NativeHandles.destroyInstance(address());
    }
}
