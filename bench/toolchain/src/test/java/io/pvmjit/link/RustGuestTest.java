package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pvmjit.Backend;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest in Rust, by the commands of bench/docs/guests.md: a rustc with the sources of its library, as Debian's packages
 * rustc-web and rust-web-src have them, makes core for the PVM. Without these, which are large, the test is skipped.
 */
class RustGuestTest {
    private static final Path PROGRAMS = Path.of("../programs/rust");

    @TempDir
    private Path folder;

    /** A compiler, and where the sources of its library are. */
    private record Rust(String compiler, Path library) {}

    private static Optional<Rust> rust(String compiler) {
        try {
            var process = new ProcessBuilder(compiler, "--version").redirectErrorStream(true).start();
            process.getOutputStream().close();
            var words = new String(process.getInputStream().readAllBytes()).split(" ");
            var library = Path.of("/usr/src/rustc-" + (words.length > 1 ? words[1] : "") + "/library");
            return process.waitFor() == 0 && Files.isDirectory(library)
                    ? Optional.of(new Rust(compiler, library)) : Optional.empty();
        } catch (IOException _) {
            return Optional.empty();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static void compile(Rust rust, String... arguments) {
        // Unstable options, which a description of a target is, are for this variable or a nightly compiler.
        var command = new ArrayList<>(List.of("env", "RUSTC_BOOTSTRAP=1", rust.compiler, "--target",
                PROGRAMS.resolve("riscv64-pvm.json").toString(), "-Zunstable-options", "--edition", "2024",
                "-Cpanic=abort", "--cap-lints", "allow"));
        command.addAll(List.of(arguments));
        Guests.run(command);
    }

    @Test
    void primes() throws IOException, LinkException {
        var found = rust("rustc").or(() -> rust("/usr/bin/rustc"));
        Assumptions.assumeTrue(found.isPresent(),
                "no rustc with its sources in /usr/src: apt-get install rustc-web rust-web-src");
        var rust = found.orElseThrow();
        var core = folder.resolve("libcore.rlib");
        compile(rust, "--crate-name", "core", "--crate-type", "rlib", "-Copt-level=1", "-o", core.toString(),
                rust.library.resolve("core/src/lib.rs").toString());
        var builtins = Files.writeString(folder.resolve("builtins.rs"),
                "#![feature(compiler_builtins)]\n#![compiler_builtins]\n#![no_std]\n");
        compile(rust, "--crate-name", "compiler_builtins", "--crate-type", "rlib", "-L", folder.toString(), "-o",
                folder.resolve("libcompiler_builtins.rlib").toString(), builtins.toString());
        for (var level : List.of("0", "2", "s")) {
            var object = folder.resolve("primes" + level + ".o");
            compile(rust, "--crate-type", "lib", "--emit", "obj", "-Copt-level=" + level, "-L", folder.toString(), "-o",
                    object.toString(), PROGRAMS.resolve("primes.rs").toString());
            var program = Guests.clang().build(List.of(object, core), List.of(), LinkOptions.defaults());
            var arguments = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(100).array();
            var output = Guests.output(program, arguments, Guests.heap(), Backend.CROSSCHECK);
            assertEquals(25, ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN).getLong(), level);
        }
    }
}
