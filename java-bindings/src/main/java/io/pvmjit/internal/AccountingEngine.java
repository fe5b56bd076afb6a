package io.pvmjit.internal;

import io.pvmjit.BlockCost;
import io.pvmjit.EngineStatistics;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.ModuleCacheStatistics;
import io.pvmjit.ModuleStatistics;
import io.pvmjit.Resource;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes what modules need of the spending of those who have them compiled, each holder in full. Programs that get no room
 * for machine code, of their invocation's or of the arena, go to the interpreter: that is told before code is generated.
 * Thread-safe.
 */
public final class AccountingEngine implements BackendEngine {
    /** What decoding a program takes of the heap for a moment, in its blob's length. */
    private static final int DECODING = 2;

    private final Rules rules;
    private final Budget budget;
    private final BackendEngine compiler;
    private final BackendEngine interpreter;
    private final AtomicLong fallBacks = new AtomicLong();

    /**
     * Takes over both engines.
     *
     * @param rules that both follow
     * @param budget what there is to spend
     * @param compiler makes machine code; null where nothing may take its place
     * @param interpreter takes every program that the compiler does not
     */
    AccountingEngine(Rules rules, Budget budget, BackendEngine compiler, BackendEngine interpreter) {
        this.rules = rules;
        this.budget = budget;
        this.compiler = compiler;
        this.interpreter = interpreter;
    }

    /** What there is to spend. */
    public Budget budget() {
        return budget;
    }

    /** In no invocation. */
    @Override
    public BackendModule compile(MemorySegment blob) throws InvalidProgramException {
        return compile(blob, budget.own());
    }

    /**
     * As {@link #compile(MemorySegment)}.
     *
     * @param spending who pays
     * @throws ResourceLimitException when that one has not enough for the module on the interpreter
     */
    public BackendModule compile(MemorySegment blob, Spending spending) throws InvalidProgramException {
        var charge = new Charge(spending);
        BackendModule module = null;
        try {
            charge.set(Resource.MEMORY, blob.byteSize());
            module = compiler == null ? null : compileIfRoom(blob, charge);
            if (module == null) {
                module = interpret(blob, charge);
            }
            var footprint = module.footprint();
            charge.set(Resource.MEMORY, footprint.memory());
            charge.set(Resource.HEAP, footprint.heap());
            return new Accounted(module, charge);
        } catch (Throwable e) {
            if (module != null) {
                module.close();
            }
            charge.release();
            throw e;
        }
    }

    /** Null when there is no room for the code. */
    private BackendModule compileIfRoom(MemorySegment blob, Charge charge) {
        if (!charge.trySet(Resource.CODE, CodeEstimate.ofLength(blob.byteSize()))
                && !charge.trySet(Resource.CODE, CodeEstimate.of(blob, rules))) {
            return null;
        }
        BackendModule module;
        try {
            module = compiler.compile(blob);
        } catch (ResourceLimitException _) {
            return null;
        }
        if (charge.trySet(Resource.CODE, module.footprint().code())) {
            return module;
        }
        module.close();
        return null;
    }

    private BackendModule interpret(MemorySegment blob, Charge charge) {
        charge.set(Resource.CODE, 0);
        charge.set(Resource.HEAP, DECODING * blob.byteSize());
        var module = interpreter.compile(blob);
        if (compiler != null) {
            fallBacks.incrementAndGet();
        }
        return module;
    }

    @Override
    public EngineStatistics statistics() {
        var i = interpreter.statistics();
        var s = compiler == null ? i : compiler.statistics();
        long others = compiler == null ? 0 : 1;
        return new EngineStatistics(s.modulesAlive() + others * i.modulesAlive(),
                s.instancesAlive() + others * i.instancesAlive(), s.instancesChecked(), s.instancesPooled(),
                s.instanceLimit(), s.codeBytesUsed(), s.codeBytesLimit(), s.mapsUsed(), s.mapLimit(), fallBacks.get(),
                budget.used(Resource.MEMORY), budget.limit(Resource.MEMORY));
    }

    @Override
    public ModuleCacheStatistics cacheStatistics() {
        return compiler == null ? interpreter.cacheStatistics() : compiler.cacheStatistics();
    }

    @Override
    public void interruptAll() {
        interpreter.interruptAll();
        if (compiler != null) {
            compiler.interruptAll();
        }
    }

    @Override
    public void close() {
        try {
            if (compiler != null) {
                compiler.close();
            }
        } finally {
            interpreter.close();
        }
    }

    /** A module that is paid for until it is closed. */
    private static final class Accounted implements BackendModule {
        private final BackendModule module;
        private final Charge charge;
        private boolean paidForChecks;
        private boolean closed;

        Accounted(BackendModule module, Charge charge) {
            this.module = module;
            this.charge = charge;
        }

        @Override
        public Machine instantiate(MemoryImage image, Spending spending) {
            return module.instantiate(image, spending);
        }

        @Override
        public synchronized void runsChecked() {
            if (!paidForChecks) {
                long code = module.footprint().code();
                charge.set(Resource.CODE, code + CodeEstimate.ofChecks(code));
                paidForChecks = true;
                module.runsChecked();
            }
        }

        @Override
        public boolean isStart(long pc) {
            return module.isStart(pc);
        }

        @Override
        public List<BlockCost> blockCosts() {
            return module.blockCosts();
        }

        @Override
        public ModuleStatistics statistics() {
            return module.statistics();
        }

        @Override
        public Footprint footprint() {
            return module.footprint();
        }

        @Override
        public String listing() {
            return module.listing();
        }

        @Override
        public void close() {
            if (!closed) {
                module.close();
                closed = true;
            }
            charge.release();
        }
    }
}
