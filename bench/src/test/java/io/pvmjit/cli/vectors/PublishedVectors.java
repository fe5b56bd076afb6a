package io.pvmjit.cli.vectors;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/**
 * The conformance vectors, which are no part of the repository: in the folder that PVM_VECTORS names, else in
 * {@code ../shared/vectors} beside the repository. Tests that need them are skipped without, and fail under CI=true.
 */
public final class PublishedVectors {
    /** Cases of each kind in the set that was published with revision 0.8.0. */
    private static final Map<VectorKind, Integer> CASES = Map.of(
            VectorKind.PROGRAMS, 273,
            VectorKind.KOUTE, 127,
            VectorKind.GAS, 25,
            VectorKind.FUZZ, 646,
            VectorKind.DEBLOB, 606,
            VectorKind.TRACES, 33,
            VectorKind.RUNS, 92,
            VectorKind.SPI, 74);
    /** The list of that set's files. */
    private static final String MANIFEST_SHA256 = "d9c36c69c87e928adf1c42ae1f0b37714bb24d06e50f8fcabc94f23e3e252245";

    private PublishedVectors() {}

    /** The folder of vectors; ends the test when there is none. */
    public static Path folder() {
        return existing(configured());
    }

    /** The folder of the vectors of revision {@code next}, beside the others; ends the test when there is none. */
    static Path nextFolder() {
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

    /** The files of a kind; ends the test when there are none. */
    static List<VectorFile> files(VectorKind kind) {
        var folder = folder().resolve(kind.folder());
        Assumptions.assumeTrue(Files.isDirectory(folder), () -> folder + " is not there");
        return VectorFiles.find(List.of(folder)).files();
    }

    /** How many cases a kind must have: what the published set has, at least one in another. */
    static int atLeast(VectorKind kind) throws IOException {
        return isPublishedSet() ? CASES.getOrDefault(kind, 1) : 1;
    }

    /** Whether the folder is the set that was published with revision 0.8.0. */
    static boolean isPublishedSet() throws IOException {
        var manifest = folder().resolve("manifest.json");
        return Files.isRegularFile(manifest)
                && Ram.digest(MemorySegment.ofArray(Files.readAllBytes(manifest)))
                        .equals(MANIFEST_SHA256);
    }
}
