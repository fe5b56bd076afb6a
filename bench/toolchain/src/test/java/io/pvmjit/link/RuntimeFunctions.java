package io.pvmjit.link;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The programs in {@code runtime} for this machine: what each function of the guest's runtime is to come to. */
final class RuntimeFunctions implements AutoCloseable {
    /** Of a function that stands for all of its family. */
    static final long ALL = -1;
    /** Octets of an operand or a result. */
    static final int VALUE = 16;

    private static final List<String> SOURCES = List.of("families.c", "doubles.c", "singles.c", "quads.c", "widths.c",
            "integers.c", "complex.c", "octets.c", "library.c", "atomics.c",
            "cplusplus.c");
    private static final List<String> HEADERS = List.of("family.h", "format.h");
    private static final int OPERANDS = 4;

    /** On either side: a function that is called is called, and each side has some that the other one needs. */
    static final List<String> FLAGS = List.of("-std=gnu17", "-Wall", "-Wextra", "-Werror", "-fno-builtin",
            "-Wno-unused-function", "-Wno-unused-parameter", "-g0");

    /**
     * Functions with the same operands.
     *
     * @param edges cases that are not random, the first
     * @param slow a case takes long
     * @param panics what runs, panics: each case has a run of its own
     */
    record Family(int number, String name, List<String> functions, long edges, boolean slow,
            boolean panics) {
        @Override
        public String toString() {
            return name;
        }
    }

    private final Arena arena = Arena.ofShared();
    private final SymbolLookup library;
    private final MethodHandle run;
    private final MethodHandle agree;
    private final List<Family> families = new ArrayList<>();

    RuntimeFunctions(Path folder) {
        var file = folder.resolve("runtime.so");
        // A long double has 128 bits in a guest, and __float128 here.
        var command = new ArrayList<>(List.of(Guests.nativeCompiler(), "-O1", "-ffp-contract=off", "-fwrapv", "-shared",
                "-fPIC", "-o", file.toString()));
        command.addAll(FLAGS);
        sources(folder).forEach(source -> command.add(source.toString()));
        command.add("-lm");
        Guests.run(command);
        library = SymbolLookup.libraryLookup(file, arena);
        run = handle("run", ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
        agree = handle("agree", ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS);
        for (int number = 0; text("family_name", number) != null; number++) {
            int family = number;
            var functions = Stream.iterate(0, function -> function + 1)
                    .map(function -> text("function_name", family, function)).takeWhile(name -> name != null).toList();
            families.add(new Family(number, text("family_name", number), functions, number("edges", number),
                    number("slow", number) != 0, number("panics", number) != 0));
        }
    }

    /** The sources, copied into a folder. */
    static List<Path> sources(Path folder) {
        HEADERS.forEach(name -> Guests.resource("runtime/" + name, folder));
        return SOURCES.stream().map(name -> Guests.resource("runtime/" + name, folder)).toList();
    }

    @Override
    public void close() {
        arena.close();
    }

    List<Family> families() {
        return families;
    }

    private MethodHandle handle(String name, MemoryLayout result, MemoryLayout... parameters) {
        return java.lang.foreign.Linker.nativeLinker().downcallHandle(library.findOrThrow(name),
                FunctionDescriptor.of(result, parameters));
    }

    private static Object call(MethodHandle handle, Object... arguments) {
        try {
            return handle.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private String text(String name, long... numbers) {
        var parameters = new MemoryLayout[numbers.length];
        Arrays.fill(parameters, ValueLayout.JAVA_LONG);
        var text = (MemorySegment) call(handle(name, ValueLayout.ADDRESS, parameters),
                Arrays.stream(numbers).boxed().toArray());
        return text.address() == 0 ? null : text.reinterpret(Long.MAX_VALUE).getString(0);
    }

    private long number(String name, long family) {
        return (long) call(handle(name, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG), family);
    }

    /** Results of some cases: those of a function, or of all, one function after the other. */
    byte[] results(Family family, long function, long first, long count) {
        try (var confined = Arena.ofConfined()) {
            long functions = function == ALL ? family.functions.size() : 1;
            var results = confined.allocate(VALUE * (functions * count + 1), VALUE);
            long done = (long) call(run, (long) family.number, function, first, count, results);
            return results.asSlice(0, done * VALUE).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Whether a result that is another will do. */
    boolean agrees(Family family, long function, long number, byte[] actual) {
        try (var confined = Arena.ofConfined()) {
            var result = confined.allocate(VALUE, VALUE).copyFrom(MemorySegment.ofArray(actual));
            return (int) call(agree, (long) family.number, function, number, result) != 0;
        }
    }

    /** The operands of a case, for a reader. */
    String operands(Family family, long number) {
        try (var confined = Arena.ofConfined()) {
            var operands = confined.allocate(VALUE * OPERANDS, VALUE);
            call(java.lang.foreign.Linker.nativeLinker().downcallHandle(library.findOrThrow("operands"),
                    FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS)),
                    (long) family.number, number, operands);
            var words = operands.toArray(ValueLayout.JAVA_LONG);
            var text = new ArrayList<String>();
            for (int i = 0; i < OPERANDS; i++) {
                text.add(hex(words[2 * i], words[2 * i + 1]));
            }
            return String.join(", ", text);
        }
    }

    static String hex(long low, long high) {
        return high == 0 ? "0x" + Long.toHexString(low) : "0x%x%016x".formatted(high, low);
    }
}
