package io.pvmjit.internal.jit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.NativeLoadException;
import io.pvmjit.ffi.PvmJit;
import io.pvmjit.internal.jit.NativeLibrary.Surroundings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loading of the C library: once, verified, leaving nothing behind, and a message for each way to fail. */
class NativeLibraryTest {
    private static final byte[] CONTENTS = "not really a library".getBytes(StandardCharsets.US_ASCII);
    private static final String CONTENTS_SHA256 = "8c94411e7c8b87bd238af6ff286f5e356e89b0b393364163b58e2ca433a40fe5";

    @TempDir
    private Path temporary;

    @Test
    void loadsFromManyThreadsAtOnce() throws Exception {
        try (var threads = Executors.newFixedThreadPool(8)) {
            Callable<Integer> task = () -> {
                NativeLibrary.load();
                return PvmJit.pvm_abi_version();
            };
            for (var result : threads.invokeAll(Collections.nCopies(64, task))) {
                assertEquals(PvmJit.PVM_ABI_VERSION(), result.get());
            }
        }
    }

    @Test
    void copiesIntoPrivateFolderAndLeavesNothingBehind() {
        var seen = new ArrayList<Path>();
        loader(this::contents, path -> {
            seen.add(path);
            assertEquals("libpvmjit.so", path.getFileName().toString());
            assertEquals("rwx------", permissions(path.getParent()));
            assertEquals(CONTENTS.length, path.toFile().length());
        }, PvmJit::PVM_ABI_VERSION)
                .find();
        assertEquals(1, seen.size());
        assertEmpty(temporary);
    }

    @Test
    void refusesOtherContents() {
        var failure = failure(loader(
                name -> name.equals(NativeLibrary.RESOURCE) ? stream(new byte[] {1, 2, 3}) : contents(name),
                _ -> {
                    throw new AssertionError("loaded unverified");
                },
                PvmJit::PVM_ABI_VERSION));
        assertMentions(failure, "SHA-256", CONTENTS_SHA256, temporary.toString());
        assertEmpty(temporary);
    }

    @ParameterizedTest
    @CsvSource({NativeLibrary.RESOURCE, NativeLibrary.RESOURCE_SHA256})
    void namesMissingResource(String missing) {
        var failure = failure(loader(name -> name.equals(missing) ? null : contents(name), _ -> {}, () -> 0));
        assertMentions(failure, missing, "class path", "pvm-jit-native");
        assertEmpty(temporary);
    }

    @Test
    void refusesOtherAbiVersion() {
        var failure = failure(loader(this::contents, _ -> {}, () -> 999));
        assertMentions(failure, "ABI version is 999", String.valueOf(PvmJit.PVM_ABI_VERSION()));
        assertEmpty(temporary);
    }

    @Test
    void refusesLibraryWithoutOurFunctions() {
        var failure = failure(loader(this::contents, _ -> {}, () -> {
            throw new ExceptionInInitializerError("Symbol not found: pvm_abi_version");
        }));
        assertMentions(failure, "pvm_abi_version", "not libpvmjit");
    }

    @ParameterizedTest
    @CsvSource({"Linux, aarch64", "Linux, riscv64", "Mac OS X, x86_64", "Windows 11, amd64"})
    void namesUnsupportedPlatform(String os, String architecture) {
        var failure = failure(new NativeLibrary(new Surroundings(
                os, architecture, null, temporary.toString(), this::contents, _ -> {}, PvmJit::PVM_ABI_VERSION)));
        assertMentions(failure, "on " + os + " " + architecture, "interpreter");
    }

    @Test
    void namesFlagWhenNativeAccessIsForbidden() {
        var failure = failure(loader(this::contents, _ -> {
            throw new IllegalCallerException("Illegal native access from: unnamed module");
        }, () -> 0));
        assertMentions(failure, "--enable-native-access=ALL-UNNAMED");
        assertInstanceOf(IllegalCallerException.class, failure.getCause());
        assertEmpty(temporary);
    }

    @Test
    void namesPropertyWhenFolderIsNoexec() {
        var failure = failure(loader(this::contents, path -> {
            throw new UnsatisfiedLinkError(path + ": failed to map segment from shared object");
        }, () -> 0));
        assertMentions(failure, "noexec", "-Dpvmjit.tmpdir=", temporary.toString());
        assertEmpty(temporary);
    }

    @Test
    void namesPropertyWhenFolderIsMissing() {
        var missing = temporary.resolve("missing");
        var failure = failure(new NativeLibrary(new Surroundings(
                "Linux", "amd64", null, missing.toString(), this::contents, _ -> {}, () -> 0)));
        assertMentions(failure, missing.toString(), "-Dpvmjit.tmpdir=");
    }

