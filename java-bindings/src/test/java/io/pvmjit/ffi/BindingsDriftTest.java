package io.pvmjit.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.internal.jit.NativeLibrary;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The classes that jextract wrote say the same as {@code pvmjit.h}: constants, layouts and signatures, in both
 * directions. Where this fails, run {@code scripts/regenerate-bindings}.
 */
class BindingsDriftTest {
    private static final Path MODULE = Path.of(System.getProperty("basedir", ""));
    private static final Path HEADER = MODULE.resolve("../jit-native/include/pvmjit.h");
    private static final Path OUTPUT = MODULE.resolve("src/generated/java/io/pvmjit/ffi");

    @Test
    void headerAndOutputAgree() throws Exception {
        assertEquals(List.of(), differences(header()), "run scripts/regenerate-bindings");
    }

    /** What the library was built from and the classes agree too: each function is there. */
    @Test
    void libraryHasEveryFunction() throws Exception {
        NativeLibrary.load();
        for (var function : CHeader.parse(header()).functions().entrySet()) {
            var name = function.getKey();
            var address = (MemorySegment) PvmJit.class.getMethod(name + "$address").invoke(null);
            assertFalse(address.equals(MemorySegment.NULL), name);
            var descriptor = (FunctionDescriptor) PvmJit.class.getMethod(name + "$descriptor").invoke(null);
            assertEquals(methodType(function.getValue()), descriptor.toMethodType(), name);
        }
    }

    // The proof that the comparison notices: each constant, structure and function of the header, changed in turn.

    record Change(String description, String noticed, String header) {
        @Override
        public String toString() {
            return description;
        }
    }

    static List<Change> changes() throws IOException {
        var text = CHeader.withoutComments(header());
        var declared = CHeader.parse(text);
        var changes = new ArrayList<Change>();
        for (var name : declared.constants().keySet()) {
            change(changes, text, name + ": value", name, "(\\b" + name + "\\b(?: =)? )\\d+", "$1" + 9876543);
            change(changes, text, name + ": renamed", name, "\\b" + name + "\\b", name + "_X");
        }
        declared.structures().forEach((name, fields) -> {
            var open = "(typedef struct " + name + " \\{)";
            change(changes, text, name + ": field first", name, open, "$1 uint64_t extra;");
            change(changes, text, name + ": field last", name, "(\\} " + name + ";)", "uint64_t extra; $1");
            change(changes, text, name + ": octet last", name, "(\\} " + name + ";)", "uint8_t extra; $1");
            change(changes, text, name + ": renamed", name, "\\b" + name + "\\b", name + "_x");
            for (var field : fields) {
                var it = "(?s)(" + open + "[^}]*?)\\b((?:const )?\\w+ \\*?)" + field.name() + "\\b([^;]*;)";
                var path = name + "." + field.name();
                change(changes, text, path + ": type", name, it, "$1 uint16_t " + field.name() + "$4");
                change(changes, text, path + ": renamed", name, it, "$1 $3" + field.name() + "_x$4");
                change(changes, text, path + ": array", name, it, "$1 $3" + field.name() + "[77];");
                change(changes, text, path + ": removed", name, it, "$1");
            }
        });
        declared.functions().forEach((name, function) -> {
            var open = "(\\b" + name + "\\(";
            change(changes, text, name + ": renamed", name, "\\b" + name + "(?=\\()", name + "_x");
            change(changes, text, name + ": result", name, "\\w+ \\*?(\\b" + name + "\\()", "uint16_t $1");
            if (function.parameters().isEmpty()) {
                change(changes, text, name + ": parameter", name, name + "\\(void\\)", name + "(int32_t extra)");
            } else {
                change(changes, text, name + ": parameter first", name, open + ")", "$1int32_t extra, ");
                change(changes, text, name + ": parameter last", name, open + "[^)]*)", "$1, int32_t extra");
                change(changes, text, name + ": parameter type", name, open + ")[^,)]*", "$1int16_t changed");
            }
        });
        var end = "(?s)(#endif\\s*)$";
        change(changes, text, "constant added", "PVM_EXTRA", end, "#define PVM_EXTRA 1\n$1");
        change(changes, text, "enumerator added", "PVM_EXTRA", end, "enum extra { PVM_EXTRA };\n$1");
        change(changes, text, "type added", "pvm_extra", end, "typedef struct pvm_extra { int a; } pvm_extra;\n$1");
        change(changes, text, "function added", "pvm_extra", end, "void pvm_extra(void);\n$1");
        return changes;
    }

    private static void change(
            List<Change> changes, String text, String description, String noticed, String pattern, String replacement) {
        var changed = text.replaceAll(pattern, replacement);
        assertFalse(changed.equals(text), () -> "nothing to change for " + description);
        changes.add(new Change(description, noticed, changed));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void changeIsNoticed(Change change) throws Exception {
        var differences = differences(change.header());
        assertTrue(
                differences.stream().anyMatch(difference -> difference.contains(change.noticed())),
                () -> change + " noticed only as " + differences);
    }

    @ParameterizedTest
    @MethodSource("unreadable")
    void unknownFormIsRefused(String text) throws Exception {
        var changed = header().replaceFirst("(?s)(#endif\\s*)$", text + "\n$1");
        assertThrows(IllegalArgumentException.class, () -> CHeader.parse(changed));
    }

    static Stream<String> unreadable() {
        return Stream.of(
                "#define PVM_SUM (1 + 2)",
                "#define PVM_F(x) x",
                "union u { int a; };",
                "extern int pvm_variable;",
                "void pvm_callback(void (*f)(int));",
                "typedef struct pvm_bits { uint32_t a : 3; } pvm_bits;",
                "typedef struct pvm_long { long a; } pvm_long;",
                "typedef struct pvm_two { uint32_t a, b; } pvm_two;");
    }

    // The comparison

    private static String header() throws IOException {
        return Files.readString(HEADER);
    }

    private static List<String> differences(String text) throws Exception {
        var header = CHeader.parse(text);
        var differences = new ArrayList<String>();

        var functions = generatedFunctions();
        compare(differences, "function", functions, new TreeMap<>(header.functions().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> methodType(entry.getValue())))));

