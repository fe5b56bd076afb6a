package io.pvmjit.internal.backend;

import io.pvmjit.Backend;
import io.pvmjit.EngineConfig;
import io.pvmjit.LoadedLibrary;
import io.pvmjit.internal.lifetime.OwnStack;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Chooses the backend of an engine and makes it. There is one, which is found by its name, so that the API depends on no
 * backend and the backends can depend on the values of the API. A search for services would open every jar of the class
 * path, and so take heap without a bound where the first engine is made.
 */
public interface BackendSelection {
    /** The implementation. */
    String OWN = "io.pvmjit.internal.selection.Backends";

    /**
     * A backend and the engine made for it.
     *
     * @param config what was asked for, with a single mapping where two cannot be had
     * @param library the C library, where the backend needs it
     */
    record Selected(Backend backend, EngineConfig config, AccountedEngine engine, Optional<LoadedLibrary> library) {}

    /**
     * The configured backend; without one that of the system property; without that the JIT, or the interpreter where
     * the JIT cannot run.
     *
     * @param trial runs a program on an engine that it is given and closes it; throws a {@link io.pvmjit.PvmException}
     *     when that does not go as it should
     */
    Selected select(EngineConfig config, Consumer<Selected> trial);

    /**
     * {@link #select} by the one implementation.
     *
     * <p>It happens on a stack of its own: the first time it initialises all that running and closing needs, and a class
     * whose initialisation meets the end of a stack cannot be used ever after.
     */
    static Selected of(EngineConfig config, Consumer<Selected> trial) {
        return OwnStack.call(() -> own().select(config, trial));
    }

    private static BackendSelection own() {
        try {
            return (BackendSelection) Class.forName(OWN).getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new AssertionError("the library was packed without " + OWN, e);
        }
    }
}