    @Test
    void overrideIsLoadedAsItIs() {
        var seen = new ArrayList<Path>();
        new NativeLibrary(new Surroundings(
                "Plan 9",
                "vax",
                "/some/where.so",
                temporary.toString(),
                _ -> null,
                seen::add,
                PvmJit::PVM_ABI_VERSION))
                .find();
        assertEquals(List.of(Path.of("/some/where.so")), seen);
    }

    // The same in a JVM of its own, with nothing injected.

    @Test
    void processLeavesNothingBehind() throws Exception {
        assertNull(loadInProcess("--enable-native-access=ALL-UNNAMED"));
        assertEmpty(temporary);
    }

    @Test
    void processWithoutNativeAccessSaysWhichFlag() throws Exception {
        assertMentions(
                loadInProcess("--illegal-native-access=deny"),
                "Linux",
                System.getProperty("os.arch"),
                temporary.toString(),
                "--enable-native-access=ALL-UNNAMED");
        assertEmpty(temporary);
    }

    @Test
    void processWithOverrideThatIsNoLibrary() throws Exception {
        var file = Files.writeString(temporary.resolve("text.so"), "text");
        assertMentions(
                loadInProcess("--enable-native-access=ALL-UNNAMED", "-Dpvmjit.library=" + file),
                file.toString(),
                "file too short");
    }

    @Test
    void processWithLibraryOfOtherVersion() throws Exception {
        var source = Files.writeString(temporary.resolve("other.c"), "unsigned pvm_abi_version(void) { return 999; }");
        var library = temporary.resolve("other.so");
        var compiler = new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString());
        assertEquals(0, compiler.inheritIO().start().waitFor());
        assertMentions(
                loadInProcess("--enable-native-access=ALL-UNNAMED", "-Dpvmjit.library=" + library),
                library.toString(),
                "ABI version is 999");
    }

    @Test
    void processWithLibraryThatLacksFunctions() throws Exception {
        var source = Files.writeString(temporary.resolve("part.c"),
                "unsigned pvm_abi_version(void) { return " + PvmJit.PVM_ABI_VERSION() + "; }");
        var library = temporary.resolve("part.so");
        var compiler = new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString());
        assertEquals(0, compiler.inheritIO().start().waitFor());
        assertMentions(
                loadInProcess("--enable-native-access=ALL-UNNAMED", "-Dpvmjit.library=" + library),
                "not of one version",
                "Symbol not found: pvm_");
    }

    /** Loads the library twice and prints the message of the second failure, if any. */
    static final class Load {
        private Load() {}

        static void main() {
            try {
                NativeLibrary.load();
            } catch (NativeLoadException _) {
                // The second try says the same.
            }
            try {
                NativeLibrary.load();
                System.out.println("loaded " + PvmJit.pvm_abi_version());
            } catch (NativeLoadException e) {
                System.out.println("failed " + e.getMessage());
            }
        }
    }

    /** Null when it loaded, else the failure. */
    private NativeLoadException loadInProcess(String... flags) throws Exception {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(flags));
        command.add("-Dpvmjit.tmpdir=" + temporary);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Load.class.getName()));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), output);
        assertEquals(0, process.exitValue(), output);
        // The JVM may warn before that.
        var last = output.lines().toList().getLast();
        if (last.equals("loaded " + PvmJit.PVM_ABI_VERSION())) {
            return null;
        }
        assertTrue(last.startsWith("failed "), output);
        return new NativeLoadException(last.substring("failed ".length()), null);
    }

    private NativeLibrary loader(
            Function<String, InputStream> resources, Consumer<Path> linker, IntSupplier abiVersion) {
        return new NativeLibrary(
                new Surroundings("Linux", "amd64", null, temporary.toString(), resources, linker, abiVersion));
    }

    private InputStream contents(String name) {
        return stream(name.equals(NativeLibrary.RESOURCE)
                ? CONTENTS
                : (CONTENTS_SHA256 + "  libpvmjit.so\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static InputStream stream(byte[] contents) {
        return new ByteArrayInputStream(contents);
    }

    private static NativeLoadException failure(NativeLibrary library) {
        return assertThrows(NativeLoadException.class, library::find);
    }

    private static void assertMentions(NativeLoadException failure, String... parts) {
        for (var part : parts) {
            assertTrue(failure.getMessage().contains(part), () -> "no '" + part + "' in: " + failure.getMessage());
        }
    }

    private static void assertEmpty(Path folder) {
        try (var entries = Files.list(folder)) {
            assertEquals(List.of(), entries.toList());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String permissions(Path path) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
