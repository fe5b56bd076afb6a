package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be expressed is refused, by function and line; what is never reached is nobody's business. */
class RefusalsTest {
    private static final String REFINE = """
            #include <pvm.h>
            static uint64_t out;
            pvm_octets refine(const uint8_t *arguments, uint64_t length) {
                BODY
                return (pvm_octets){&out, 8};
            }
            """;
    /** The line of the body in it. */
    private static final int LINE = 4;

    @TempDir
    private Path folder;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private LinkedProgram build(Path source, String... flags) throws LinkException {
        return Guests.toolchain().build(List.of(source), List.of(flags), LinkOptions.defaults());
    }

    private static List<String> problems(Executable action) {
        return assertThrows(LinkException.class, action).getMessage().lines().toList();
    }

    /** A line each for the problems that are expected, all in refine at the line of the body. */
    private static void assertInBody(Path source, List<String> problems, String... expected) {
        var place = source + ":" + LINE + ": in function 'refine': ";
        assertEquals(Arrays.stream(expected).map(place::concat).toList(), problems);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "addi s3, s3, 1 | addi uses register s3, which the PVM does not have",
        "mv a0, t6 | addi uses register t6, which the PVM does not have",
        "sd gp, 0(sp) | sd uses register gp, which the PVM does not have",
        "ld tp, 0(sp) | ld uses register tp, which the PVM does not have",
        "beq a0, s11, . + 8 | beq uses register s11, which the PVM does not have",
        "jalr t3 | jalr uses register t3, which the PVM does not have",
        "li a6, 1 | more than 6 register arguments: the PVM has no register a6",
        "addi a0, a7, 1 | more than 6 register arguments: the PVM has no register a7",
        "ecall | instruction 0x00000073 has no counterpart in the PVM",
        "mret | instruction 0x30200073 has no counterpart in the PVM",
        "wfi | instruction 0x10500073 has no counterpart in the PVM",
        ".option arch, +zicsr; csrr a0, cycle | instruction 0xc0002573 has no counterpart in the PVM",
        ".option arch, +a; lr.d a0, (a1) | instruction 0x1005b52f has no counterpart in the PVM",
        ".option arch, +a; amoadd.w a0, a2, (a1) | instruction 0x00c5a52f has no counterpart in the PVM",
        ".option arch, +f; fadd.s fa0, fa1, fa2 | instruction 0x00c5f553 has no counterpart in the PVM",
        ".option arch, +d; fld fa0, 8(sp) | instruction 0x00813507 has no counterpart in the PVM",
        ".option arch, +zba; sh1add a0, a1, a2 | instruction 0x20c5a533 has no counterpart in the PVM",
        ".option arch, +zifencei; fence.i | fence.i is for code that is written at run time, which the PVM cannot run",
        ".option arch, +v; vsetvli a0, a1, e8, m1 | instruction 0x0005f557 has no counterpart in the PVM",
        ".insn i 0x0b, 0, x0, x0, -1 | instruction 0xfff0000b has no counterpart in the PVM",
        ".insn i 0x0b, 0, a0, x0, 1 | instruction 0x0010050b has no counterpart in the PVM",
        "auipc a0, 1; add a0, a0, a1 | auipc without a relocation: its value is an address of the code",
        "jr zero | an indirect jump to a number"
    })
    void instructions(String assembly, String problem) throws IOException {
        var source = write("guest.c", REFINE.replace("BODY", "__asm__ volatile(\"" + assembly + "\");"));
        assertInBody(source, problems(() -> build(source)), problem);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "__thread int v = 1; int main(void) { return v; } | GCC | | v' is thread-local",
        "__thread int v = 1; int main(void) { return v; } | CLANG | | v' is thread-local",
        "extern __thread int v; int main(void) { return v; } | CLANG | -fPIC | v' is thread-local",
        "int main(void) { return 1; } | GCC | -march=rv64imc | program.c uses compressed instructions",
        "int main(void) { return 1; } | CLANG | -march=rv64emc | program.c uses compressed instructions",
        "int main(void) { return 1; } | GCC | -march=rv64imfd -mabi=lp64d | program.c is for an ABI that passes floating",
        "int main(void) { return 1; } | CLANG | -march=rv64imf -mabi=lp64f | program.c is for an ABI that passes floating",
        "int f(int (*g)(void)) { return g() + g(); } int main(void) { int n = 1; int g(void) { return n++; } return f(g); } "
                + "| GCC | | trampoline generated for nested function",
        "int f(int n, ...) { va_list l; va_start(l, n); return va_arg(l, __int128); } "
                + "int main(void) { return f(1, (__int128)2); } | CLANG | -include stdarg.h | 16 octets",
        "int f(int n, ...) { va_list l; va_start(l, n); return va_arg(l, long double) > 1; } "
                + "int main(void) { return f(1, 2.0L); } | CLANG | -O0 -include stdarg.h | 16 octets",
        "struct s { int a; _Alignas(16) int b[0]; }; int f(int n, ...) { __builtin_va_list l; __builtin_va_start(l, n); "
                + "return __builtin_va_arg(l, struct s).a; } struct s s = {2}; int main(void) { return f(1, s); } "
                + "| CLANG | | 16 octets"
    })
    void whatCompilersAreTold(String program, GuestCompiler compiler, String flags, String part) throws IOException {
        var toolchain = compiler == GuestCompiler.GCC ? Guests.toolchain() : Guests.clang();
        var source = write("program.c", program);
        var options = flags == null ? List.<String>of() : List.of(flags.split(" "));
        var message = String.join("\n", problems(
                () -> toolchain.build(List.of(source), options, LinkOptions.defaults())));
        assertTrue(message.replaceAll("[‘’]", "'").contains(part), message);
        assertFalse(message.contains(".c.o"), message);
    }

    /** Called or in data, it would be the function that chooses which runs instead of one of the chosen. */
    @ParameterizedTest
    @ValueSource(strings = {"call chosen", "la t0, chosen", ".pushsection .data; .dword chosen; .popsection"})
    void functionsThatAreChosenAtRunTime(String use) throws IOException {
        var source = write("chosen.S", """
                    .globl refine
                    .type refine, @function
                refine:
                    USE
                    ret
                    .globl chosen
                    .type chosen, @gnu_indirect_function
                chosen:
                    lla a0, refine
                    ret
                """.replace("USE", use));
        var object = Guests.object(source, folder.resolve("chosen.o"));
        assertEquals(List.of(object + ": the function 'chosen' is chosen at run time (ifunc), which is not supported"),
                problems(() -> Linker.link(object, LinkOptions.defaults())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-O0", "-O1", "-O2", "-Os"})
    void sevenArguments(String level) throws IOException {
        var source = write("seven.c", """
                #include <pvm.h>
                static uint64_t out;
                __attribute__((noipa)) static uint64_t seven(int a, int b, int c, int d, int e, int f, int g) {
                    return a + b * c - d * e + (uint64_t)f * g;
                }
                pvm_octets refine(const uint8_t *arguments, uint64_t length) {
                    out = seven(arguments[0], arguments[1], 3, 4, length, 6, length + 1);
                    return (pvm_octets){&out, 8};
                }
                """);
        var problems = problems(() -> build(source, level));
        for (var problem : problems) {
            assertTrue(problem.matches(Pattern.quote(source.toString()) + ":(3|4|7): in function '(seven|refine)': "
                    + "more than 6 register arguments: the PVM has no register a6"), problem);
        }
        assertTrue(problems.stream().anyMatch(problem -> problem.contains(":7: in function 'refine'")),
                problems.toString());
    }

    @Test
    void symbols() throws IOException {
        var undefinedFunction = write("function.c", "int nothing(int);\n"
                + REFINE.replace("BODY", "out = nothing(3);"));
        assertEquals(List.of(undefinedFunction + ":5: in function 'refine': 'nothing' is not defined"),
                problems(() -> build(undefinedFunction)));
        var undefinedVariable = write("variable.c", "extern int nothing;\n" + REFINE.replace("BODY", "out = nothing;"));
        assertEquals(List.of(undefinedVariable + ":5: in function 'refine': 'nothing' is not defined"),
                problems(() -> build(undefinedVariable)));
        var inData = write("data.c", "extern int nothing;\nint *volatile pointer = &nothing;\n"
                + REFINE.replace("BODY", "out = *pointer;"));
        var problems = problems(() -> build(inData));
        assertEquals(1, problems.size());
        assertTrue(problems.getFirst().endsWith("'nothing' is not defined"), problems.getFirst());
        var local = write("local.c", "static __thread int variable;\n" + REFINE.replace("BODY", "variable += length;"));
        for (var problem : problems(() -> build(local))) {
            assertTrue(problem.startsWith(local + ":5: in function 'refine': "), problem);
        }
        var called = write("called.c", "int number = 3;\n" + REFINE.replace("BODY",
                "__asm__ volatile(\"call number\" : : : \"ra\");"));
        assertEquals(List.of(called + ":5: in function 'refine': a jump to 'number', which is not code"),
                problems(() -> build(called)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "int x; | no entry: none of the functions refine, is_authorized, _start and main is defined",
        "int refine = 3; | the entry 'refine' is not code",
        "static int big[1 << 22] = {1}; int main(void) { return ++big[3]; } | have at most 2^24 - 1 octets each",
        "static const int big[1 << 22] = {1}; int main(int n) { return big[n]; } | have at most 2^24 - 1 octets each",
        "static char big[1 << 28]; int main(int n) { return ++big[n]; } | have at most 65535 pages",
        "static int n; __attribute__((destructor)) void f(void) { n++; } int main(void) { return n; } | function 'f'",
        "int main(void) { return 1 } | expected ';' before '}'"
    })
    void programs(String program, String part) throws IOException {
        var source = write("program.c", program);
        var message = String.join("\n", problems(() -> build(source)));
        assertTrue(message.replaceAll("[‘’]", "'").contains(part), message);
        assertFalse(message.contains("pvm-link-"), message);
    }

    @Test
    void definedTwice() throws IOException {
        var first = write("first.c", "int x = 1; int main(void) { return x; }\n");
        var second = write("second.c", "int x = 2;\n");
        var toolchain = Guests.toolchain();
        var message = String.join("\n", problems(
                () -> toolchain.build(List.of(first, second), List.of(), LinkOptions.defaults())));
        assertTrue(message.contains("multiple definition of `x'"), message);
    }

    @Test
    void unreachableFunctions() throws IOException, LinkException {
        var source = write("unreachable.c", """
                #include <pvm.h>
                static uint64_t out;
                int nothing(int a, int b, int c, int d, int e, int f, int g);
                double floating(double x) { __asm__ volatile("addi s3, s3, 1"); return x / 3; }
                int caller(int x) { return nothing(1, 2, 3, 4, 5, 6, x); }
                __attribute__((noinline)) static uint64_t used(uint64_t x) { return x * 3 + out; }
                static uint64_t by_address(uint64_t x) { return x + 1; }
                uint64_t (*volatile pointer)(uint64_t) = by_address;
                pvm_octets refine(const uint8_t *arguments, uint64_t length) {
                    out = used(length) + pointer(length);
                    return (pvm_octets){&out, 8};
                }
                """);
        var program = build(source);
        assertEquals(Set.of("refine", "used", "by_address"), program.functions().keySet());
        assertEquals(1, Guests.output(program, new byte[0])[0]);
        // The entry that is named decides what is reached.
        var toolchain = Guests.toolchain();
        var problems = problems(() -> toolchain.build(List.of(source), List.of(),
                LinkOptions.defaults().withEntry("caller")));
        assertTrue(problems.stream().allMatch(problem -> problem.contains("in function 'caller'")),
                problems.toString());
    }

    @Test
    void objectsForOtherMachines() throws IOException {
        Guests.toolchain();
        var source = write("object.c", "double main(double x, int y) { return x * y; }\n");
        var object = folder.resolve("object.o");
        var compiler = GuestCompiler.PREFIX + "gcc";
        refused(source, object, "uses compressed instructions", compiler, "-march=rv64imac", "-mabi=lp64");
        refused(source, object, "is not for 64-bit RISC-V", compiler, "-march=rv32im", "-mabi=ilp32");
        refused(source, object, "is not for 64-bit RISC-V", Guests.nativeCompiler());
        refused(source, object, "has no counterpart in the PVM", compiler, "-march=rv64imafd", "-mabi=lp64");
        refused(source, object, "passes floating-point numbers in registers", compiler, "-march=rv64imafd", "-mabi=lp64d");
    }

    private void refused(Path source, Path object, String part, String... compiler) {
        var command = new ArrayList<>(List.of(compiler));
        command.addAll(List.of("-g", "-c", "-ffreestanding", "-Wno-main", "-o", object.toString(), source.toString()));
        Guests.run(command);
        var problem = problems(() -> Linker.link(object, LinkOptions.defaults())).getFirst();
        assertTrue(problem.contains(part), problem);
    }

    @Test
    void strippedWithoutRelocationsOrWithVeryManySections() throws IOException {
        var source = write("small.S", "    .globl refine\n    .type refine, @function\nrefine:\n    call other\n"
                + "other:\n    ret\n");
        var object = Guests.object(source, folder.resolve("small.o"));
        var linked = folder.resolve("linked");
        Guests.run(List.of(GuestCompiler.PREFIX + "ld", "-e", "refine", "-o", linked.toString(), object.toString()));
        assertTrue(problems(() -> Linker.link(linked, LinkOptions.defaults())).getFirst()
                .endsWith(" was linked without keeping its relocations: link with --emit-relocs (-q)"));
        var octets = Files.readAllBytes(object);
        // The number of sections, which is elsewhere where there are very many.
        octets[0x3c] = 0;
        var many = Files.write(folder.resolve("many.o"), octets);
        assertTrue(problems(() -> Linker.link(many, LinkOptions.defaults())).getFirst()
                .endsWith("it has more than 65,279 sections: compile with -fno-function-sections -fno-data-sections"));
        Guests.run(List.of(GuestCompiler.PREFIX + "strip", object.toString()));
        var problem = problems(() -> Linker.link(object, LinkOptions.defaults())).getFirst();
        assertTrue(problem.endsWith(" has no symbols: it was stripped"), problem);
    }

    @Test
    void fieldsThatAreTooSmall() throws IOException {
        var source = write("field.S", """
                    .globl refine
                    .type refine, @function
                refine:
                    lla a0, field
                    ret
                    .data
                field:
                    .reloc ., R_RISCV_SET8, field
                    .byte 0
                """);
        var object = Guests.object(source, folder.resolve("field.o"));
        var problem = problems(() -> Linker.link(object, LinkOptions.defaults())).getFirst();
        assertTrue(problem.startsWith("section .data+0x0: "), problem);
        assertTrue(problem.contains("does not fit into 1 octet"), problem);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "16777216, 0", "0, -1", "0, 65536"})
    void options(int stackSize, int heapPages) {
        assertThrows(IllegalArgumentException.class,
                () -> LinkOptions.defaults().withStackSize(stackSize).withHeapPages(heapPages));
    }
}
