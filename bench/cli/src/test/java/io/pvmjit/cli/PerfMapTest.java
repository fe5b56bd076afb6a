package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.asm.Assembler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code -Dpvmjit.perfmap=true}: perf finds the guest's blocks by name. */
class PerfMapTest {
    @TempDir
    Path folder;

    /** Runs a loop in a JVM of its own, the number of whose process it leaves in a file. */
    private Process spin(List<String> before, String gas) throws IOException, InterruptedException {
        var spin = Files.write(folder.resolve("spin"), Assembler.assemble("loop: add_imm_64 a0, a0, 1\njump loop\n"));
        var command = new ArrayList<>(before);
        command.addAll(List.of("sh", "-c", "echo $$ > '" + folder.resolve("pid") + "'; exec \"$0\" \"$@\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-Dpvmjit.perfmap=true",
                "-cp", System.getProperty("java.class.path"), Main.class.getName(), "run",
                "--raw", spin.toString(), "--backend", "jit", "--gas", gas));
        var process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile()).start();
        process.waitFor();
        return process;
    }

    private Path map() throws IOException {
        return Path.of("/tmp/perf-" + Files.readString(folder.resolve("pid")).strip() + ".map");
    }

    @AfterEach
    void deleteMap() throws IOException {
        if (Files.exists(folder.resolve("pid"))) {
            Files.deleteIfExists(map());
        }
    }

    @Test
    void eachBlockHasALine() throws Exception {
        assertEquals(0, spin(List.of(), "1000").exitValue(), Files.readString(folder.resolve("output")));
        var lines = Files.readString(map());
        assertTrue(lines.lines().anyMatch(line -> line.matches("[0-9a-f]+ [0-9a-f]+ pvm_[0-9]+_(fast|exact)_block_0")),
                lines);
    }

    /** The loop's one block is among what takes time. */
    @Test
    void perfNamesTheBlock() throws Exception {
        Assumptions.assumeTrue(List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(path -> Files.isExecutable(Path.of(path, "perf"))), "perf is not installed");
        var data = folder.resolve("perf.data").toString();
        var recorded = spin(List.of("perf", "record", "-q", "-e", "cpu-clock", "-F", "999", "-o", data, "--"), "2000000000");
        Assumptions.assumeTrue(recorded.exitValue() == 0, "perf may not record here");
        var report = new ProcessBuilder("perf", "report", "-i", data, "--stdio", "--sort", "symbol")
                .redirectErrorStream(true).start();
        var text = new String(report.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, report.waitFor(), text);
        assertTrue(text.lines().anyMatch(line -> line.matches(".*pvm_[0-9]+_(fast|exact)_block_0.*")), text);
    }
}
