package io.pvmjit.internal;

import io.pvmjit.Backend;
import io.pvmjit.EngineConfig;
import io.pvmjit.NativeLoadException;
import io.pvmjit.interpreter.InterpreterEngine;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses and makes the backend of an engine. */
public final class Backends {
    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);
    private static final String PROPERTY = "pvmjit.backend";
    private static final AtomicBoolean FALL_BACK_LOGGED = new AtomicBoolean();

    private Backends() {}

    /** A backend and the engine made for it. */
    public record Selected(Backend backend, BackendEngine engine) {}

    /**
     * The configured backend; without one that of the system property; without that the JIT, or the interpreter where the
     * JIT cannot run.
     */
    public static Selected select(EngineConfig config) {
        var named = config.backend().map(Backend::label).orElse(System.getProperty(PROPERTY));
        if (named != null) {
            var backend = Backend.of(named);
            return new Selected(backend, make(backend, config));
        }
        try {
            return new Selected(Backend.JIT, make(Backend.JIT, config));
        } catch (NativeLoadException e) {
            if (FALL_BACK_LOGGED.compareAndSet(false, true)) {
                LOG.warn("programs run on the interpreter, the JIT cannot be used: {}", e.getMessage());
            }
            return new Selected(Backend.INTERPRETER, make(Backend.INTERPRETER, config));
        }
    }

    private static BackendEngine make(Backend backend, EngineConfig config) {
        BackendEngine engine = switch (backend) {
            case JIT -> NativeEngine.create(config);
            case INTERPRETER -> new InterpreterEngine(config);
            case CROSSCHECK -> new CrosscheckEngine(config.rules(), NativeEngine.create(config), new InterpreterEngine(config));
        };
        long capacity = config.moduleCacheBytes();
        return capacity == 0 ? engine : new CachingEngine(engine, capacity);
    }
}
