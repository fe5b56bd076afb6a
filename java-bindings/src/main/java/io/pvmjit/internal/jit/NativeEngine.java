package io.pvmjit.internal.jit;

import io.pvmjit.EngineConfig;
import io.pvmjit.EngineRules;
import io.pvmjit.EngineStatistics;
import io.pvmjit.Hardening;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.NativeLoadException;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.Revision;
import io.pvmjit.ffi.PvmJit;
import io.pvmjit.ffi.pvm_engine_config;
import io.pvmjit.ffi.pvm_error;
import io.pvmjit.ffi.pvm_statistics;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.CodeEstimate;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.internal.system.SystemMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.BooleanSupplier;

/** The JIT: an engine of the C library. */
public final class NativeEngine implements BackendEngine {
    /** Compilation takes at most 40 times the octets of a program: so it is a sixteenth of the machine's memory. */
    private static final int PART_THAT_COMPILES = 640;
    /** Where constants are blinded it is at most 52 times. */
    private static final int PART_THAT_COMPILES_BLINDED = 832;
    /** Whether names of blocks are written for Linux's perf. */
    private static final String PERF_MAP = "pvmjit.perfmap";

    private final long address;
    private final MemorySegment engine;
    /** Promised by the process; 0 when they are given back. */
    private long maps;
    private boolean destroyed;
    final CompileQueue compilations;
    final CodeEstimate estimate;
    private volatile BooleanSupplier reclaim = () -> false;
    /** What errors left behind while it was made, some of it without a native object; guarded by this monitor. */
    NativeObject left;
    /** Those that are free; guarded by this monitor. */
    NativeObject.Cell cells;
    /** Of the cells: automatic, for any thread. */
    private final Arena cellArena = Arena.ofAuto();

    private NativeEngine(long address, long maps, CompileQueue compilations, CodeEstimate estimate) {
        this.address = address;
        this.maps = maps;
        this.compilations = compilations;
        this.estimate = estimate;
        engine = MemorySegment.ofAddress(address);
    }

    /**
     * Makes one.
     *
     * @throws NativeLoadException when the library or the processor does not serve
     * @throws IllegalArgumentException when it is to have more maps than are left
     */
    public static NativeEngine create(EngineConfig config) {
        NativeLibrary.load();
        long maps = MapShares.ofProcess().take(config.mapLimit());
        try {
            return create(config, maps);
        } catch (Throwable e) {
            MapShares.ofProcess().giveBack(maps);
            throw e;
        }
    }

    private static NativeEngine create(EngineConfig config, long maps) {
        var compilations = new CompileQueue(config.compilingBytes() != 0
                ? config.compilingBytes()
                : SystemMemory.octets() / (config.hardening().contains(Hardening.BLINDED_CONSTANTS)
                        ? PART_THAT_COMPILES_BLINDED
                        : PART_THAT_COMPILES));
        var estimate = CodeEstimate.of(config);
        try (var memory = new CallMemory()) {
            var error = pvm_error.allocate(memory);
            var options = pvm_engine_config.allocate(memory);
            pvm_engine_config.revision(options, revision(config.rules()));
            pvm_engine_config.flags(options, flags(config));
            pvm_engine_config.code_arena_bytes(options, config.codeArenaBytes());
            pvm_engine_config.instance_limit(options, config.instanceLimit());
            pvm_engine_config.maps_per_instance(options, config.mapsPerInstance());
            pvm_engine_config.map_limit(options, maps);
            pvm_engine_config.pool_bytes(options, config.poolBytes());
            pvm_engine_config.section_octets(options, config.sectionBytes());
            var result = memory.allocate(ValueLayout.JAVA_LONG);
            check(PvmJit.pvm_engine_create(options, result, error), error);
            long address = result.get(ValueLayout.JAVA_LONG, 0);
            try {
                return new NativeEngine(address, maps, compilations, estimate);
            } catch (Throwable e) {
                NativeHandles.destroyEngine(address);
                throw e;
            }
        }
    }

    /** The number in {@code enum pvm_revision}, whose order is that of {@link Revision}. */
    private static int revision(EngineRules rules) {
        return rules.revision().map(Revision::ordinal).orElseThrow(() -> new NativeLoadException(
                "the JIT knows the revisions of the Gray Paper, not the rules '" + rules.label() + "'", null));
    }

    private static int flags(EngineConfig config) {
        int flags = 0;
        if (config.addressing() == EngineConfig.Addressing.BASE_REGISTER) {
            flags |= PvmJit.PVM_FLAG_NO_GS();
        }
        if (config.alwaysChecked()) {
            flags |= PvmJit.PVM_FLAG_ALWAYS_CHECKED();
        }
        if (config.singleMapping()) {
            flags |= PvmJit.PVM_FLAG_SINGLE_MAPPING();
        }
        for (var each : config.hardening()) {
            flags |= switch (each) {
                case RETPOLINES -> PvmJit.PVM_FLAG_RETPOLINES();
                case BLINDED_CONSTANTS -> PvmJit.PVM_FLAG_BLINDED_CONSTANTS();
            };
        }
        if (Boolean.getBoolean(PERF_MAP)) {
            flags |= PvmJit.PVM_FLAG_PERF_MAP();
        }
        return flags;
    }

