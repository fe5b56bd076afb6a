package io.pvmjit.internal.backend;

import io.pvmjit.EngineStatistics;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.ModuleCacheStatistics;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/** The part of an engine that differs between backends. Thread-safe. */
public interface BackendEngine {
    /**
     * Validates, prices and compiles a program blob, which may be on or off the heap and is not kept.
     *
     * @param gate to be passed before it takes long
     */
    BackendModule compile(MemorySegment blob, Gate gate) throws InvalidProgramException;

    /** As {@link #compile(MemorySegment, Gate)}, at once. */
    default BackendModule compile(MemorySegment blob) throws InvalidProgramException {
        return compile(blob, Gate.OPEN);
    }

    EngineStatistics statistics();

    /** {@link BackendMachine#interrupt()} for every machine alive; one that is being made or closed may be missed. */
    void interruptAll();

    /**
     * Names what can free code space: called when there is none, it answers whether there is more now. At most once,
     * before the first compilation.
     */
    default void onPressure(BooleanSupplier reclaim) {}

    default ModuleCacheStatistics cacheStatistics() {
        return ModuleCacheStatistics.NONE;
    }

    /** Called when no module or instance is left; again after an error, else once. */
    void close();
}
