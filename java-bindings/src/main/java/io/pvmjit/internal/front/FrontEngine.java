package io.pvmjit.internal.front;

import io.pvmjit.Account;
import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.EngineStatistics;
import io.pvmjit.LoadedLibrary;
import io.pvmjit.Memory;
import io.pvmjit.Module;
import io.pvmjit.ModuleCacheStatistics;
import io.pvmjit.internal.backend.AccountedEngine;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.internal.backend.Spending;
import io.pvmjit.internal.lifetime.References;
import io.pvmjit.internal.lifetime.StackRoom;
import io.pvmjit.internal.report.Report;
import io.pvmjit.internal.selection.Backends.Selected;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** The engine of the API, on whatever backend was chosen for it. */
final class FrontEngine implements Engine {
    private final EngineConfig config;
    private final Backend backend;
    private final Optional<LoadedLibrary> library;
    private final AccountedEngine implementation;
    private final References references;
    private final Turns turns;
    private final AtomicInteger interruptionsOfAll = new AtomicInteger();
    /** What errors left behind while it was made, for want of heap or stack; written under this monitor. */
    private volatile FrontModule left;

    FrontEngine(Selected selected) {
        this.config = selected.config();
        this.backend = selected.backend();
        this.library = selected.library();
        this.implementation = selected.engine();
        this.references = new References(implementation::close);
        this.turns = new Turns(config.turns());
    }

    @Override
    public Module compile(MemorySegment programBlob) {
        return compile(programBlob, implementation.own(), Gate.OPEN);
    }

    @Override
    public Module compile(MemorySegment programBlob, Account account) {
        var payer = own(account);
        return compile(programBlob, payer.spending, payer.turn.gate);
    }

    private Module compile(MemorySegment programBlob, Spending spending, Gate gate) {
        return make(spending, module -> {
            module.implementation = implementation.compile(programBlob, spending, gate);
            return module;
        });
    }

    @Override
    public Module compile(Memory memory, long address, long length) {
        return compile(memory, address, length, implementation.own(), Gate.OPEN);
    }

    @Override
    public Module compile(Memory memory, long address, long length, Account account) {
        var payer = own(account);
        return compile(memory, address, length, payer.spending, payer.turn.gate);
    }

    private Module compile(Memory memory, long address, long length, Spending spending, Gate gate) {
        var source = Own.of(FrontMemory.class, memory);
        return make(spending, module -> source.withView(address, length, view -> {
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
    private FrontModule make(Spending spending, UnaryOperator<FrontModule> compilation) {
        StackRoom.require();
        closeLeft();
        var module = new FrontModule(this, spending);
        retain();
        FrontModule made = null;
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
    private synchronized FrontModule nextLeft() {
        var first = left;
        if (first != null) {
            left = first.nextLeft;
        }
        return first;
    }

    private FrontAccount own(Account account) {
        var own = Own.of(FrontAccount.class, account);
        if (own.engine != this) {
            throw new IllegalArgumentException("the account of " + own.invocation() + " is another engine's");
        }
        return own;
    }

    @Override
    public Account open(String invocation) {
        StackRoom.require();
        var account = new FrontAccount(this, new FrontTurn(turns, invocation));
        retain();
        try {
            account.spending = implementation.open(invocation);
            return account;
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

    @Override
    public EngineConfig config() {
        return config;
    }

    @Override
    public Backend backend() {
        return backend;
    }

    @Override
    public Optional<LoadedLibrary> library() {
        return library;
    }

    @Override
    public EngineStatistics statistics() {
        closeLeft();
        retain();
        try {
            return implementation.statistics();
        } finally {
            references.releaseOrLeave();
        }
    }

    @Override
    public ModuleCacheStatistics cacheStatistics() {
        retain();
        try {
            return implementation.cacheStatistics();
        } finally {
            references.releaseOrLeave();
        }
    }

    /** How often all of the engine was interrupted, before anything was stopped. */
    int interruptionsOfAll() {
        return interruptionsOfAll.get();
    }

    @Override
    public void interruptAll() {
        // After close() too, as long as anything is alive.
        if (references.tryRetainClosed()) {
            try {
                Report.interrupted("all of an engine");
                interruptionsOfAll.incrementAndGet();
                turns.markAllInterrupted();
                implementation.interruptAll();
            } finally {
                references.releaseOrLeave();
            }
        }
    }

    @Override
    public void close() {
        closeLeft();
        references.close();
    }
}
