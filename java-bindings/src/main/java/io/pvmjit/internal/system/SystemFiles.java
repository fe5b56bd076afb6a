package io.pvmjit.internal.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what the system says of itself in files of few lines. */
public final class SystemFiles {
    private SystemFiles() {}

    /** The first line of a file; empty when there is none. */
    public static String firstLine(String file) {
        try (var lines = Files.newBufferedReader(Path.of(file))) {
            var line = lines.readLine();
            return line == null ? "" : line;
        } catch (IOException _) {
            return "";
        }
    }

    /** The number that a text is, or else another one. */
    public static long number(String text, long otherwise) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException _) {
            return otherwise;
        }
    }
}
