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
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code -Dpvmjit.perfmap=true}: perf finds the guest's blocks by name. */
class PerfMapTest {
    @TempDir
    Path folder;

    private String output(List<String> before, String gas) throws IOException, InterruptedException {
        var spin = Files.write(folder.resolve("spin"), Assembler.assemble("loop: add_imm_64 a0, a0, 1\njump loop\n"));
        var command = new ArrayList<>(before);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-Dpvmjit.perfmap=true",
                "-Djava.io.tmpdir=" + folder, "-cp", System.getProperty("java.class.path"), Main.class.getName(), "run",
                "--raw", spin.toString(), "--backend", "jit", "--gas", gas));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exitCode = process.waitFor();
        Assumptions.assumeTrue(before.isEmpty() || exitCode == 0, () -> "perf cannot record here: " + output);
        assertEquals(0, exitCode, output);
        var map = Path.of("/tmp/perf-" + process.pid() + ".map");
        if (before.isEmpty()) {
            var lines = Files.readString(map);
            Files.delete(map);
            return lines;
        }
        return output;
    }

    @Test
    void eachBlockHasALine() throws Exception {
        var lines = output(List.of(), "1000");
        assertTrue(lines.lines().anyMatch(line -> line.matches("[0-9a-f]+ [0-9a-f]+ pvm_[0-9]+_fast_block_0")
                || line.matches("[0-9a-f]+ [0-9a-f]+ pvm_[0-9]+_exact_block_0")), lines);
    }

    /** Nearly all of the time is in the one block of the loop. */
    @Test
    void perfNamesTheBlock() throws Exception {
        Assumptions.assumeTrue(List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(path -> Files.isExecutable(Path.of(path, "perf"))), "perf is not installed");
        var data = folder.resolve("perf.data").toString();
        output(List.of("perf", "record", "-q", "-e", "cpu-clock", "-F", "999", "-o", data, "--"), "2000000000");
        var report = new ProcessBuilder("perf", "report", "-i", data, "--stdio", "--sort", "pid,symbol")
                .redirectErrorStream(true).start();
        var text = new String(report.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, report.waitFor(), text);
        var line = Pattern.compile("([0-9]+):java .*pvm_[0-9]+_(fast|exact)_block_0").matcher(text);
        assertTrue(line.find(), text);
        Files.delete(Path.of("/tmp/perf-" + line.group(1) + ".map"));
    }
}
