package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.StandardProgram;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What of a program is in its blob: what can be reached from the entries, by code and by data, and no more. */
class ReachedTest {
    @TempDir
    private Path folder;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private LinkedProgram link(String assembly, LinkOptions options) throws IOException, LinkException {
        return Linker.link(Guests.object(write("guest.S", assembly), folder.resolve("guest.o")), options);
    }

    /** Functions a to e and variables u to z, each in a section of its own; u, v are constants, w, x data, y, z zeros. */
    private static String program(String refine, String... contents) {
        var text = new StringBuilder();
        text.append("    .section .text.refine, \"ax\"\n    .globl refine\n    .type refine, @function\nrefine:\n    ")
                .append(refine.replace("; ", "\n    ")).append("\n    ret\n");
        for (char name = 'a'; name <= 'e'; name++) {
            text.append("    .section .text.%c, \"ax\"%n    .type %c, @function%n%c:%n    %s%n    ret%n".formatted(name,
                    name, name, content(contents, name, "nop")));
        }
        for (char name = 'u'; name <= 'z'; name++) {
            var section = name <= 'v' ? ".rodata.%c, \"a\"" : name <= 'x' ? ".data.%c, \"aw\"" : ".bss.%c, \"aw\", @nobits";
            text.append("    .section %s%n    .p2align 3%n    .type %c, @object%n%c:%n    %s%n".formatted(
                    section.formatted(name), name, name, content(contents, name, name <= 'x' ? ".dword 1" : ".space 8")));
        }
        return text.toString();
    }

    private static String content(String[] contents, char name, String otherwise) {
        return Arrays.stream(contents).filter(content -> content.startsWith(name + ": "))
                .map(content -> content.substring(3).replace("; ", "\n    ")).findFirst().orElse(otherwise);
    }

    /** What the entry does, what is in others; the functions that there are then, and octets of constants and data. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "nop | | refine | 0 | 0",
        "call a | | a refine | 0 | 0",
        "tail a | a: call b, b: call c | a b c refine | 0 | 0",
        "beqz a0, 1f; tail a; 1: | a: j 1f; nop; 1: tail d | a d refine | 0 | 0",
        "tail refine | a: call b | refine | 0 | 0",
        "lla t0, u | | refine | 8 | 0",
        "lla t0, w | | refine | 0 | 8",
        "lla t0, z | | refine | 0 | 0",
        "lui t0, %hi(w + 800); sd a0, %lo(w + 800)(t0) | | refine | 0 | 8",
        // By pointers in data, also from constants to data and back, and in a ring.
        "lla t0, u | u: .dword a, b, a: call c | a b c refine | 16 | 0",
        "lla t0, w | w: .dword x, x: .dword v, v: .dword w, c: call d | refine | 8 | 16",
        "lla t0, w | w: .dword w, 0, a | a refine | 0 | 24",
        "lla t0, u | u: .word 1f - a; .word a - a; 1: | a refine | 8 | 0",
        "lla t0, u | a: lla t0, w | refine | 8 | 0",
        "call a | a: lla t0, x; ld t0, 0(t0); jr t0, x: .dword e, e: lla t0, v | a e refine | 8 | 8",
        // What is behind something that does not come back is not reached.
        "unimp; call a | | refine | 0 | 0",
        "ret; call a; 1: j 1b | a: lla t0, w | refine | 0 | 0",
        "j 1f; call a; 1: call b | | b refine | 0 | 0"
    })
    void reached(String refine, String contents, String functions, int constants, int data) throws IOException,
            LinkException {
        var program = link(program(refine, contents == null ? new String[0] : contents.split(", (?=[a-z]: )")),
                LinkOptions.defaults());
        assertEquals(functions, String.join(" ", program.functions().keySet()));
        var blob = StandardProgram.parse(program.jamBlob());
        assertEquals(constants, blob.readOnlyLength());
        assertEquals(data, blob.readWriteLength());
    }

    /** The entry that is named is one; accumulate is one as well where there is one. */
    @Test
    void entries() throws IOException, LinkException {
        var assembly = program("call a") + "    .globl c, e\n";
        assertEquals(new TreeSet<>(List.of("a", "refine")), link(assembly, LinkOptions.defaults()).functions().keySet());
        assertEquals(new TreeSet<>(List.of("c")),
                link(assembly, LinkOptions.defaults().withEntry("c")).functions().keySet());
        assertEquals(new TreeSet<>(List.of("a", "accumulate", "d", "refine")), link(
                assembly + "    .text\n    .globl accumulate\n    .type accumulate, @function\naccumulate: tail d\n",
                LinkOptions.defaults()).functions().keySet());
        for (var name : List.of("nothing", "b")) {
            // Named by nobody outside of its file, or not there.
            var e = assertThrows(LinkException.class, () -> link(assembly, LinkOptions.defaults().withEntry(name)));
            assertEquals("the entry '" + name + "' is not defined", e.getMessage());
        }
    }

