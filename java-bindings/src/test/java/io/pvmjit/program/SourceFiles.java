package io.pvmjit.program;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the files outside of this module that tests hold Java against. */
public final class SourceFiles {
    private static final Logger LOG = LoggerFactory.getLogger(SourceFiles.class);

    private SourceFiles() {}

    /** The folder of the whole project. */
    static Path repository() {
        var folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("jit-native/include/pvmjit.h"))) {
            folder = folder.getParent();
        }
        assertNotNull(folder, "tests run somewhere below the project's folder");
        return folder;
    }

    /**
     * A file of the specification notes, which are no part of the project: below PVM_SPEC, else beside the vectors.
     * When it is not there the calling test is skipped, or fails under CI=true.
     */
    static Path specification(String name) {
        var vectors = variable("PVM_VECTORS", repository().resolve("../shared/vectors"));
        var file = variable("PVM_SPEC", vectors.resolveSibling("spec")).resolve(name).normalize();
        if (!Files.exists(file)) {
            var message = "NOT TESTED against the specification: " + file + " is missing; set PVM_SPEC to its folder";
            LOG.warn(message);
            return "true".equals(System.getenv("CI")) ? fail(message) : abort(message);
        }
        return file;
    }

    private static Path variable(String name, Path otherwise) {
        var value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : Path.of(value);
    }

    /** The rows of a table of the C library that begin with a macro, without blanks, a line each. */
    public static String rows(String table, String macro) {
        return lines(repository().resolve("jit-native/src/isa").resolve(table)).stream()
                .filter(line -> line.startsWith(macro + "("))
                .map(line -> line.replaceAll("\\s+", ""))
                .collect(Collectors.joining("\n"));
    }

    static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
