package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.stress.RefusalsTest.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine as hardened containers are: memory files refused by seccomp, a folder for temporary files from which nothing is
 * executed, a home that cannot be written to. Needs the right to mount in a namespace of its own.
 */
@Timeout(120)
class ContainerTest {
    private static final String MOUNTS = """
            mount -t tmpfs -o noexec,size=16m none "$0" && mount --bind "$HOME" "$HOME" &&
            mount -o remount,ro,bind "$HOME" && ulimit -c 0 && exec "$@"
            """;

    @TempDir
    private Path temporary;

    @BeforeAll
    static void mayMount() throws Exception {
        boolean may = run(List.of("unshare", "-rm", "sh", "-c", "mount -t tmpfs none /tmp")).exitCode() == 0;
        Assumptions.assumeTrue(may, "mounting in a namespace is not allowed");
    }

    private static ChildJvm.Result run(List<String> command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new ChildJvm.Result(process.waitFor(), output);
        } finally {
            process.destroyForcibly();
        }
    }

    private ChildJvm.Result inContainer(String... flags) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("unshare", "-rm", "sh", "-c", MOUNTS, temporary.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), ChildJvm.NATIVE_ACCESS, "-Xmx64m",
                "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Djava.io.tmpdir=" + temporary));
        Collections.addAll(command, flags);
        Collections.addAll(command, "-cp", System.getProperty("java.class.path"), Refused.class.getName(), "memory files");
        var result = run(command);
        assertEquals(0, result.exitCode(), result::output);
        assertEquals(4, result.linesAfter("RESULT ").size(), result::output);
        return result;
    }

    @Test
    void theInterpreterServesAndSaysWhatToDo() throws Exception {
        var result = inContainer();
        assertEquals(List.of("interpreter", "interpreter"), result.linesAfter("RESULT ").subList(0, 2), result::output);
        assertTrue(result.output().contains("noexec"), result::output);
        assertTrue(result.output().contains("-Dpvmjit.tmpdir=FOLDER"), result::output);
    }

    @Test
    void withAnotherFolderTheJitRuns(@TempDir Path executable) throws Exception {
        var result = inContainer("-Dpvmjit.tmpdir=" + executable);
        assertEquals(Collections.nCopies(4, "jit in one mapping"), result.linesAfter("RESULT "), result::output);
    }
}
