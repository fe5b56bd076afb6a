package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Instance;
import io.pvmjit.asm.Assembler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The mistakes of troubleshooting.md, each made, and what is said compared with what the document says. */
class MistakesTest extends CommandFixture {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final String HERE = "MistakesTest";

    /** A row of the document. */
    record Row(String mistake, String said, String test) {
        @Override
        public String toString() {
            return mistake;
        }
    }

    static List<Row> rows() throws IOException {
        return Files.readAllLines(ROOT.resolve("java-bindings/docs/troubleshooting.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| mistake "))
                .map(line -> line.split(" *\\| *"))
                .map(cells -> new Row(cells[1], cells[2], cells[4]))
                .toList();
    }

    static Stream<Row> rowsMadeHere() throws IOException {
        return rows().stream().filter(row -> row.test.equals(HERE));
    }

    private final Map<String, Callable<String>> mistakes = Map.ofEntries(
            Map.entry("no native access", () -> jvm("", List.of("--illegal-native-access=deny"), "run", "--raw", "trap.bin",
                    "--backend", "jit")),
            Map.entry("a temporary folder that is not there or full", () -> jvm("",
                    List.of("--enable-native-access=ALL-UNNAMED", "-Dpvmjit.tmpdir=/no/such"), "run", "--raw", "trap.bin",
                    "--backend", "jit")),
            Map.entry("`ulimit -v`", () -> jvm("ulimit -v 3000000;", List.of("--enable-native-access=ALL-UNNAMED"), "run",
                    "--raw", "trap.bin", "--backend", "jit")),
            Map.entry("a backend that there is not", () -> pvm("run", "double.spi", "--backend", "quick")),
            Map.entry("a revision that there is not", () -> pvm("run", "double.spi", "--revision", "0.9")),
            Map.entry("the wrong revision", () -> pvm("demo", "--revision", "0.8.0")),
            Map.entry("no such file", () -> pvm("run", "nothing.pvm")),
            Map.entry("an empty file", () -> pvm("run", "empty")),
            Map.entry("a truncated file", () -> pvm("run", "truncated.spi")),
            Map.entry("assembly text where a blob is wanted", () -> pvm("disasm", "noise")),
            Map.entry("a blob where assembly text is wanted", () -> pvm("asm", "double.spi", "-o", "out")),
            Map.entry("an object file where a program is wanted", () -> pvm("run", "object.o")),
            Map.entry("C where a program is wanted", () -> pvm("run", "source.c")),
            Map.entry("JSON where a program is wanted", () -> pvm("run", "bad.json")),
            Map.entry("a bare program where a JAM blob is wanted", () -> pvm("run", "trap.bin")),
            Map.entry("a mistake in assembly", () -> pvm("asm", "mistake.pvmasm", "-o", "out")),
            Map.entry("no compiler for C guests", () -> jvm("PVM_RISCV_PREFIX=no-such-; export PVM_RISCV_PREFIX;", List.of(),
                    "cc", "source.c", "-o", "out")),
            Map.entry("arguments that are not hexadecimal", () -> pvm("run", "double.spi", "--args", "xy")),
            Map.entry("no vectors below a folder", () -> pvm("vectors", "nothing")),
            Map.entry("a heap too small for the input", () -> jvm("", List.of("-Xmx24m"), "disasm", "huge")),
            Map.entry("an account, module or instance of an engine that is closed", MistakesTest::afterClose),
            Map.entry("two threads in one instance", MistakesTest::twoThreads));

    @ParameterizedTest
    @MethodSource("rowsMadeHere")
    void isAnsweredAsTheDocumentSays(Row row) throws Exception {
        write("huge", new byte[40 << 20]);
        var mistake = mistakes.get(row.mistake);
        assertNotNull(mistake, "this test makes it");
        var said = mistake.call();
        var message = Pattern.compile("`([^`]+)`").matcher(row.said);
        assertTrue(message.find(), "the document says what is said");
        // FILE:LINE:COLUMN and the like stand for numbers, as dots do.
        var parts = message.group(1).replaceAll("FILE:LINE:COLUMN", "...").split("\\.\\.\\.");
        int from = 0;
        for (var part : parts) {
            int at = said.indexOf(part, from);
            assertTrue(at >= 0, () -> "'" + part + "' is not in: " + said);
            from = at + part.length();
        }
    }

    @Test
    void theDocumentHasThirtyAndTheirTests() throws IOException {
        assertTrue(rows().size() >= 30, "thirty mistakes");
        assertEquals(mistakes.keySet(), rowsMadeHere().map(Row::mistake).collect(Collectors.toSet()));
        var sources = new ArrayList<String>();
        for (var module : List.of("java-bindings", "bench/cli")) {
            try (var files = Files.walk(ROOT.resolve(module).resolve("src/test"))) {
                files.forEach(file -> sources.add(file.getFileName().toString()));
            }
        }
        for (var row : rows()) {
            assertTrue(row.test.equals("-") || sources.contains(row.test + ".java"), () -> "no test " + row.test);
        }
    }

    private String inFolder(String argument) {
        return Files.exists(folder.resolve(argument)) || argument.equals("out") ? folder.resolve(argument).toString()
                : argument;
    }

    private String pvm(String... arguments) {
        var result = Pvm.pvm(Stream.of(arguments).map(this::inFolder).toArray());
        assertEquals(ExitCodes.BAD_INPUT, result.exitCode(), result.out() + result.err());
        return result.err();
    }

    /** In a JVM of its own. */
    private String jvm(String before, List<String> options, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("sh", "-c", before + " exec \"$0\" \"$@\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        if (options.stream().noneMatch(option -> option.startsWith("-Xmx"))) {
            command.add("-Xmx256m");
        }
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        Stream.of(arguments).map(this::inFolder).forEach(command::add);
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(ExitCodes.BAD_INPUT, process.waitFor(), output);
        return output;
    }

    private static String afterClose() {
        var engine = Engine.create();
        engine.close();
        return assertThrows(IllegalStateException.class, () -> engine.compile(new byte[] {0, 0, 1, 0, 1})).getMessage();
    }

    private static void runWhenFree(Instance instance) {
        while (true) {
            try {
                instance.run();
                return;
            } catch (IllegalStateException _) {
                Thread.onSpinWait(); // The other one was inside.
            }
        }
    }

    private static String twoThreads() throws InterruptedException {
        try (var engine = Engine.create(EngineConfig.defaults());
                var module = engine.compile(Assembler.assemble("loop: jump loop\n"));
                var instance = module.instantiate()) {
            instance.gas(Long.MAX_VALUE);
            var other = Thread.ofPlatform().start(() -> runWhenFree(instance));
            try {
                while (other.isAlive()) {
                    try {
                        instance.register(0);
                    } catch (IllegalStateException e) {
                        return e.getMessage();
                    }
                }
                throw new AssertionError("the run has ended");
            } finally {
                while (other.isAlive()) {
                    instance.interrupt();
                    other.join(10);
                }
            }
        }
    }
}
