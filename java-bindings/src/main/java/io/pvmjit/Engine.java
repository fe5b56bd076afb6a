package io.pvmjit;

import io.pvmjit.internal.BackendEngine;
import io.pvmjit.internal.Backends;
import io.pvmjit.internal.References;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Compiles PVM programs and runs them. One per process is enough; thread-safe.
 *
 * <p>Closing refuses further work at once; what the engine holds is freed when its last module and instance are closed.
 */
public final class Engine implements AutoCloseable {
    private final EngineConfig config;
    private final Backend backend;
    private final BackendEngine implementation;
    private final References references;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Engine(EngineConfig config, Backends.Selected selected) {
        this.config = config;
        this.backend = selected.backend();
        this.implementation = selected.engine();
        this.references = new References(implementation::close);
    }

    /** {@link #create(EngineConfig)} with {@link EngineConfig#defaults()}. */
    public static Engine create() {
        return create(EngineConfig.defaults());
    }

    /**
     * Makes an engine.
     *
     * @throws NativeLoadException when the configuration asks for the JIT and it cannot be had
     * @throws ResourceLimitException when address space or memory is used up
     */
    public static Engine create(EngineConfig config) {
        return new Engine(config, Backends.select(config));
    }

    /**
     * Validates, prices and compiles a program blob (Gray Paper A.2), or finds it in the module cache. The blob is
     * copied. Time and memory are linear in its length.
     *
     * @throws InvalidProgramException when the blob is not a valid program
     * @throws ResourceLimitException when there is no room for its code
     * @throws IllegalStateException when the engine is closed
     */
    public Module compile(byte[] programBlob) {
        return compile(MemorySegment.ofArray(programBlob));
    }

    /** As {@link #compile(byte[])}, from a segment on or off the heap, which must not change meanwhile. */
    public Module compile(MemorySegment programBlob) {
        retain();
        try {
            return new Module(this, implementation.compile(programBlob));
        } catch (Throwable e) {
            references.release();
            throw e;
        }
    }

    /**
     * As {@link #compile(byte[])}, from the RAM of an instance, without a copy through Java where the backend has none.
     *
     * @return null when the range is not readable
     */
    public Module compile(Memory memory, long address, long length) {
        retain();
        try {
            var compiled = memory.withView(address, length, implementation::compile);
            if (compiled == null) {
                references.release();
                return null;
            }
            return new Module(this, compiled);
        } catch (Throwable e) {
            references.release();
            throw e;
        }
    }

    private void retain() {
        if (closed.get() || !references.tryRetain()) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    /** Gives back the reference of a module that is gone. */
    void release() {
        references.release();
    }

    public EngineConfig config() {
        return config;
    }

    /** What programs run on: the configured backend, or the one that was chosen. */
    public Backend backend() {
        return backend;
    }

    /** What applies to programs and host calls. */
    public Rules rules() {
        return config.rules();
    }

    /**
     * The revision whose rules apply.
     *
     * @throws IllegalStateException when the rules are an embedder's own
     */
    public Revision revision() {
        return config.revision();
    }

    /** What the engine holds now. */
    public EngineStatistics statistics() {
        retain();
        try {
            return implementation.statistics();
        } finally {
            references.release();
        }
    }

    /** What the module cache holds now. */
    public ModuleCacheStatistics cacheStatistics() {
        retain();
        try {
            return implementation.cacheStatistics();
        } finally {
            references.release();
        }
    }

    /** Refuses further work; modules and instances that are open go on. Does nothing when closed before. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            references.release();
        }
    }
}