        var constants = generatedConstants(functions);
        var expected = new TreeMap<String, Long>();
        header.constants().forEach((name, value) -> expected.put(name,
                constants.get(name) instanceof Integer ? (long) value.intValue() : value));
        var actual = new TreeMap<String, Long>();
        constants.forEach((name, value) -> actual.put(name, value.longValue()));
        compare(differences, "constant", actual, expected);

        var layouts = new TreeMap<String, MemoryLayout>();
        header.structures().forEach((name, fields) -> layouts.put(name, layout(name, fields)));
        compare(differences, "structure", generatedLayouts(), layouts);
        return differences;
    }

    private static <T> void compare(
            List<String> differences, String kind, Map<String, T> output, Map<String, T> header) {
        var names = new TreeMap<>(output);
        names.putAll(header);
        for (var name : names.keySet()) {
            if (!output.containsKey(name)) {
                differences.add(kind + " " + name + ": missing in the output");
            } else if (!header.containsKey(name)) {
                differences.add(kind + " " + name + ": missing in the header");
            } else if (!output.get(name).equals(header.get(name))) {
                differences.add(kind + " " + name + ": " + output.get(name) + " in the output, " + header.get(name)
                        + " by the header");
            }
        }
    }

    private static Map<String, MethodType> generatedFunctions() {
        return Arrays.stream(PvmJit.class.getDeclaredMethods())
                .filter(BindingsDriftTest::isPublic)
                .filter(method -> hasMethod(method.getName() + "$handle"))
                .collect(Collectors.toMap(
                        Method::getName,
                        method -> MethodType.methodType(method.getReturnType(), method.getParameterTypes())));
    }

    /** jextract makes a method without parameters of each constant. */
    private static Map<String, Number> generatedConstants(Map<String, MethodType> functions) throws Exception {
        var constants = new TreeMap<String, Number>();
        for (var method : PvmJit.class.getDeclaredMethods()) {
            if (isPublic(method) && !method.getName().contains("$") && !functions.containsKey(method.getName())) {
                constants.put(method.getName(), (Number) method.invoke(null));
            }
        }
        return constants;
    }

    private static Map<String, MemoryLayout> generatedLayouts() throws Exception {
        var layouts = new TreeMap<String, MemoryLayout>();
        try (var files = Files.list(OUTPUT)) {
            for (var file : files.toList()) {
                var name = file.getFileName().toString().replace(".java", "");
                if (!name.startsWith("PvmJit")) {
                    var type = Class.forName("io.pvmjit.ffi." + name);
                    layouts.put(name, (MemoryLayout) type.getMethod("layout").invoke(null));
                }
            }
        }
        return layouts;
    }

    private static boolean isPublic(Method method) {
        return Modifier.isPublic(method.getModifiers()) && Modifier.isStatic(method.getModifiers());
    }

    private static boolean hasMethod(String name) {
        return Arrays.stream(PvmJit.class.getDeclaredMethods()).anyMatch(method -> method.getName().equals(name));
    }

    // What the header's types are in Java, by the System V ABI for x86-64

    private static MethodType methodType(CHeader.Function function) {
        return MethodType.methodType(
                function.result() == null ? void.class : carrier(function.result()),
                function.parameters().stream().<Class<?>>map(BindingsDriftTest::carrier).toList());
    }

    private static Class<?> carrier(CHeader.Type type) {
        if (type.pointer()) {
            return MemorySegment.class;
        }
        return switch (type.size()) {
            case 1 -> byte.class;
            case 2 -> short.class;
            case 4 -> int.class;
            default -> long.class;
        };
    }

    private static MemoryLayout value(CHeader.Type type) {
        if (type.pointer()) {
            return PvmJit.C_POINTER;
        }
        return switch (type.size()) {
            case 1 -> PvmJit.C_CHAR;
            case 2 -> PvmJit.C_SHORT;
            case 4 -> PvmJit.C_INT;
            default -> PvmJit.C_LONG;
        };
    }

    private static StructLayout layout(String name, List<CHeader.Field> fields) {
        var members = new ArrayList<MemoryLayout>();
        long offset = 0;
        long alignment = 1;
        for (var field : fields) {
            var element = value(field.type());
            alignment = Math.max(alignment, element.byteAlignment());
            offset = pad(members, offset, element.byteAlignment());
            var member = field.length() == 0 ? element : MemoryLayout.sequenceLayout(field.length(), element);
            members.add(member.withName(field.name()));
            offset += member.byteSize();
        }
        pad(members, offset, alignment);
        return MemoryLayout.structLayout(members.toArray(MemoryLayout[]::new)).withName(name);
    }

    private static long pad(List<MemoryLayout> members, long offset, long alignment) {
        long padding = -offset & (alignment - 1);
        if (padding != 0) {
            members.add(MemoryLayout.paddingLayout(padding));
        }
        return offset + padding;
    }
}
