package io.pvmjit;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Compiles PVM programs and runs them. One per process is enough; thread-safe. Embedders do not implement it.
 *
 * <p>Closing refuses further work at once; what the engine holds is freed when its last module and instance are closed.
 * Runs that are under way go on: {@link #interruptAll()} stops them.
 */
public interface Engine extends AutoCloseable {
    /** {@link #create(EngineConfig)} with {@link EngineConfig#defaults()}. */
    static Engine create() {
        return create(EngineConfig.defaults());
    }

    /**
     * Makes an engine, after a small program has run and faulted on one like it: what this machine refuses is met here
     * and not later.
     *
     * @throws NativeLoadException when the configuration asks for the JIT and it cannot be had
     * @throws ResourceLimitException likewise, for want of address space or memory
     * @throws IllegalArgumentException when a limit is more than can be had: {@link EngineConfig#codeArenaBytes},
     *     {@link EngineConfig#mapLimit}
     */
    static Engine create(EngineConfig config) {
        return EngineFactory.create(config);
    }

    /**
     * Validates, prices and compiles a program blob (Gray Paper A.2), or finds it in the module cache. The blob is
     * copied. Time and memory are linear in its length. What has no room in the code arena runs on the interpreter.
     *
     * <p>The module belongs to no invocation: it takes from what invocations have in common, see {@link Quotas}.
     *
     * @throws InvalidProgramException when the blob is not a valid program
     * @throws ResourceLimitException when there is no room for it on the interpreter either
     * @throws IllegalStateException when the engine is closed
     */
    default Module compile(byte[] programBlob) {
        return compile(MemorySegment.ofArray(programBlob));
    }

    /** As {@link #compile(byte[])}, from a segment on or off the heap, which must not change meanwhile. */
    Module compile(MemorySegment programBlob);

    /**
     * As {@link #compile(MemorySegment)}, for an invocation: the module and its instances count against its quotas.
     *
     * @throws QuotaException when they are more than it may have
     * @throws InterruptedCompilationException when the account's {@link Turn} is interrupted while it waits to compile
     */
    Module compile(MemorySegment programBlob, Account account);

    /**
     * As {@link #compile(byte[])}, from the RAM of an instance, without a copy through Java where the backend has none.
     *
     * @return null when the range is not readable
     */
    Module compile(Memory memory, long address, long length);

    /** As {@link #compile(Memory, long, long)}, for an invocation, as {@link #compile(MemorySegment, Account)}. */
    Module compile(Memory memory, long address, long length, Account account);

    /**
     * Opens the account of an invocation, which gives it a share of code space and memory: {@link Quotas}. Close it after
     * its modules and instances.
     *
     * @param invocation names it in exceptions, such as "refinement of service 5"
     * @throws IllegalStateException when the engine is closed
     */
    Account open(String invocation);

    /** As asked for, with a single mapping where two cannot be had. */
    EngineConfig config();

    /** What programs run on: the configured backend, or the one that was chosen. */
    Backend backend();

    /** The C library; empty on the interpreter, which needs none. */
    Optional<LoadedLibrary> library();

    /** What applies to programs and host calls: {@code Rules.of} has it in full. */
    default EngineRules rules() {
        return config().rules();
    }

    /**
     * The revision whose rules apply.
     *
     * @throws IllegalStateException when the rules are an embedder's own
     */
    default Revision revision() {
        return config().revision();
    }

    /** What the engine holds now. */
    EngineStatistics statistics();

    /** What the module cache holds now. */
    ModuleCacheStatistics cacheStatistics();

    /**
     * {@link Instance#interrupt()} for every instance of this engine, and {@link Turn#interrupt()} for every invocation
     * that has begun: their runs stop, so that whoever runs them can close them. For use after {@link #close()}, which
     * lets runs go on, or without it. An instance that is made or closed meanwhile may be missed.
     */
    void interruptAll();

    /**
     * Refuses further work; modules and instances that are open go on. Does nothing when closed before. Takes nothing
     * from the Java heap; after an error, such as at the end of the stack, calling it again does what is left.
     */
    @Override
    void close();
}
