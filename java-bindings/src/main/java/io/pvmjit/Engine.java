package io.pvmjit;

import io.pvmjit.internal.backend.AccountedEngine;
import io.pvmjit.internal.backend.BackendSelection;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.internal.backend.Spending;
import io.pvmjit.internal.lifetime.References;
import io.pvmjit.internal.lifetime.StackRoom;
import io.pvmjit.internal.report.Report;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Compiles PVM programs and runs them. One per process is enough; thread-safe.
 *
 * <p>Closing refuses further work at once; what the engine holds is freed when its last module and instance are closed.
 * Runs that are under way go on: {@link #interruptAll()} stops them.
 */
public final class Engine implements AutoCloseable {
    /** More of the heap than making the first engine takes. */
    private static final int INITIALISATION_KIBIBYTES = 8192;

    /** Whether an engine has been made: all classes that it needs are initialised. */
    private static volatile boolean initialised;

    private final EngineConfig config;
    private final Backend backend;
    private final Optional<LoadedLibrary> library;
    private final AccountedEngine implementation;
    private final References references;
    private final Turns turns;
    /** What errors left behind while it was made, for want of heap or stack; written under this monitor. */
    private volatile Module left;

    private Engine(BackendSelection.Selected selected) {
        this.config = selected.config();
        this.backend = selected.backend();
        this.library = selected.library();
        this.implementation = selected.engine();
        this.references = new References(implementation::close);
        this.turns = new Turns(config.turns());
    }

    /** {@link #create(EngineConfig)} with {@link EngineConfig#defaults()}. */
    public static Engine create() {
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
    public static Engine create(EngineConfig config) {
        if (!initialised) {
            requireHeap();
        }
        var selected = BackendSelection.of(config, Engine::tryOut);
        try {
            var engine = new Engine(selected);
            initialised = true;
            return engine;
        } catch (Throwable e) {
            selected.engine().close();
            throw e;
        }
    }

    /**
     * Meets the end of the heap here. In the middle of what follows the first time it would break classes, of the JDK
     * too, for as long as the JVM lives.
     */
    private static void requireHeap() {
        var pieces = new byte[INITIALISATION_KIBIBYTES][];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = new byte[1024];
        }
    }

    private static void tryOut(BackendSelection.Selected selected) {
        try (var engine = new Engine(selected)) {
            Trial.run(engine);
        }
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
    public Module compile(byte[] programBlob) {
        return compile(MemorySegment.ofArray(programBlob));
    }

    /** As {@link #compile(byte[])}, from a segment on or off the heap, which must not change meanwhile. */
    public Module compile(MemorySegment programBlob) {
        return compile(programBlob, implementation.own(), Gate.OPEN);
    }

    /**
     * As {@link #compile(MemorySegment)}, for an invocation: the module and its instances count against its quotas.
     *
     * @throws QuotaException when they are more than it may have
     * @throws InterruptedCompilationException when the account's {@link Turn} is interrupted while it waits to compile
     */
    public Module compile(MemorySegment programBlob, Account account) {
        return compile(programBlob, spendingOf(account), account.turn().gate);
    }

    private Module compile(MemorySegment programBlob, Spending spending, Gate gate) {
        return make(spending, module -> {
            module.implementation = implementation.compile(programBlob, spending, gate);
            return module;
        });
    }

    /**
     * As {@link #compile(byte[])}, from the RAM of an instance, without a copy through Java where the backend has none.
     *
     * @return null when the range is not readable
     */
    public Module compile(Memory memory, long address, long length) {
        return compile(memory, address, length, implementation.own(), Gate.OPEN);
    }

    /** As {@link #compile(Memory, long, long)}, for an invocation, as {@link #compile(MemorySegment, Account)}. */
    public Module compile(Memory memory, long address, long length, Account account) {
        return compile(memory, address, length, spendingOf(account), account.turn().gate);
    }

    private Module compile(Memory memory, long address, long length, Spending spending, Gate gate) {
        return make(spending, module -> memory.withView(address, length, view -> {
            module.implementation = implementation.compile(view, spending, gate);
            return module;
        }));
    }

    /**
     * Makes a module.
     *
     * @param compilation gives it its implementation, in the statement that makes this, and answers it; where it answers
     *     null there is none
     */
    private Module make(Spending spending, UnaryOperator<Module> compilation) {
        StackRoom.require();
        closeLeft();
        var module = new Module(this, spending);
        retain();
        Module made = null;
        try {
            made = compilation.apply(module);
        } finally {
            if (made == null) {
                // No call before it is in the list: the stack may be at its end.
                synchronized (this) {
                    module.nextLeft = left;
                    left = module;
                }
                try {
                    closeLeft();
                } catch (VirtualMachineError _) {
                    // The next one who compiles or closes does it.
                }
            }
        }
        return made;
    }

    private void closeLeft() {
        while (left != null) {
            var module = nextLeft();
            if (module == null) {
                return;
            }
            try {
                module.close();
            } catch (Throwable e) {
                synchronized (this) {
                    module.nextLeft = left;
                    left = module;
                }
                throw e;
            }
        }
    }

    /** Null when another thread was faster. */
    private synchronized Module nextLeft() {
        var first = left;
        if (first != null) {
            left = first.nextLeft;
        }
        return first;
    }

    private Spending spendingOf(Account account) {
        if (account.engine() != this) {
            throw new IllegalArgumentException("the account of " + account.invocation() + " is another engine's");
        }
        return account.spending();
    }

    /**
     * Opens the account of an invocation, which gives it a share of code space and memory: {@link Quotas}. Close it after
     * its modules and instances.
     *
     * @param invocation names it in exceptions, such as "refinement of service 5"
     * @throws IllegalStateException when the engine is closed
     */
    public Account open(String invocation) {
        retain();
        try {
            return new Account(this, implementation.open(invocation), new Turn(turns, invocation));
        } finally {
            references.releaseOrLeave();
        }
    }

    private void retain() {
        if (!references.tryRetain()) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    /** Gives back the reference of a module that is gone. Where that fails it has it still. */
    void release() {
        references.release();
    }

    /** As asked for, with a single mapping where two cannot be had. */
    public EngineConfig config() {
        return config;
    }

    /** What programs run on: the configured backend, or the one that was chosen. */
    public Backend backend() {
        return backend;
    }

    /** The C library; empty on the interpreter, which needs none. */
    public Optional<LoadedLibrary> library() {
        return library;
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
        closeLeft();
        retain();
        try {
            return implementation.statistics();
        } finally {
            references.releaseOrLeave();
        }
    }

    /** What the module cache holds now. */
    public ModuleCacheStatistics cacheStatistics() {
        retain();
        try {
            return implementation.cacheStatistics();
        } finally {
            references.releaseOrLeave();
        }
    }

    /**
     * {@link Instance#interrupt()} for every instance of this engine, and {@link Turn#interrupt()} for every invocation
     * that has begun: their runs stop, so that whoever runs them can close them. For use after {@link #close()}, which
     * lets runs go on, or without it. An instance that is made or closed meanwhile may be missed.
     */
    public void interruptAll() {
        // After close() too, as long as anything is alive.
        if (references.tryRetainClosed()) {
            try {
                Report.interrupted("all of an engine");
                turns.markAllInterrupted();
                implementation.interruptAll();
            } finally {
                references.releaseOrLeave();
            }
        }
    }

    /**
     * Refuses further work; modules and instances that are open go on. Does nothing when closed before. Takes nothing
     * from the Java heap; after an error, such as at the end of the stack, calling it again does what is left.
     */
    @Override
    public void close() {
        closeLeft();
        references.close();
    }
}
