package io.pvmjit.internal.backend;

import io.pvmjit.Backend;
import io.pvmjit.EngineConfig;
import io.pvmjit.internal.lifetime.OwnStack;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/**
 * Chooses the backend of an engine and makes it. A service of this library for itself, so that the API depends on no
 * backend and the backends can depend on the values of the API.
 */
public interface BackendSelection {
    /**
     * A backend and the engine made for it.
     *
     * @param config what was asked for, with a single mapping where two cannot be had
     */
    record Selected(Backend backend, EngineConfig config, AccountedEngine engine) {}

    /**
     * The configured backend; without one that of the system property; without that the JIT, or the interpreter where
     * the JIT cannot run.
     *
     * @param trial runs a program on an engine that it is given and closes it; throws a {@link io.pvmjit.PvmException}
     *     when that does not go as it should
     */
    Selected select(EngineConfig config, Consumer<Selected> trial);

    /**
     * {@link #select} by the one implementation, which is this library's own whatever else is on the class path.
     *
     * <p>It happens on a stack of its own: the first time it initialises all that running and closing needs, and a class
     * whose initialisation meets the end of a stack cannot be used ever after.
     */
    static Selected of(EngineConfig config, Consumer<Selected> trial) {
        return OwnStack.call(() -> own().select(config, trial));
    }

    private static BackendSelection own() {
        return ServiceLoader.load(BackendSelection.class, BackendSelection.class.getClassLoader()).stream()
                .filter(provider -> provider.type().getModule() == BackendSelection.class.getModule())
                .findFirst()
                .orElseThrow(() -> new AssertionError("the library was packed without its META-INF/services/"
                        + BackendSelection.class.getName()))
                .get();
    }
}
