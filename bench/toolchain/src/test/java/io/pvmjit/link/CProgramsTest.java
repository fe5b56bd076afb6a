package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.hostcalls.InvocationResult;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** C programs come to the same as when they are compiled for this machine, at every level of optimization. */
class CProgramsTest {
    private static final List<String> NAMES = List.of("control", "values", "floats", "memory", "symbols");
    private static final List<String> WARNINGS = List.of("-Wall", "-Wextra", "-Werror", "-Wno-implicit-fallthrough",
            "-Wno-address", "-Wno-stringop-truncation", "-std=gnu11");
    private static final long[] PARAMETERS = {1, 0x1234_5678_9abcL};

    @TempDir
    private static Path folder;

    private static Engine engine;
    private static Arena libraries;
    private static final Map<String, MethodHandle> PROCESSOR = new HashMap<>();

    @BeforeAll
    static void start() {
        engine = Guests.engine(Backend.CROSSCHECK);
        libraries = Arena.ofConfined();
        Guests.resource("programs/digest.h", folder);
    }

    @AfterAll
    static void stop() {
        PROCESSOR.clear();
        libraries.close();
        engine.close();
    }

    private static List<Path> sources(String name) {
        var language = name.equals("objects") ? ".cpp" : ".c";
        var sources = new ArrayList<>(List.of(Guests.resource("programs/" + name + language, folder)));
        if (name.equals("symbols")) {
            sources.add(Guests.resource("programs/symbols_other.c", folder));
        }
        return sources;
    }

    @ParameterizedTest
    @CsvSource({
        "control, -O0", "control, -O1", "control, -O2", "control, -O3", "control, -Os", "control, -O2 -fPIC",
        "control, -O2 -mrelax -mcmodel=medany",
        "values, -O0", "values, -O1", "values, -O2", "values, -O3", "values, -Os",
        "floats, -O0", "floats, -O2", "memory, -O0", "memory, -O2", "memory, -Os", "symbols, -O0", "symbols, -O1",
        "symbols, -O2", "symbols, -O3 -fcommon", "symbols, -Os -mcmodel=medany", "symbols, -O0 -fPIC",
        "symbols, -O2 -fPIC -mrelax", "symbols, -O2 -msmall-data-limit=8", "symbols, -O2 -fno-section-anchors",
        "calls, -O0", "calls, -O2 -ftrapv", "calls, -Os -msave-restore -Wno-address-of-packed-member", "quads, -O2",
        "symbols, -O2 -flto", "control, -O0 -flto", "objects, -O3 -flto", "objects, -O0", "objects, -O2",
        "objects, -Os -mcmodel=medany", "switches, -O2 -fPIC", "switches, -O3 -fno-jump-tables", "computed, -O0",
        "computed, -O2 -mcmodel=medany -mrelax", "arguments, -O1 -fomit-frame-pointer", "arguments, -O0 -fPIC",
        "pointers, -O2", "pointers, -Os -fPIC -mrelax", "sections, -O2 -flto", "sections, -O0 -mcmodel=medany"
    })
    void guestsComeToWhatTheProcessorComesTo(String name, String options) throws LinkException {
        var flags = new ArrayList<>(WARNINGS);
        flags.add("-std=c++17");
        flags.addAll(List.of(options.split(" ")));
        var program = Guests.toolchain().build(sources(name), flags, LinkOptions.defaults());
        var expected = PROCESSOR.computeIfAbsent(name, CProgramsTest::nativeProgram);
        for (long parameter : PARAMETERS) {
            assertEquals(call(expected, parameter), result(program, parameter), "parameter " + parameter);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "control, -O0", "control, -O2", "control, -O3 -mabi=lp64", "control, -O2 -fPIC -mabi=lp64",
        "control, -O2 -mrelax -mcmodel=medany", "control, -Os -mcmodel=medany", "values, -O0",
        "values, -O2 -mabi=lp64", "values, -Os", "floats, -O2", "memory, -O0 -mabi=lp64", "memory, -O2",
        "symbols, -O1", "symbols, -O2 -mabi=lp64", "symbols, -Os -mcmodel=medany -fcommon",
        "symbols, -O2 -fPIC -mrelax", "symbols, -O2 -msmall-data-limit=8 -mabi=lp64",
        "calls, -O0", "calls, -O2 -ftrapv -mabi=lp64", "calls, -Os -msave-restore -mabi=lp64",
        "quads, -O2 -mabi=lp64", "halves, -O2", "objects, -O0", "objects, -O2 -mcmodel=medany",
        "symbols, -O2 -flto", "control, -O0 -flto -mabi=lp64", "objects, -O3 -flto=thin",
        "objects, -Os -mabi=lp64 -mrelax", "switches, -O2 -mcmodel=large", "switches, -Os -fPIC -mrelax", "computed, -O0",
        "computed, -O2 -fno-function-sections", "computed, -Os -mabi=lp64 -fPIC", "arguments, -O2 -mabi=lp64",
        "arguments, -O0 -mabi=lp64 -mrelax", "pointers, -O3", "pointers, -O2 -fno-plt -fPIC", "sections, -O2 -flto=thin",
        "sections, -Oz -mrelax -mcmodel=medany"
    })
    void guestsOfClangDoTheSame(String name, String options) throws LinkException {
        var flags = new ArrayList<>(List.of("-w", "-std=gnu11", "-std=c++17", "-ffp-contract=off"));
        flags.addAll(List.of(options.split(" ")));
        var program = Guests.clang().build(sources(name), flags, LinkOptions.defaults());
        var expected = PROCESSOR.computeIfAbsent(name, CProgramsTest::nativeProgram);
        for (long parameter : PARAMETERS) {
            assertEquals(call(expected, parameter), result(program, parameter), "parameter " + parameter);
        }
    }

