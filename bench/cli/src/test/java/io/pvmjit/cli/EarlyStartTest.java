package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The C library is loaded where a command runs programs, and nowhere else. */
class EarlyStartTest {
    @ParameterizedTest
    @CsvSource({
        "run x.pvm, true", "refine x.json, true", "demo, true",
        "run --help, false", "run x.pvm --backend interpreter, false", "run x.pvm --backend=interpreter, false",
        "--version, false", "asm x -o y, false", "'', false",
    })
    void isForCommandsThatRunPrograms(String arguments, boolean wanted) {
        assertEquals(wanted, EarlyStart.wanted(arguments.split(" ")));
    }

    @ParameterizedTest
    @CsvSource({"--version", "--help", "run --help"})
    void helpNeedsNoLibrary(String arguments) throws Exception {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments.split(" ")));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.contains(Main.class.getName()), output);
        assertFalse(output.contains("io.pvmjit.ffi") || output.contains("io.pvmjit.internal.jit"), output);
    }

    /** Every command is found by its name alone, and says the same as among the others. */
    @Test
    void aCommandAloneHelpsAsAmongTheOthers() {
        var all = Main.commandLine();
        all.getSubcommands().forEach((name, command) -> assertEquals(command.getUsageMessage(),
                Main.commandLine(name).getSubcommands().get(name).getUsageMessage()));
    }
}
