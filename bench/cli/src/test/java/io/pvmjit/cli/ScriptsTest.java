package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script around the command line, in any folder and with any options: with a java that prints what it is given. */
class ScriptsTest {
    private static final Path SCRIPTS = Path.of("../../scripts");
    private static final String COLLECTOR = "-XX:+UseSerialGC";

    @TempDir
    private Path temporary;

    /** What java is called with by the script in a folder. */
    private List<String> arguments(Path root, String variable, String options) throws IOException, InterruptedException {
        var scripts = Files.createDirectories(root.resolve("scripts"));
        for (var name : List.of("pvm", "lib.sh")) {
            Files.copy(SCRIPTS.resolve(name), scripts.resolve(name));
        }
        var target = Files.createDirectories(root.resolve("bench/target"));
        for (var name : List.of("bench.jar", "pvm.jar", "pvm.aot")) {
            Files.writeString(target.resolve(name), "made");
        }
        Files.setLastModifiedTime(target.resolve("pvm.jar"), FileTime.fromMillis(0));
        var home = temporary.resolve("jdk");
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
        for (var tool : List.of("java", "javac")) {
            var file = Files.writeString(home.resolve("bin").resolve(tool), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
            file.toFile().setExecutable(true);
        }
        var builder = new ProcessBuilder("sh", scripts.resolve("pvm").toString(), "run", "a  file")
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        for (var other : List.of("PVM_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")) {
            builder.environment().remove(other);
        }
        builder.environment().put("JAVA_HOME", home.toString());
        builder.environment().put(variable, options);
        var process = builder.start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        return output.lines().toList();
    }

    @Test
    void folders() throws IOException, InterruptedException {
        var root = temporary.resolve("it's a  föld*r");
        var arguments = arguments(root, "LC_ALL", "C");
        var target = root.toRealPath().resolve("bench/target");
        assertEquals(List.of("-XX:AOTCache=" + target.resolve("pvm.aot"), "-Xlog:aot*=off", "-Xlog:cds*=off",
                "--enable-native-access=ALL-UNNAMED", COLLECTOR, "-jar", target.resolve("pvm.jar").toString(), "run",
                "a  file"), arguments);
    }

    /** One JVM has one collector. */
    @ParameterizedTest
    @CsvSource({"PVM_JAVA_OPTIONS, -Xmx1g, true", "PVM_JAVA_OPTIONS, -XX:+UseZGC, false",
        "JAVA_TOOL_OPTIONS, -Xmx1g -XX:+UseParallelGC, false", "JDK_JAVA_OPTIONS, -XX:+UseG1GC, false",
        "_JAVA_OPTIONS, -XX:+UseShenandoahGC, false"})
    void collectors(String variable, String options, boolean ours) throws IOException, InterruptedException {
        assertEquals(ours, arguments(temporary.resolve("root"), variable, options).contains(COLLECTOR));
    }
}
