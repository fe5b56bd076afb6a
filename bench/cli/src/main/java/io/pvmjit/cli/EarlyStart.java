package io.pvmjit.cli;

import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.PvmException;
import java.util.Arrays;
import java.util.Set;

/**
 * Loads the C library on a thread of its own while the arguments are parsed: either takes a third of what the command
 * takes. Only where the command will surely want it.
 */
final class EarlyStart {
    private static final Set<String> COMMANDS = Set.of("run", "refine", "demo");
    private static final Set<String> NO_LIBRARY = Set.of("-h", "--help", "-V", "--version", "interpreter",
            "--backend=interpreter");

    private EarlyStart() {}

    static boolean wanted(String... arguments) {
        return arguments.length > 0 && COMMANDS.contains(arguments[0])
                && Arrays.stream(arguments).noneMatch(NO_LIBRARY::contains)
                && System.getProperty("pvmjit.backend") == null;
    }

    static void begin(String... arguments) {
        if (wanted(arguments)) {
            Thread.ofPlatform().daemon().start(EarlyStart::load);
        }
    }

    private static void load() {
        try {
            Engine.create(EngineConfig.defaults()).close();
        } catch (PvmException | Error _) {
            // The command meets the same, and says so.
        }
    }
}
