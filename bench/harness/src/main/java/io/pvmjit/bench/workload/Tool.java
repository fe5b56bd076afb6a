package io.pvmjit.bench.workload;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs of this machine, such as compilers. */
public final class Tool {
    private static final long MINUTES = 10;

    private Tool() {}

    /**
     * Runs a command to its end.
     *
     * @return what it printed on standard output
     * @throws SetupException of one line when it is not installed, fails or does not end
     */
    public static String run(Path folder, List<String> command) {
        return run(folder, command, "");
    }

    /** As {@link #run(Path, List)}, with this on standard input. */
    public static String run(Path folder, List<String> command, String input) {
        var name = Path.of(command.getFirst()).getFileName().toString();
        try {
            var process = new ProcessBuilder(command).directory(folder.toFile()).start();
            var errors = new StringBuilder();
            var reader = Thread.ofVirtual().start(() -> process.errorReader(StandardCharsets.UTF_8).lines()
                    .forEach(line -> errors.append(line).append('\n')));
            var killer = Thread.ofVirtual().start(() -> endLate(process));
            try (var out = process.getOutputStream()) {
                out.write(input.getBytes(StandardCharsets.UTF_8));
            }
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            reader.join();
            killer.interrupt();
            if (status != 0) {
                throw new SetupException(name + " failed (" + status + "): " + reason(errors + output));
            }
            return output;
        } catch (IOException e) {
            throw new SetupException("cannot run " + name + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SetupException("interrupted while " + name + " ran");
        }
    }

    private static void endLate(Process process) {
        try {
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            // The process ended by itself.
        }
    }

    /** The line of a compiler's output that says what is wrong: the first with an error, else the last. */
    static String reason(String output) {
        var lines = output.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        return lines.stream().filter(line -> line.contains("rror")).findFirst()
                .orElse(lines.isEmpty() ? "it printed nothing" : lines.getLast());
    }
}
