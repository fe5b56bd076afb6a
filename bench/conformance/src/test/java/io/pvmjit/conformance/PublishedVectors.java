package io.pvmjit.conformance;

import io.pvmjit.testing.VectorFolder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** The files in {@link VectorFolder}, and how many cases they must have. */
final class PublishedVectors {
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

    /** The files of a kind; ends the test when there are none. */
    static List<VectorFile> files(VectorKind kind) {
        var folder = VectorFolder.folder().resolve(kind.folder());
        Assumptions.assumeTrue(Files.isDirectory(folder), () -> folder + " is not there");
        return VectorFiles.find(List.of(folder)).files();
    }

    /** How many cases a kind must have: what the published set has, at least one in another. */
    static int atLeast(VectorKind kind) throws IOException {
        return isPublishedSet() ? CASES.getOrDefault(kind, 1) : 1;
    }

    /** Whether the folder is the set that was published with revision 0.8.0. */
    static boolean isPublishedSet() throws IOException {
        var manifest = VectorFolder.folder().resolve("manifest.json");
        return Files.isRegularFile(manifest)
                && Ram.digest(MemorySegment.ofArray(Files.readAllBytes(manifest)))
                        .equals(MANIFEST_SHA256);
    }
}