    private Path archive(Guests.Compiler compiler, String... members) throws IOException {
        var command = new ArrayList<>(List.of(GuestCompiler.PREFIX + "ar", "rcs", folder.resolve("lib.a").toString()));
        for (int i = 0; i < members.length; i++) {
            command.add(Guests.object(compiler, write("member" + i + ".c", members[i]), folder.resolve("member" + i + ".o"),
                    "-O1").toString());
        }
        Guests.run(command);
        return folder.resolve("lib.a");
    }

    private static final String MAIN = """
            #include <pvm.h>
            #include <stdlib.h>
            #include <string.h>
            static uint64_t out;
            DECLARATIONS
            pvm_octets refine(const uint8_t *arguments, uint64_t length) {
                out = RESULT;
                return (pvm_octets){&out, 8};
            }
            """;

    private LinkedProgram build(String declarations, String result, Path... others) throws IOException, LinkException {
        var inputs = new ArrayList<>(List.of(write("main.c",
                MAIN.replace("DECLARATIONS", declarations).replace("RESULT", result))));
        inputs.addAll(List.of(others));
        return Guests.toolchain().build(inputs, List.of(), LinkOptions.defaults());
    }

    private static long result(LinkedProgram program) {
        return ByteBuffer.wrap(Guests.output(program, new byte[] {1, 2, 3}, Guests.heap(), io.pvmjit.Backend.CROSSCHECK))
                .order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    /** Only members that define what is missing; so that nobody sees what is wrong with others. */
    @ParameterizedTest
    @EnumSource
    void membersOfArchives(Guests.Compiler compiler) throws IOException, LinkException {
        var archive =
                archive(compiler, "long one(void) { return 1; }", "long two(void) { long one(void); return one() + 1; }",
                        "long two(void) { return 100; } long three(void) { return 3; }",
                        "long four(void) { long nowhere(void); return nowhere(); }");
        var object = ElfObject.read(archiveUser(archive));
        assertEquals(List.of("one", "two"), object.symbols().stream().filter(ElfObject.Symbol::function)
                .map(ElfObject.Symbol::name).filter(name -> List.of("one", "two", "three", "four").contains(name)).sorted()
                .collect(Collectors.toList()));
        assertEquals(3 + 2, result(build("long two(void);", "length + two()", archive)));
        var e = assertThrows(LinkException.class, () -> build("long four(void);", "four()", archive));
        assertTrue(e.getMessage().endsWith("in function 'four': 'nowhere' is not defined"), e.getMessage());
        // Two of one name are too many, when both are needed.
        e = assertThrows(LinkException.class,
                () -> build("long two(void), three(void);", "two() + three()", archive));
        assertTrue(e.getMessage().contains("multiple definition of `two'"), e.getMessage());
    }

    private Path archiveUser(Path archive) throws IOException, LinkException {
        var object = folder.resolve("user.o");
        Guests.toolchain().compile(List.of(write("user.c",
                MAIN.replace("DECLARATIONS", "long two(void);").replace("RESULT", "two()")), archive), List.of(), object);
        return object;
    }

    /** The program's own functions come before the runtime's, whose others use them. */
    @Test
    void functionsOfTheRuntimeThatAProgramHasItself() throws IOException, LinkException {
        var own = """
                static char place[64];
                static volatile int calls;
                void *malloc(size_t size) { calls += 1 + (size == 5); return place; }
                void *memset(void *to, int value, size_t length) { calls += 10; (void)value; (void)length; return to; }
                """;
        var program = build(own, "malloc(5) == place && memset(place, arguments[0], length) == place ? calls : 0");
        assertEquals(12, result(program));
        // calloc is the runtime's: it fills what its own malloc gives by the program's memset.
        assertEquals(10, result(build(own, "calloc(length, 2) != place ? calls : 0")));
    }

    /** A weak definition gives way to one that is not, whichever comes first; two weak ones are no fault. */
    @Test
    void weakDefinitions() throws IOException, LinkException {
        var weak = write("weak.c", "__attribute__((weak)) long f(void) { return 1; }\nlong g(void) { return f(); }\n");
        var strong = write("strong.c", "long f(void) { return 2; }\n");
        var other = write("other.c", "__attribute__((weak)) long f(void) { return 3; }\n");
        var declaration = "long f(void), g(void);";
        assertEquals(22, result(build(declaration, "f() * 10 + g()", weak, strong)));
        assertEquals(22, result(build(declaration, "f() * 10 + g()", strong, weak)));
        assertEquals(11, result(build(declaration, "f() * 10 + g()", weak, other)));
        assertEquals(7, result(build("__attribute__((weak)) long f(void);", "f ? 1 : 7")));
        assertEquals(1, result(build("__attribute__((weak)) long f(void);", "f ? 1 : 7", other)));
    }
}
