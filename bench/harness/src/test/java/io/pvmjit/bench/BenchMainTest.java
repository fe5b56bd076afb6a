package io.pvmjit.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Phase;
import io.pvmjit.testing.Toolchains;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole sessions, in JVMs of their own: that of the tests has assertions and is refused. */
class BenchMainTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final List<String> FLAGS =
            List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC");
    private static final long MINUTES = 4;

    @TempDir
    private Path folder;

    private Path bench;

    /** A folder as bench is, with workloads of its own. */
    @BeforeEach
    void create() throws IOException {
        bench = Files.createDirectory(folder.resolve("bench"));
        copy("toolchain/guest");
        copy("toolchain/src/main/java/io/pvmjit/link");
        var workloads = Files.createDirectory(bench.resolve("workloads"));
        for (var name : List.of("workload.h", "workload_guest.c")) {
            Files.copy(Path.of("../workloads", name), workloads.resolve(name));
        }
        write("sum", """
                #include "workload.h"
                uint64_t run(uint64_t parameter) {
                    uint64_t sum = 0;
                    for (uint64_t i = 1; i <= parameter; i++) {
                        sum = mix(sum, i);
                    }
                    return sum;
                }
                """);
        write("wrong", """
                #include "workload.h"
                uint64_t run(uint64_t parameter) {
                #ifdef __PVM__
                    return parameter;
                #else
                    return parameter + 1;
                #endif
                }
                """);
        write("broken", "#include \"workload.h\"\nuint64_t run(uint64_t parameter) { return gone; }\n");
        Files.writeString(workloads.resolve("workloads.json"),
                "[" + row("sum") + "," + row("wrong") + "," + row("broken") + "]");
    }

    private static String row(String name) {
        return """
                {"name": "%1$s", "description": "%1$s", "sources": ["%1$s.c"], "flags": [], "parameter": 1000,
                 "small": 100, "targets": ["pvm", "native", "wasm"], "stack": 4096}""".formatted(name);
    }

    private void write(String name, String source) throws IOException {
        Files.writeString(bench.resolve("workloads/" + name + ".c"), source);
    }

    private void copy(String name) throws IOException {
        var from = Path.of("..");
        try (var files = Files.walk(from.resolve(name))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var to = bench.resolve(from.relativize(file));
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
            }
        }
    }

    private record Result(int exitCode, String output, String errors) {}

    private Result bench(List<String> flags, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of("-Djmh.ignoreLock=true", "-Dpvmjit.bench.folder=" + folder.relativize(bench), "-cp",
                System.getProperty("java.class.path"), BenchMain.class.getName()));
        command.addAll(List.of(arguments));
        var output = folder.resolve("output");
        var errors = folder.resolve("errors");
        var process = new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(output.toFile())
                .redirectError(errors.toFile()).start();
        process.getOutputStream().close();
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly().waitFor();
        }
        return new Result(process.exitValue(), Files.readString(output), Files.readString(errors));
    }

    @Test
    void aSessionOfAllPeersLeavesAReport() throws Exception {
        Toolchains.require("gcc", "riscv64-unknown-elf-gcc", "clang", "wasm-ld", "node");
        var report = folder.resolve("report");
        var result = bench(FLAGS, "--profile", "smoke", "--workloads", "sum", "--output", report.toString());
        assertEquals(0, result.exitCode(), result::errors);
        assertEquals("report: " + report.resolve("report.html") + "\n", result.output());
        assertEquals(measurements(), names(MAPPER.readTree(report.resolve("jmh.json").toFile())));
        var node = MAPPER.readTree(report.resolve("node.json").toFile());
        assertEquals("sum", node.path(0).path("workload").asText());
        assertEquals(4, node.path(0).path("answer").path("samples").size());
        var environment = MAPPER.readTree(report.resolve("environment.json").toFile());
        assertTrue(environment.path("libraryBuild").asText().contains("-O3"));
        assertEquals("sum", MAPPER.readTree(report.resolve("compile.json").toFile()).at("/typical/0/name").asText());
        assertEquals(6, MAPPER.readTree(report.resolve("scaling.json").toFile()).size());
        assertEquals(2, MAPPER.readTree(report.resolve("machines.json").toFile()).size());
        var tails = MAPPER.readTree(report.resolve("tail.json").toFile());
        assertEquals(List.of("G1", "ZGC"), tails.findValuesAsText("collector"));
        assertEquals(List.of("200", "200"), tails.findValuesAsText("runs"));
        var text = Files.readString(report.resolve("report.md"));
        // Native code at the begin, after the one round, at the end.
        var quiet = MAPPER.readTree(report.resolve("quiet.json").toFile());
        assertEquals(3, quiet.path("drifts").path(0).path("nanoseconds").size());
        assertEquals(quiet.path("quiet").asBoolean(), !text.contains("**The machine was not quiet: "));
        var counts = MAPPER.readTree(report.resolve("counts.json").toFile());
        assertEquals(counts.path("refusal").asText().isEmpty() ? 3 : 0, counts.path("counts").size());
        assertTrue(text.contains("\n## Inner machines made and invoked\n"), text);
        assertFalse(text.contains("–"), () -> "something was not measured:\n" + text);
        assertTrue(Files.readString(report.resolve("report.html")).contains("\"id\":\"run-ratio\""));
        try (var files = Files.list(report)) {
            for (var file : files.toList()) {
                var told = Files.readString(file);
                int at = told.indexOf(bench.toString());
                assertEquals(-1, at,
                        () -> file + " says where the project is: " + told.substring(Math.max(0, at - 200), at));
            }
        }
    }

    /** Every phase of every peer of this JVM, once. */
    private static List<String> measurements() {
        var expected = new ArrayList<String>();
        for (var peer : Peer.values()) {
            if (peer.inProcess()) {
                peer.phases().stream().map(Phase::method).forEach(phase -> expected.add(peer.label() + " " + phase));
            }
        }
        return expected.stream().sorted().toList();
    }

    private static List<String> names(JsonNode results) {
        var names = new ArrayList<String>();
        results.forEach(result -> names.add(result.path("params").path("peer").asText() + " "
                + result.path("benchmark").asText().replaceAll(".*\\.", "")));
        return names.stream().sorted().toList();
    }

    @Test
    void whatIsBuiltStays() throws Exception {
        Toolchains.require("gcc");
        var first = bench(FLAGS, "--profile", "smoke", "--workloads", "sum", "--peers", "native", "--no-scaling");
        assertTrue(first.errors().contains("building sum (native)"), first::errors);
        var second = bench(FLAGS, "--profile", "smoke", "--workloads", "sum", "--peers", "native", "--no-scaling");
        assertFalse(second.errors().contains("building"), second::errors);
        // A report of the same day gets a folder of its own.
        try (var reports = Files.list(bench.resolve("results"))) {
            assertEquals(2, reports.count());
        }
    }

    @Test
    void aWrongResultStopsTheSession() throws Exception {
        Toolchains.require("gcc", "riscv64-unknown-elf-gcc");
        var report = folder.resolve("report");
        var result = bench(FLAGS, "--profile", "smoke", "--workloads", "sum,wrong", "--peers", "native,jit",
                "--no-scaling", "--output", report.toString());
        assertEquals(1, result.exitCode(), result::errors);
        assertEquals("bench: workload wrong: jit returned 0x64, native 0x65", result.errors().lines().toList().getLast());
        assertFalse(Files.exists(report.resolve("report.md")));
    }

    @Test
    void aSourceThatDoesNotCompileIsOneLine() throws Exception {
        Toolchains.require("gcc");
        var result = bench(FLAGS, "--workloads", "broken", "--peers", "native");
        assertEquals(2, result.exitCode(), result::errors);
        var line = result.errors().lines().toList().getLast();
        assertTrue(line.startsWith("bench: cannot build broken (native): gcc failed (1): ") && line.contains("gone"),
                line);
    }

    @Test
    void aDebuggingJvmIsRefused() throws Exception {
        for (var flag : List.of("-ea", "-Xint", "-XX:TieredStopAtLevel=1")) {
            var flags = new ArrayList<>(FLAGS);
            flags.add(flag);
            var result = bench(flags, "--workloads", "sum", "--peers", "native");
            assertEquals(2, result.exitCode(), flag);
            assertTrue(result.errors().startsWith("bench: this JVM does not run at full speed ("), result::errors);
            assertEquals(1, result.errors().lines().count());
        }
    }

    @Test
    void theListNamesEveryWorkload() throws Exception {
        var result = bench(FLAGS, "--list");
        assertEquals(0, result.exitCode(), result::errors);
        assertEquals(List.of("sum", "wrong", "broken"),
                result.output().lines().map(line -> line.split(" ")[0]).toList());
    }

    @Test
    void badArgumentsAreOneLine() throws Exception {
        for (var arguments : List.of("--profile fast", "--workloads none", "--peers wasm", "--what")) {
            var result = bench(FLAGS, arguments.split(" "));
            assertEquals(2, result.exitCode(), arguments);
            assertEquals(1, result.errors().lines().count(), result::errors);
        }
    }
}
