package io.pvmjit.internal.sharing;

import io.pvmjit.BlockCost;
import io.pvmjit.EngineStatistics;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.ModuleCacheStatistics;
import io.pvmjit.ModuleStatistics;
import io.pvmjit.PipelineStep;
import io.pvmjit.Resource;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.internal.backend.AccountedEngine;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.CodeEstimate;
import io.pvmjit.internal.backend.Footprint;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.internal.backend.Spending;
import io.pvmjit.internal.lifetime.Leftovers;
import io.pvmjit.internal.report.CompileEvent;
import io.pvmjit.internal.report.Report;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes what modules need of the spending of those who have them compiled, each holder in full. Programs that get no room
 * for machine code, of their invocation's or of the arena, go to the interpreter: that is told before code is generated.
 * Thread-safe.
 */
public final class AccountingEngine implements AccountedEngine {
    /** What decoding a program takes of the heap for a moment, in its blob's length. */
    private static final int DECODING = 2;

    private final CodeEstimate estimate;
    private final Budget budget;
    private final BackendEngine compiler;
    private final BackendEngine interpreter;
    private final AtomicLong fallBacks = new AtomicLong();
    private final Leftovers leftovers = new Leftovers();

    /**
     * Takes over both engines.
     *
     * @param estimate of the machine code that the compiler makes
     * @param budget what there is to spend
     * @param compiler makes machine code; null where nothing may take its place
     * @param interpreter takes every program that the compiler does not
     */
    public AccountingEngine(CodeEstimate estimate, Budget budget, BackendEngine compiler, BackendEngine interpreter) {
        this.estimate = estimate;
        this.budget = budget;
        this.compiler = compiler;
        this.interpreter = interpreter;
    }

    @Override
    public Spending own() {
        return budget.own();
    }

    @Override
    public Spending open(String invocation) {
        return budget.open(invocation);
    }

    /** In no invocation. */
    @Override
    public BackendModule compile(MemorySegment blob, Gate gate) throws InvalidProgramException {
        return compile(blob, budget.own(), gate);
    }

    @Override
    public BackendModule compile(MemorySegment blob, Spending spending, Gate gate) throws InvalidProgramException {
        leftovers.close();
        var made = new Accounted(new Charge(spending), estimate);
        try {
            made.charge.set(Resource.MEMORY, blob.byteSize());
            if (compiler == null || !compileIfRoom(blob, made, gate)) {
                interpret(blob, made, gate);
            }
            var footprint = made.module.footprint();
            made.charge.set(Resource.MEMORY, footprint.memory());
            made.charge.set(Resource.HEAP, footprint.heap());
        } catch (Throwable e) {
            synchronized (leftovers) {
                made.next = leftovers.first;
                leftovers.first = made;
            }
            leftovers.closeNowOrLater();
            throw e;
        }
        return made;
    }

    /** False, and nothing made, when there is no room for the code. */
    private boolean compileIfRoom(MemorySegment blob, Accounted made, Gate gate) {
        if (!made.charge.trySet(Resource.CODE, estimate.ofLength(blob.byteSize()))
                && !made.charge.trySet(Resource.CODE, estimate.of(blob))) {
            return false;
        }
        var event = new CompileEvent();
        event.begin();
        try {
            made.module = compiler.compile(blob, gate);
        } catch (ResourceLimitException _) {
            return false;
        }
        Report.compiled(event, blob.byteSize(), made.module.footprint().code(), made.module.isShared());
        if (made.charge.trySet(Resource.CODE, made.module.footprint().code())) {
            return true;
        }
        made.module.close();
        made.module = null;
        return false;
    }

    private void interpret(MemorySegment blob, Accounted made, Gate gate) {
        made.charge.set(Resource.CODE, 0);
        made.charge.set(Resource.HEAP, DECODING * blob.byteSize());
        if (compiler != null) {
            fallBacks.incrementAndGet();
            Report.fellBack(blob.byteSize());
        }
        made.module = interpreter.compile(blob, gate);
    }

    @Override
    public EngineStatistics statistics() {
        leftovers.close();
        var i = interpreter.statistics();
        var s = compiler == null ? i : compiler.statistics();
        long others = compiler == null ? 0 : 1;
        return new EngineStatistics(s.modulesAlive() + others * i.modulesAlive(),
                s.instancesAlive() + others * i.instancesAlive(), s.instancesChecked(), s.instancesPooled(),
                s.instanceLimit(), s.codeBytesUsed(), s.codeBytesLimit(), s.mapsUsed(), s.mapLimit(), fallBacks.get(),
                s.compilationsWaiting(), budget.used(Resource.MEMORY), budget.limit(Resource.MEMORY));
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
        leftovers.close();
        try {
            if (compiler != null) {
                compiler.close();
            }
        } finally {
            interpreter.close();
        }
    }

    /** A module that is paid for until it is closed. */
    private static final class Accounted extends Leftovers.Thing implements BackendModule {
        private final Charge charge;
        private final CodeEstimate estimate;
        /** Null as long as it is not made, and when it is closed. */
        private BackendModule module;
        /** What was taken for code with checks; null before, and when the cache has it. */
        private Charge checks;
        private boolean paidForChecks;

        Accounted(Charge charge, CodeEstimate estimate) {
            this.charge = charge;
            this.estimate = estimate;
        }

        @Override
        public BackendMachine instantiate(MemoryImage image, Spending spending) {
            return module.instantiate(image, spending);
        }

        @Override
        public synchronized void runsChecked() {
            if (!paidForChecks && !CachingEngine.foundChecks(module)) {
                long length = module.statistics().codeLength();
                if (checks == null) {
                    checks = new Charge(charge.spending());
                }
                checks.set(Resource.CODE, estimate.ofChecks(length));
                Report.checked(length);
                module.runsChecked();
                if (CachingEngine.takesOver(module, checks)) {
                    checks = null;
                }
                paidForChecks = true;
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
        public List<PipelineStep> timeline(int blockPc) {
            return module.timeline(blockPc);
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
            if (module != null) {
                module.close();
                module = null;
            }
            charge.release();
            if (checks != null) {
                checks.release();
            }
        }
    }
}
