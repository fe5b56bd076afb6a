package io.pvmjit.internal.selection;

import io.pvmjit.Backend;
import io.pvmjit.EngineConfig;
import io.pvmjit.LoadedLibrary;
import io.pvmjit.PvmException;
import io.pvmjit.internal.backend.AccountedEngine;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.CodeEstimate;
import io.pvmjit.internal.crosscheck.CrosscheckEngine;
import io.pvmjit.internal.jit.NativeEngine;
import io.pvmjit.internal.jit.NativeLibrary;
import io.pvmjit.internal.report.Report;
import io.pvmjit.internal.sharing.AccountingEngine;
import io.pvmjit.internal.sharing.Budget;
import io.pvmjit.internal.sharing.CachingEngine;
import io.pvmjit.interpreter.InterpreterEngine;
import io.pvmjit.rules.Rules;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses and makes the backend of an engine, and tries it out: what the system refuses only when code is published, an
 * instance made or a fault taken must be known before an embedder relies on the engine.
 */
public final class Backends {
    private static final String PROPERTY = "pvmjit.backend";
    /** Octets of the code arena of an engine that is only tried out. */
    private static final long TRIAL_ARENA_BYTES = 1 << 16;
    /** Its maps: enough for one instance, and few of what all engines may have. */
    private static final long TRIAL_MAPS = 256;
    /** The module cache takes at most this part of the Java heap, whatever is configured: it is a cache. */
    private static final int CACHE_PART = 4;
    private static final int CACHE_ENTRIES = 16_384;

    /** Apart, so that only those who need it wake the logging framework. */
    private static final class Log {
        private static final Logger LOG = LoggerFactory.getLogger(Backends.class);
        private static final AtomicBoolean SINGLE_MAPPING = new AtomicBoolean();
        private static final AtomicBoolean INTERPRETER = new AtomicBoolean();

        private Log() {}

        static void warn(AtomicBoolean logged, String message, PvmException reason) {
            if (logged.compareAndSet(false, true)) {
                LOG.warn(message, reason.getMessage());
            }
        }
    }

    /**
     * A backend and the engine made for it.
     *
     * @param config what was asked for, with a single mapping where two cannot be had
     * @param library the C library, where the backend needs it
     */
    public record Selected(Backend backend, EngineConfig config, AccountedEngine engine, Optional<LoadedLibrary> library) {}

    private Backends() {}

    /**
     * The configured backend; without one that of the system property; without that the JIT, or the interpreter where
     * the JIT cannot run.
     *
     * @param trial runs a program on an engine that it is given and closes it; throws a {@link PvmException} when that does
     *     not go as it should
     */
    public static Selected select(EngineConfig config, Consumer<Selected> trial) {
        Report.initialise();
        var named = config.backend().map(Backend::label).orElse(System.getProperty(PROPERTY));
        if (named != null) {
            return select(Backend.of(named), config, trial);
        }
        try {
            return select(Backend.JIT, config, trial);
        } catch (PvmException e) {
            Log.warn(Log.INTERPRETER, "programs run on the interpreter, the JIT cannot be used: {}", e);
            return select(Backend.INTERPRETER, config, trial);
        }
    }

    private static Selected select(Backend backend, EngineConfig config, Consumer<Selected> trial) {
        try {
            return make(backend, config, trial);
        } catch (PvmException e) {
            if (backend == Backend.INTERPRETER || config.singleMapping()) {
                throw e;
            }
            return withSingleMapping(backend, config, trial, e);
        }
    }

    private static Selected withSingleMapping(
            Backend backend, EngineConfig config, Consumer<Selected> trial, PvmException reason) {
        Selected made;
        try {
            made = make(backend, config.withSingleMapping(true), trial);
        } catch (PvmException _) {
            throw reason;
        }
        Log.warn(Log.SINGLE_MAPPING, "code is written and run in one mapping, two cannot be used: {}", reason);
        return made;
    }

    private static Selected make(Backend backend, EngineConfig config, Consumer<Selected> trial) {
        var engine = engine(backend, config);
        try {
            // Beside the engine, whose address space and code arena must be had together with an instance. By the default
            // rules, whatever the engine's: the trial is of this machine.
            var small = EngineConfig.defaults()
                    .withAddressing(config.addressing())
                    .withAlwaysChecked(config.alwaysChecked())
                    .withSingleMapping(config.singleMapping())
                    .withHardening(config.hardening())
                    .withCodeArenaBytes(TRIAL_ARENA_BYTES)
                    .withMapLimit(TRIAL_MAPS)
                    .withInstanceLimit(1);
            tryOut(backend, small, trial);
            if (backend != Backend.INTERPRETER) {
                // What takes its place for code that has no room.
                tryOut(Backend.INTERPRETER, small, trial);
            }
            if (backend != Backend.INTERPRETER && !config.alwaysChecked()) {
                // What an instance becomes when its maps are used up.
                tryOut(backend, small.withAlwaysChecked(true), trial);
            }
            return selected(backend, config, engine);
        } catch (Throwable e) {
            engine.close();
            throw e;
        }
    }

    private static Selected selected(Backend backend, EngineConfig config, AccountingEngine engine) {
        return new Selected(backend, config, engine,
                backend == Backend.INTERPRETER ? Optional.empty() : Optional.of(NativeLibrary.load()));
    }

    private static void tryOut(Backend backend, EngineConfig small, Consumer<Selected> trial) {
        trial.accept(selected(backend, small, alone(compiler(backend, small), small)));
    }

    /** An engine of which nothing else takes the place when it fails. */
    private static AccountingEngine alone(BackendEngine compiler, EngineConfig config) {
        try {
            return new AccountingEngine(CodeEstimate.of(config), Budget.of(config, 0), null, cached(compiler, config));
        } catch (Throwable e) {
            compiler.close();
            throw e;
        }
    }

    /** What the backend is about, without anything that takes its place when it fails. */
    private static BackendEngine compiler(Backend backend, EngineConfig config) {
        return switch (backend) {
            case JIT -> NativeEngine.create(config);
            case INTERPRETER -> new InterpreterEngine(config);
            case CROSSCHECK -> crosscheck(config);
        };
    }

    private static BackendEngine crosscheck(EngineConfig config) {
        var oracle = new InterpreterEngine(config); // First: it has nothing to lose.
        return new CrosscheckEngine(Rules.of(config.rules()), NativeEngine.create(config), oracle);
    }

    private static AccountingEngine engine(Backend backend, EngineConfig config) {
        var compiler = compiler(backend, config);
        if (backend == Backend.INTERPRETER) {
            return alone(compiler, config);
        }
        try {
            var budget = Budget.of(config, compiler.statistics().codeBytesLimit());
            // Not cached: what has no room for its code is decoded where it runs, in little time.
            var interpreter = new InterpreterEngine(config);
            return new AccountingEngine(CodeEstimate.of(config), budget, cached(compiler, config), interpreter);
        } catch (Throwable e) {
            compiler.close();
            throw e;
        }
    }

    private static BackendEngine cached(BackendEngine engine, EngineConfig config) {
        long capacity = Math.min(config.moduleCacheBytes(), Runtime.getRuntime().maxMemory() / CACHE_PART);
        int entries = config.moduleCacheEntries() != 0 ? config.moduleCacheEntries() : CACHE_ENTRIES;
        return capacity == 0 ? engine : new CachingEngine(engine, CodeEstimate.of(config), capacity, entries);
    }
}
