package io.pvmjit.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a main class in a JVM of its own: the one these tests run in, with their class path and the flags given. */
public final class ChildJvm {
    /** What every JVM that embeds the JIT needs. */
    public static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

    /** Far longer than any child takes: a child that hangs fails its test instead of the build. */
    private static final long MINUTES = 4;

    private ChildJvm() {}

    /**
     * How a child ended.
     *
     * @param exitCode 128 and the number of the signal where one ended it
     * @param output of both streams, in order
     */
    public record Result(int exitCode, String output) {
        /** The lines of the output that begin so, without that beginning. */
        public List<String> linesAfter(String beginning) {
            return output.lines()
                    .filter(line -> line.startsWith(beginning))
                    .map(line -> line.substring(beginning.length()))
                    .toList();
        }

        /** This result, when the child ended by itself and without complaint. */
        public Result requireSuccess() {
            if (exitCode != 0) {
                throw new AssertionError("exit code " + exitCode + " of the child:\n" + output);
            }
            return this;
        }
    }

    /** Runs {@code main} to its end. */
    public static Result run(Class<?> main, List<String> flags, String... arguments)
            throws IOException, InterruptedException {
        return run(Map.of(), main, flags, arguments);
    }

    /** Runs {@code main} to its end, with these variables in its environment beside those there are. */
    public static Result run(Map<String, String> environment, Class<?> main, List<String> flags, String... arguments)
            throws IOException, InterruptedException {
        var child = start(environment, main, flags, arguments);
        try {
            return child.await();
        } finally {
            child.process.destroyForcibly();
        }
    }

    /** Starts {@code main}; its output goes to a file, so that it never waits for a reader. */
    public static Child start(Class<?> main, List<String> flags, String... arguments) throws IOException {
        return start(Map.of(), main, flags, arguments);
    }

    private static Child start(Map<String, String> environment, Class<?> main, List<String> flags, String... arguments)
            throws IOException {
        // A child that is to crash leaves no core file: HotSpot's own switch for that would change its exit code.
        var command = new ArrayList<>(List.of("sh", "-c", "ulimit -c 0; exec \"$0\" \"$@\""));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        var output = Files.createTempFile("pvmjit-child-", ".txt");
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        var process = builder.start();
        return new Child(process, output);
    }

    /** A child that runs. */
    public record Child(Process process, Path output) {
        /** What it has written so far. */
        public String read() throws IOException {
            return Files.readString(output);
        }

        /** Waits until it has written this. */
        public void awaitOutput(String text) throws IOException, InterruptedException {
            long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
            while (!read().contains(text)) {
                if (!process.isAlive() || System.nanoTime() > end) {
                    process.destroyForcibly();
                    throw new AssertionError("the child never wrote '" + text + "':\n" + read());
                }
                Thread.sleep(10);
            }
        }

        /** Waits for its end. */
        public Result await() throws IOException, InterruptedException {
            boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            var text = read();
            Files.delete(output);
            if (!ended) {
                throw new AssertionError("the child did not end:\n" + text);
            }
            return new Result(process.exitValue(), text);
        }
    }
}
