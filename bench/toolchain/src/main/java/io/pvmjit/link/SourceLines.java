package io.pvmjit.link;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Finds the line of source that an instruction was compiled from, by asking addr2line (GNU binutils). */
final class SourceLines {
    private SourceLines() {}

    /** {@code file.c:12}; where that is not known, the section and the offset. */
    static String of(ElfObject object, Section section, long place) {
        long offset = section.padding.original(place);
        var fallback = "%s:%s+0x%x".formatted(object.path().getFileName(), section.name, offset);
        try {
            var command = new ProcessBuilder(GuestCompiler.PREFIX + "addr2line", "--exe=" + object.path(),
                    "--section=" + section.name, "0x" + Long.toHexString(offset));
            if (object.linked()) {
                command.command().remove(2);
                command.command().set(2, "0x" + Long.toHexString(object.address(section) + offset));
            }
            var process = command.redirectError(ProcessBuilder.Redirect.DISCARD).start();
            process.getOutputStream().close();
            var line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0 || line.startsWith("??")
                    || line.isEmpty()) {
                return fallback;
            }
            // What discriminates between blocks of one line says nothing to a reader.
            line = line.replaceFirst(" \\(discriminator \\d+\\)$", "");
            return line.endsWith(":?") || line.endsWith(":0") ? fallback : line;
        } catch (IOException _) {
            return fallback;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return fallback;
        }
    }
}
