package io.pvmjit.cli;

import io.pvmjit.input.InputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Writes what commands make. Whatever is wrong is an {@link InputException}. */
final class OutputFile {
    private OutputFile() {}

    static void write(Path output, byte[] octets) {
        try (var stream = stream(output)) {
            stream.write(octets);
        } catch (IOException e) {
            throw new InputException(output + " cannot be written: " + e.getMessage());
        }
    }

    /** A new file, or one that is overwritten. */
    static OutputStream stream(Path output) {
        if (Files.isDirectory(output)) {
            throw new InputException(output + " is a directory, not a file");
        }
        try {
            return Files.newOutputStream(output);
        } catch (NoSuchFileException _) {
            throw new InputException(output + ": its directory does not exist");
        } catch (AccessDeniedException _) {
            throw new InputException(output + ": no permission to write it");
        } catch (IOException e) {
            throw new InputException(output + " cannot be written: " + e.getMessage());
        }
    }
}
