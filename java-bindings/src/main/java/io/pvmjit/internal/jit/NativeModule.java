package io.pvmjit.internal.jit;

import io.pvmjit.BlockCost;
import io.pvmjit.MemoryImage;
import io.pvmjit.ModuleStatistics;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.ffi.PvmJit;
import io.pvmjit.ffi.pvm_block;
import io.pvmjit.ffi.pvm_error;
import io.pvmjit.ffi.pvm_module_info;
import io.pvmjit.ffi.pvm_region;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.CodeEstimate;
import io.pvmjit.internal.backend.Footprint;
import io.pvmjit.internal.backend.Spending;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;
import java.util.function.LongSupplier;

/** A module of the C library; this object is its one reference that Java holds. */
final class NativeModule extends NativeObject implements BackendModule {
    /** Code lies at multiples of it. */
    private static final int CODE_UNIT = 64;
    /** What a module takes beside its code and tables, here and in C. With an entry of the cache it was measured as 570. */
    private static final int OBJECTS = 512;
    /**
     * What machine code takes beside itself for each instruction: that which most runs take, and spare code, which {@link
     * CodeEstimate} explains. The first may be counted twice.
     */
    private static final int TABLES = 2 * Integer.BYTES;

    private final NativeEngine engine;
    private MemorySegment module;

    NativeModule(NativeEngine engine, Cell cell) {
        super(cell);
        this.engine = engine;
    }

    /** Called when there is a module. */
    void start() {
        module = MemorySegment.ofAddress(address());
    }

    @Override
    public BackendMachine instantiate(MemoryImage image, Spending spending) {
        var machine = new NativeMachine(engine, engine.takeCell());
        try (var memory = new CallMemory()) {
            var error = pvm_error.allocate(memory);
            var regions = image.regions();
            var array = regions.isEmpty() ? MemorySegment.NULL : pvm_region.allocateArray(regions.size(), memory);
            for (int i = 0; i < regions.size(); i++) {
                describe(regions.get(i), pvm_region.asSlice(array, i));
            }
            NativeEngine.check(
                    PvmJit.pvm_instance_create_for(
                            module, spending.owner(), array, regions.size(), machine.cell.segment, error),
                    error);
            machine.start();
            Reference.reachabilityFence(image);
        } catch (Throwable e) {
            // No call: the stack may be at its end.
            synchronized (engine) {
                machine.nextLeft = engine.left;
                engine.left = machine;
            }
            throw e;
        }
        synchronized (engine) {
            machine.cell.next = engine.cells;
            engine.cells = machine.cell;
            machine.cell = null;
        }
        return machine;
    }

    private static void describe(MemoryImage.Region region, MemorySegment target) {
        pvm_region.first_page(target, region.firstPage());
        pvm_region.page_count(target, region.pageCount());
        pvm_region.access(target, region.access().ordinal());
        pvm_region.reserved(target, 0);
        pvm_region.contents(target, region.contents());
        pvm_region.contents_length(target, region.contents().byteSize());
        pvm_region.contents_id(target, region.contentsId());
    }

    @Override
    public boolean isStart(long pc) {
        return PvmJit.pvm_module_is_start(module, pc) != 0;
    }

    @Override
    public List<BlockCost> blockCosts() {
        try (var memory = new CallMemory()) {
            int count = Math.toIntExact(PvmJit.pvm_module_blocks(module, MemorySegment.NULL, 0));
            var blocks = pvm_block.allocateArray(count, memory);
            whole(() -> PvmJit.pvm_module_blocks(module, blocks, count));
            return new BlockCosts(blocks.toArray(ValueLayout.JAVA_INT));
        }
    }

    /** A view: a hostile program may have 2^25 blocks. */
    private static final class BlockCosts extends AbstractList<BlockCost> implements RandomAccess {
        /** The pc of a block, its cost, and so on, as in C. */
        private final int[] words;

        BlockCosts(int[] words) {
            this.words = words;
        }

        @Override
        public BlockCost get(int index) {
            return new BlockCost(words[2 * index], words[2 * index + 1]);
        }

        @Override
        public int size() {
            return words.length / 2;
        }
    }

    /** What a call returns that makes all sections; it returns 0 where there is no room for them. */
    private long whole(LongSupplier call) {
        long result = call.getAsLong();
        while (result == 0 && engine.reclaim()) {
            result = call.getAsLong();
        }
        if (result == 0) {
            throw new ResourceLimitException("there is no room for the machine code of all of a program");
        }
        return result;
    }

    @Override
    public ModuleStatistics statistics() {
        try (var memory = new CallMemory()) {
            return statistics(describe(memory));
        }
    }

    private MemorySegment describe(CallMemory memory) {
        var info = pvm_module_info.allocate(memory);
        PvmJit.pvm_module_describe(module, info);
        return info;
    }

    private static ModuleStatistics statistics(MemorySegment info) {
        return new ModuleStatistics(
                pvm_module_info.code_length(info),
                pvm_module_info.jump_table_length(info),
                pvm_module_info.instruction_count(info),
                pvm_module_info.block_count(info),
                pvm_module_info.native_bytes(info),
                pvm_module_info.table_bytes(info));
    }

    /** With the machine code that runs may still make. */
    @Override
    public Footprint footprint() {
        try (var memory = new CallMemory()) {
            var info = describe(memory);
            var s = statistics(info);
            long code = inUnits(pvm_module_info.native_bytes_likely(info)) + inUnits(engine.estimate.ofSpare(s));
            long tables = s.tableBytes() + s.instructionCount() * TABLES;
            return new Footprint(code, OBJECTS + tables, 0);
        }
    }

    private static long inUnits(long octets) {
        return (octets + CODE_UNIT - 1) / CODE_UNIT * CODE_UNIT;
    }

    @Override
    public String listing() {
        try (var memory = new CallMemory()) {
            long length = whole(() -> PvmJit.pvm_module_listing(module, MemorySegment.NULL, 0));
            var text = memory.allocate(length + 1);
            PvmJit.pvm_module_listing(module, text, length + 1);
            return text.getString(0);
        }
    }

    @Override
    public void close() {
        NativeHandles.releaseModule(address());
    }
}