    /** Linked by another linker first, to addresses that do not matter. */
    @ParameterizedTest
    @ValueSource(strings = {"control", "values", "symbols"})
    void linkedFilesDoTheSame(String name) throws LinkException {
        var object = folder.resolve(name + ".o");
        var linked = folder.resolve(name + ".linked");
        Guests.toolchain().compile(sources(name), WARNINGS, object);
        Guests.run(List.of(GuestCompiler.PREFIX + "ld", "--emit-relocs", "--no-relax", "--entry=refine",
                "--unresolved-symbols=ignore-all", "-o", linked.toString(), object.toString()));
        var program = Linker.link(linked, LinkOptions.defaults());
        var expected = PROCESSOR.computeIfAbsent(name, CProgramsTest::nativeProgram);
        assertEquals(call(expected, 1), result(program, 1));
    }

    private static long call(MethodHandle program, long parameter) {
        try {
            return (long) program.invokeExact(parameter);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle nativeProgram(String name) {
        var library = folder.resolve(name + ".so");
        var command = new ArrayList<>(List.of(Guests.nativeCompiler(), "-O1", "-fwrapv", "-ffp-contract=off", "-shared",
                "-fPIC", "-o", library.toString()));
        if (name.equals("objects")) {
            command.addAll(List.of("-std=c++17", "-fno-exceptions", "-fno-rtti", "-x", "c++"));
        } else {
            command.addAll(WARNINGS);
        }
        sources(name).forEach(source -> command.add(source.toString()));
        // operator new of the machine's library.
        command.addAll(List.of("-x", "none", "-lstdc++"));
        Guests.run(command);
        return java.lang.foreign.Linker.nativeLinker().downcallHandle(
                SymbolLookup.libraryLookup(library, libraries).findOrThrow("start"),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    }

    private static long result(LinkedProgram program, long parameter) {
        var arguments = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(parameter).array();
        if (Guests.result(engine, program, arguments, Guests.heap()) instanceof InvocationResult.Output(byte[] output, _)) {
            return ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN).getLong();
        }
        throw new AssertionError("the guest did not halt");
    }
}