    /** Turns a status that is not PVM_OK into its exception. */
    static void check(int status, MemorySegment error) {
        if (status == PvmJit.PVM_OK()) {
            return;
        }
        var message = pvm_error.message(error).getString(0);
        if (status == PvmJit.PVM_INVALID_PROGRAM()) {
            throw new InvalidProgramException(message, pvm_error.offset(error));
        }
        if (status == PvmJit.PVM_RESOURCE_LIMIT()) {
            throw new ResourceLimitException(message);
        }
        if (status == PvmJit.PVM_UNSUPPORTED()) {
            throw new NativeLoadException("the machine code cannot run here: " + message, null);
        }
        if (status == PvmJit.PVM_INVALID_ARGUMENT()) {
            throw new IllegalArgumentException(message);
        }
        throw new AssertionError("internal error of the native library, status " + status + ": " + message);
    }

    @Override
    public BackendModule compile(MemorySegment blob, Gate gate) {
        closeLeft();
        var module = new NativeModule(this, takeCell());
        try (var memory = new CallMemory()) {
            var error = pvm_error.allocate(memory);
            var octets = blob.isNative() ? blob : memory.allocate(blob.byteSize()).copyFrom(blob);
            int status;
            do {
                status = compile(octets, module.cell.segment, error, gate);
            } while (status == PvmJit.PVM_RESOURCE_LIMIT() && reclaim());
            check(status, error);
            module.start();
        } catch (Throwable e) {
            // No call: the stack may be at its end.
            synchronized (this) {
                module.nextLeft = left;
                left = module;
            }
            throw e;
        }
        synchronized (this) {
            module.cell.next = cells;
            cells = module.cell;
            module.cell = null;
        }
        return module;
    }

    /** First the turn to compile, then the room for it, which nobody holds who waits for anything else. */
    private int compile(MemorySegment octets, MemorySegment result, MemorySegment error, Gate gate) {
        long length = octets.byteSize();
        boolean entered = gate.enter(length);
        try {
            compilations.enter(length);
            try {
                return PvmJit.pvm_module_compile(engine, octets, length, result, error);
            } finally {
                compilations.leave(length);
            }
        } finally {
            if (entered) {
                gate.leave();
            }
        }
    }

    /** A cell that holds 0. */
    NativeObject.Cell takeCell() {
        NativeObject.Cell cell;
        synchronized (this) {
            cell = cells;
            if (cell == null) {
                return new NativeObject.Cell(cellArena.allocate(ValueLayout.JAVA_LONG));
            }
            cells = cell.next;
        }
        cell.segment.set(ValueLayout.JAVA_LONG, 0, 0L);
        return cell;
    }

    private void closeLeft() {
        for (var each = nextLeft(); each != null; each = nextLeft()) {
            try {
                if (each.address() != 0) {
                    each.close();
                }
                synchronized (this) {
                    each.cell.next = cells;
                    cells = each.cell;
                }
            } catch (Throwable e) {
                synchronized (this) {
                    each.nextLeft = left;
                    left = each;
                }
                throw e;
            }
        }
    }

    private synchronized NativeObject nextLeft() {
        var first = left;
        if (first != null) {
            left = first.nextLeft;
        }
        return first;
    }

    @Override
    public void onPressure(BooleanSupplier freeCode) {
        reclaim = freeCode;
    }

    /** Frees code space, where there is some to free; whether to try again what failed for want of it. */
    boolean reclaim() {
        return reclaim.getAsBoolean();
    }

    @Override
    public EngineStatistics statistics() {
        closeLeft();
        try (var memory = new CallMemory()) {
            var s = pvm_statistics.allocate(memory);
            PvmJit.pvm_engine_statistics(engine, s);
            return new EngineStatistics(
                    pvm_statistics.modules_alive(s),
                    pvm_statistics.instances_alive(s),
                    pvm_statistics.instances_checked(s),
                    pvm_statistics.instances_pooled(s),
                    pvm_statistics.instance_limit(s),
                    pvm_statistics.code_bytes_used(s),
                    pvm_statistics.code_bytes_limit(s),
                    pvm_statistics.maps_used(s),
                    pvm_statistics.map_limit(s),
                    0,
                    compilations.waiting(),
                    0,
                    0);
        }
    }

    @Override
    public void interruptAll() {
        try (var memory = new CallMemory()) {
            var error = pvm_error.allocate(memory);
            check(PvmJit.pvm_interrupt_all(engine, error), error);
        }
    }

    @Override
    public void close() {
        if (!destroyed) {
            closeLeft();
            int status = NativeHandles.destroyEngine(address);
            if (status != PvmJit.PVM_OK()) {
                throw new AssertionError("an engine was closed before its modules and instances");
            }
            destroyed = true;
        }
        MapShares.ofProcess().giveBack(maps);
        maps = 0;
    }
}
