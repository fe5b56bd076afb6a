package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code pvm doctor} under limits of the shell, in a process of its own: it says what works and what does not. */
class DoctorTest {
    private record Result(int exitCode, String output) {}

    private static Result doctor(String limit, String option) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("sh", "-c", "ulimit " + limit + "; exec \"$0\" \"$@\""));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (!option.isEmpty()) {
            command.add(option);
        }
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx256m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), Main.class.getName(), "doctor"));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }

    @ParameterizedTest
    @CsvSource({
        "-c 0, '', 0, 'loaded from +/.*/pvmjit-.*/libpvmjit.so, ABI version [0-9]+', 'code arena +1024 MiB, two mappings.*'",
        // Files cannot be as long as the arena, which is mapped once then.
        "-f 1024, '', 0, 'file size +524288', 'code arena +1024 MiB, one mapping.*'",
        // Not an instance, though the arena could be had; then not even that.
        "-v 5000000, '', 1, 'jit +does not work.*instance.*', ' +! .ulimit -v unlimited. before java'",
        "-v 3000000, '', 1, 'jit +does not work.*code arena.*', 'backend +interpreter, because the jit .*'",
        "-c 0, -Dpvmjit.tmpdir=/no/such/folder, 1, 'jit +does not work.*cannot be copied there.*', "
                + "' +! -Dpvmjit.tmpdir=FOLDER names another'",
        "-c 0, -Dpvmjit.library=/no/such.so, 1, 'jit +does not work.*/no/such.so.*', 'library +/no/such.so cannot be .*'",
        "-c 0, -Dpvmjit.backend=interpreter, 0, 'jit +works.*', 'backend +interpreter, named by -Dpvmjit.backend'",
        "-c 0, -Dpvmjit.backend=quick, 0, 'signals +SIGSEGV and SIGBUS.*', 'backend +none: unknown backend .quick.*'",
    })
    void saysWhatWorks(String limit, String option, int exitCode, String line, String another) throws Exception {
        var result = doctor(limit, option);
        assertEquals(exitCode, result.exitCode(), result::output);
        for (var each : List.of(line, another)) {
            assertTrue(result.output().lines().anyMatch(text -> text.matches(each)), result::output);
        }
        // Each line says what it is for.
        assertEquals(result.output().lines().filter(text -> !text.matches("( |WARN ).*")).count(),
                result.output().lines().filter(text -> text.startsWith("                  - ")).count(), result::output);
    }
}
