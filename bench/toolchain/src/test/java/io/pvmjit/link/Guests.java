package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.PageAccess;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCall.Outcome;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InvocationResult;
import io.pvmjit.testing.Toolchains;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** The tools that the toolchain's tests need, and running what they make. */
final class Guests {
    /** Enough for every test, and little enough for a program that does not end. */
    private static final long GAS = 1L << 28;

    static final String CLANG_NAME = "clang-22";

    private static final int PAGE = 4096;

    private Guests() {}

    /** The guest toolchain. Without it a test is skipped, and fails where CI=true. */
    static GuestToolchain toolchain() {
        Toolchains.require(GuestCompiler.PREFIX + "gcc");
        try {
            return GuestToolchain.locate();
        } catch (LinkException e) {
            throw new AssertionError(e);
        }
    }

    /** The guest toolchain with Clang; without that a test is skipped, and fails where CI=true. */
    static GuestToolchain clang() {
        Toolchains.require(CLANG_NAME, "ld.lld-22");
        try {
            return GuestToolchain.locate(GuestCompiler.CLANG, _ -> {});
        } catch (LinkException e) {
            throw new AssertionError(e);
        }
    }

    /** The compiler of this machine, for what guests are compared with. */
    static String nativeCompiler() {
        Toolchains.require("gcc");
        return "gcc";
    }

    /** A file of the tests' resources, copied into a folder. */
    static Path resource(String name, Path folder) {
        try (var stream = Guests.class.getResourceAsStream("/link/" + name)) {
            var file = folder.resolve(Path.of(name).getFileName());
            Files.copy(stream, file, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a command that must succeed; what it says. */
    static String run(List<String> command) {
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), () -> String.join(" ", command) + "\n" + output);
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The compilers whose objects are linked. */
    enum Compiler {
        GCC,
        CLANG;

        /** What its command begins with. Without it a test is skipped, and fails where CI=true. */
        List<String> command() {
            return switch (this) {
                case GCC -> {
                    Toolchains.require(GuestCompiler.PREFIX + "gcc");
                    yield List.of(GuestCompiler.PREFIX + "gcc");
                }
                case CLANG -> {
                    Toolchains.require(CLANG_NAME);
                    yield List.of(CLANG_NAME, "--target=riscv64-unknown-elf");
                }
            };
        }
    }

    /** Compiles for the guest as the toolchain does, without linking. */
    static Path object(Path source, Path object, String... flags) {
        return object(Compiler.GCC, source, object, flags);
    }

    static Path object(Compiler compiler, Path source, Path object, String... flags) {
        var command = new ArrayList<>(compiler.command());
        command.addAll(List.of("-march=rv64im_zbb", "-mabi=lp64", "-ffreestanding", "-fno-asynchronous-unwind-tables",
                "-g", "-c", "-o", object.toString(), source.toString()));
        for (int register = 0; register < 32; register++) {
            if (!Registers.exists(register)) {
                command.add("-ffixed-x" + register);
            }
        }
        command.addAll(List.of(flags));
        run(command);
        return object;
    }

    /** Runs a program on the JIT and the interpreter side by side; the result, which must be an output. */
    static byte[] output(LinkedProgram program, byte[] arguments) {
        return output(program, arguments, HostCallTable.empty(), Backend.CROSSCHECK);
    }

    static byte[] output(LinkedProgram program, byte[] arguments, HostCallTable calls, Backend backend) {
        return assertInstanceOf(InvocationResult.Output.class, result(program, arguments, calls, backend)).output();
    }

    /** How a program ends. */
    static InvocationResult result(LinkedProgram program, byte[] arguments, HostCallTable calls, Backend backend) {
        try (var engine = engine(backend)) {
            return result(engine, program, arguments, calls);
        }
    }

    static InvocationResult result(Engine engine, LinkedProgram program, byte[] arguments, HostCallTable calls) {
        return new ArgumentInvocation(0, GAS, arguments, calls).run(engine, program.jamBlob());
    }

    static Engine engine(Backend backend) {
        return Engine.create(EngineConfig.defaults().withBackend(backend));
    }

    /** grow_heap, without what it costs: a0 is the wished end as a page, and becomes the new one. */
    static HostCallTable heap() {
        return HostCallTable.builder().add(1, context -> {
            long wished = context.register(7);
            long end = wished;
            while (!context.memory().writable((end - 1) * PAGE, 1)) {
                end--;
            }
            return wished == 0 || context.memory().protect(end, wished - end, PageAccess.WRITE, true)
                    ? Outcome.CONTINUE : Outcome.PANIC;
        }).build();
    }
}
