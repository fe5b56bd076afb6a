package io.pvmjit.cli;

import io.pvmjit.input.InputException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Writes what commands make. Whatever is wrong is an {@link InputException}. */
final class OutputFile {
    private OutputFile() {}

    static void write(Path output, byte[] octets) {
        if (Files.isDirectory(output)) {
            throw new InputException(output + " is a directory, not a file");
        }
        try {
            Files.write(output, octets);
        } catch (NoSuchFileException _) {
            throw new InputException(output + ": its directory does not exist");
        } catch (AccessDeniedException _) {
            throw new InputException(output + ": no permission to write it");
        } catch (IOException e) {
            throw new InputException(output + " cannot be written: " + e.getMessage());
        }
    }
}
