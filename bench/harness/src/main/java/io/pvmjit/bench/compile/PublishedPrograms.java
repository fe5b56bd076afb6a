package io.pvmjit.bench.compile;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.pvmjit.bench.workload.SetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** Programs that others compiled: those of the conformance vectors for gas, where the vectors are there. */
public final class PublishedPrograms {
    private static final String PROGRAM = "program-hex";

    private PublishedPrograms() {}

    /**
     * The folder of vectors, as for the tests: {@code PVM_VECTORS}, or {@code ../shared/vectors} beside the repository.
     *
     * @param repository the folder of the repository
     */
    public static Path folder(Path repository) {
        var variable = System.getenv("PVM_VECTORS");
        return variable == null || variable.isBlank()
                ? repository.resolveSibling("shared").resolve("vectors")
                : Path.of(variable);
    }

    /** The program blobs of a folder of vectors, by name; none where there is no such folder. */
    public static Map<String, byte[]> of(Path vectors) {
        Map<String, byte[]> programs = new LinkedHashMap<>();
        var folder = vectors.resolve("gas");
        if (!Files.isDirectory(folder)) {
            return programs;
        }
        try (var files = Files.list(folder)) {
            for (var file : files.filter(file -> file.toString().endsWith(".json")).sorted().toList()) {
                var program = new ObjectMapper().readTree(file.toFile()).path(PROGRAM);
                if (program.isTextual()) {
                    var name = file.getFileName().toString();
                    programs.put(name.substring(0, name.lastIndexOf('.')), HexFormat.of().parseHex(program.asText()));
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new SetupException("cannot read the vectors in " + folder + ": " + e.getMessage());
        }
        return programs;
    }
}
