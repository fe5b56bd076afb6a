package io.pvmjit;

import io.pvmjit.internal.lifetime.OwnStack;
import java.util.function.Function;

/**
 * Makes engines, by a class that is found by its name, so that the API depends on nothing that is made of it. A search for
 * services would open every jar of the class path, and so take heap without a bound where the first engine is made.
 */
final class EngineFactory {
    private static final String IMPLEMENTATION = "io.pvmjit.internal.front.Engines";
    /** More of the heap than making the first engine takes. */
    private static final int INITIALISATION_KIBIBYTES = 8192;

    /** Whether an engine has been made: all classes that it needs are initialised. */
    private static volatile boolean initialised;

    private EngineFactory() {}

    /**
     * As {@link Engine#create(EngineConfig)}.
     *
     * <p>It happens on a stack of its own: the first time it initialises all that running and closing needs, and a class
     * whose initialisation meets the end of a stack cannot be used ever after.
     */
    static Engine create(EngineConfig config) {
        if (!initialised) {
            requireHeap();
        }
        var engine = OwnStack.call(() -> implementation().apply(config));
        initialised = true;
        return engine;
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

    @SuppressWarnings("unchecked") // The one class that has the name.
    private static Function<EngineConfig, Engine> implementation() {
        try {
            return (Function<EngineConfig, Engine>) Class.forName(IMPLEMENTATION).getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new AssertionError("the library was packed without " + IMPLEMENTATION, e);
        }
    }
}
