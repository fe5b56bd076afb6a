package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What instructions compute according to the processor of this machine: instructions.c, compiled for it. */
final class NativeInstructions implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();
    private final MethodHandle find;
    private final MethodHandle compute;
    private final Map<String, Integer> numbers = new HashMap<>();

    NativeInstructions(Path folder) {
        var source = Guests.resource("instructions.c", folder);
        var library = folder.resolve("instructions.so");
        Guests.run(List.of(Guests.nativeCompiler(), "-O2", "-Wall", "-Wextra", "-Werror", "-fwrapv", "-shared", "-fPIC",
                "-o", library.toString(), source.toString()));
        var symbols = SymbolLookup.libraryLookup(library, arena);
        var linker = Linker.nativeLinker();
        find = linker.downcallHandle(symbols.findOrThrow("find"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        compute = linker.downcallHandle(symbols.findOrThrow("compute"), FunctionDescriptor.of(ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    }

    /** The result of an instruction on registers; 1 of a branch that is taken. */
    long compute(String mnemonic, long a, long b) {
        try {
            return (long) compute.invokeExact((int) numbers.computeIfAbsent(mnemonic, this::number), a, b);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private int number(String mnemonic) {
        try {
            int number = (int) find.invokeExact(arena.allocateFrom(mnemonic));
            assertTrue(number >= 0, mnemonic);
            return number;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
