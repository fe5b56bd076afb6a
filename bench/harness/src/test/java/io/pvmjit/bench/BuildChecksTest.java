package io.pvmjit.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.bench.workload.SetupException;
import io.pvmjit.bench.workload.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which builds of a library may be measured: optimised ones, without assertions and sanitizers. */
class BuildChecksTest {
    private static final String RECORD = "-frecord-gcc-switches";

    @TempDir
    private Path folder;

    private byte[] library(String... flags) throws IOException {
        var source = Files.writeString(folder.resolve("source.c"), """
                #include <assert.h>
                int twice(int value) { assert(value > 0); return 2 * value; }
                """);
        var output = folder.resolve("library.so");
        var command = new ArrayList<>(List.of("cc", "-shared", "-fPIC"));
        command.addAll(Arrays.asList(flags));
        command.addAll(List.of("-o", output.toString(), source.toString()));
        Tool.run(folder, command);
        return Files.readAllBytes(output);
    }

    private String refused(String... flags) throws IOException {
        var contents = library(flags);
        return assertThrows(SetupException.class, () -> BuildChecks.sharedLibrary("x.so", contents)).getMessage();
    }

    @Test
    void theLibraryOfThisBuildIsCompared() {
        assertTrue(BuildChecks.library().contains(" -O3 "));
    }

    @Test
    void anOptimisedLibraryIsCompared() throws IOException {
        assertTrue(BuildChecks.sharedLibrary("x.so", library("-O2", "-DNDEBUG", RECORD)).contains(" -O2"));
    }

    @Test
    void theLastLevelCounts() throws IOException {
        assertTrue(BuildChecks.sharedLibrary("x.so", library("-O1", "-O2", "-DNDEBUG", RECORD)).contains(" -O1 -O2"));
        assertTrue(refused("-O2", "-O0", "-DNDEBUG", RECORD).startsWith("x.so is not built with -O2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-O0", "-O1", "-Og", "-Os"})
    void aLibraryThatIsNotOptimisedIsNot(String level) throws IOException {
        var message = refused(level, "-DNDEBUG", RECORD);
        assertTrue(message.startsWith("x.so is not built with -O2 (but with: GNU C"), message);
    }

    @Test
    void nothingSaidAboutOptimisationIsNone() throws IOException {
        assertTrue(refused("-DNDEBUG", RECORD).startsWith("x.so is not built with -O2"));
        assertTrue(refused("-O2", "-DNDEBUG").contains("does not record how it was built"));
    }

    @Test
    void assertionsAndSanitizersAreRefused() throws IOException {
        assertEquals("x.so is a debug build (it uses __assert_fail): not compared", refused("-O2", RECORD));
        assertTrue(refused("-O2", "-DNDEBUG", RECORD, "-fsanitize=undefined").contains("__ubsan_"));
        assertEquals("x.so is built with -fsanitize=undefined: not compared",
                refused("-O2", "-DNDEBUG", RECORD, "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"));
    }

    @Test
    void whatIsNoLibraryIsRefused() {
        assertTrue(assertThrows(SetupException.class, () -> BuildChecks.sharedLibrary("x.so", new byte[100]))
                .getMessage().startsWith("x.so is not an ELF file, or a damaged one"));
    }

    @Test
    void aDamagedLibraryIsRefused() throws IOException {
        var contents = library("-O2", "-DNDEBUG", RECORD);
        var half = Arrays.copyOf(contents, contents.length / 2);
        assertThrows(SetupException.class, () -> BuildChecks.sharedLibrary("x.so", half));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-ea", "-ea:io.pvmjit...", "-esa", "-enableassertions", "-Xint", "-Xcheck:jni",
        "-agentlib:jdwp=transport=dt_socket", "-javaagent:x.jar"})
    void aJvmForDebuggingIsRefused(String argument) {
        assertEquals(Optional.of(argument),
                BuildChecks.jvmReason(List.of("-Xmx1g", argument), "25+36", "mixed mode, sharing"));
    }

    @Test
    void aJvmAsUsualIsNot() {
        assertEquals(Optional.empty(), BuildChecks.jvmReason(
                List.of("--enable-native-access=ALL-UNNAMED", "-Xss8m"), "25+36", "mixed mode, sharing"));
        assertEquals(Optional.of("interpreted mode"), BuildChecks.jvmReason(List.of(), "25+36", "interpreted mode"));
        assertEquals(Optional.of("version 25-slowdebug"),
                BuildChecks.jvmReason(List.of(), "25-slowdebug", "mixed mode"));
    }

    /** Surefire runs tests with assertions: this very JVM must be refused. */
    @Test
    void thisJvmIsRefused() {
        assertTrue(assertThrows(SetupException.class, BuildChecks::jvm).getMessage()
                .startsWith("this JVM does not run at full speed ("));
    }
}
