package io.pvmjit.testing;

import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * The conformance vectors, which are no part of the repository: in the folder that PVM_VECTORS names, else in
 * {@code ../shared/vectors} beside the repository. Tests that need them are skipped without, and fail under CI=true.
 */
public final class VectorFolder {
    private VectorFolder() {}

    /** The folder of vectors; ends the test when there is none. */
    public static Path folder() {
        return existing(configured());
    }

    /** The folder of the vectors of revision {@code next}, beside the others; ends the test when there is none. */
    public static Path nextFolder() {
        return existing(configured().resolveSibling("vectors-next"));
    }

    private static Path existing(Path folder) {
        if (Files.isDirectory(folder)) {
            return folder;
        }
        var message = "NO CONFORMANCE VECTORS: " + folder + " is not a folder. Set PVM_VECTORS.";
        if ("true".equals(System.getenv("CI"))) {
            return fail(message);
        }
        System.err.println(message);
        Assumptions.abort(message);
        throw new AssertionError("the line before does not return");
    }

    private static Path configured() {
        var variable = System.getenv("PVM_VECTORS");
        if (variable != null && !variable.isBlank()) {
            return Path.of(variable);
        }
        // Tests run in the folder of their module, or in that of the repository.
        var folder = Path.of("").toAbsolutePath();
        while (folder.getParent() != null && !Files.isDirectory(folder.resolve("jit-native"))) {
            folder = folder.getParent();
        }
        return folder.resolveSibling("shared").resolve("vectors");
    }
}
