package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.BlockCost;
import io.pvmjit.Engine;
import io.pvmjit.program.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a program: its functions with their costs, and of what is wrong the function and the line. */
class ReportsTest {
    private static final String PROGRAM = """
            __attribute__((noipa)) static long twice(long x) { return x * 2; }
            __attribute__((noinline, used)) static long unused(long x) { return x * 3; }
            __attribute__((noipa)) static long sum(const signed char *octets, long length) {
                long sum = 0;
                for (long i = 0; i < length; i++) {
                    sum += octets[i] < 0 ? twice(octets[i]) : octets[i];
                }
                return sum;
            }
            struct octets { void *address; long length; };
            struct octets refine(const signed char *arguments, long length) {
                static long result;
                result = sum(arguments, length);
                return (struct octets){&result, 8};
            }
            """;

    @TempDir
    private Path folder;

    private Path object(String name, String text, String... flags) throws IOException {
        return Guests.object(Files.writeString(folder.resolve(name), text), folder.resolve(name + ".o"), flags);
    }

    @Test
    void costsOfFunctions() throws IOException, LinkException {
        var linked = Linker.link(object("program.c", PROGRAM, "-O1"), LinkOptions.defaults());
        var report = CodeReport.of(linked);
        assertEquals(List.of(CodeReport.START, "refine", "sum", "twice"),
                report.stream().map(CodeReport.Function::name).sorted().toList());
        var program = Program.parse(linked.programBlob());
        int pc = 0;
        for (var function : report) {
            assertEquals(pc, function.pc(), function.name() + " begins where the one before ends");
            pc += function.octets();
            if (!function.name().equals(CodeReport.START)) {
                assertEquals(linked.functions().get(function.name()), function.pc());
            }
            int instructions = 0;
            for (int at = function.pc(); at < pc; at++) {
                instructions += program.isStart(at) ? 1 : 0;
            }
            assertEquals(instructions, function.instructions(), function.name());
            assertTrue(function.gas() > 0, function.name());
        }
        assertEquals(program.codeLength(), pc);
        assertEquals(program.instructionCount(), report.stream().mapToInt(CodeReport.Function::instructions).sum());
        try (var engine = Engine.create(); var module = engine.compile(linked.programBlob())) {
            assertEquals(module.blockCosts().stream().mapToLong(BlockCost::cost).sum(),
                    report.stream().mapToLong(CodeReport.Function::gas).sum());
        }
    }

    /** Two names of one function are one function. */
    @Test
    void namesOfOneFunction() throws IOException, LinkException {
        var linked = Linker.link(object("names.S", """
                    .globl refine, other
                    .type refine, @function
                    .type other, @function
                refine:
                other:
                    ret
                """), LinkOptions.defaults());
        assertEquals(List.of("other", "refine"), List.copyOf(linked.functions().keySet()));
        assertEquals(2, CodeReport.of(linked).size());
    }

    private static List<String> problems(Path object) {
        return assertThrows(LinkException.class, () -> Linker.link(object, LinkOptions.defaults())).getMessage().lines()
                .toList();
    }

    private static final String WRONG = """
                .globl refine
                .type refine, @function
            refine:
                mv s3, a0
                call helper
                mv a0, s3
                mv a0, s4
                mv a1, s3
                ret
                .type helper, @function
                .type other, @function
                .section .text.helper, "ax", @progbits
            helper:
                nop
                mv a0, s3
                j other
                .section .text.other, "ax", @progbits
            other:
                addi t0, a7, 1
                ret
            """;

    /** All at once, each problem of a function once, at its first place. */
    @Test
    void problemsByLine() throws IOException {
        var source = folder.resolve("wrong.S");
        var object = object("wrong.S", WRONG, "-g");
        assertEquals(List.of(
                source + ":4: in function 'refine': addi uses register s3, which the PVM does not have",
                source + ":7: in function 'refine': addi uses register s4, which the PVM does not have",
                source + ":15: in function 'helper': addi uses register s3, which the PVM does not have",
                source + ":19: in function 'other': more than 6 register arguments: the PVM has no register a7"),
                problems(object).stream().sorted((a, b) -> Integer.compare(line(a), line(b))).toList());
    }

    private static int line(String problem) {
        return Integer.parseInt(problem.replaceFirst(".*wrong\\.S:(\\d+): .*", "$1"));
    }

    /** Without debugging information, by the section and the offset; of a linked file, too. */
    @Test
    void problemsByOffset() throws IOException {
        var object = object("wrong.S", WRONG, "-g0");
        var expected = List.of(
                "wrong.S.o:.text+0x0: in function 'refine': addi uses register s3, which the PVM does not have",
                "wrong.S.o:.text.helper+0x4: in function 'helper': addi uses register s3, which the PVM does not have");
        assertTrue(problems(object).containsAll(expected), () -> problems(object).toString());
        var linked = folder.resolve("linked");
        Guests.run(List.of(GuestCompiler.PREFIX + "ld", "--emit-relocs", "--no-relax", "--entry=refine", "-Ttext=0x5000",
                "-o", linked.toString(), object.toString()));
        var first = problems(linked);
        assertTrue(first.contains("linked:.text+0x0: in function 'refine': addi uses register s3, which the PVM does not "
                + "have"), first.toString());
    }

    /** Of a linked file, lines are those of its addresses. */
    @Test
    void linesOfLinkedFiles() throws IOException {
        var object = object("wrong.S", WRONG, "-g");
        var linked = folder.resolve("linked");
        Guests.run(List.of(GuestCompiler.PREFIX + "ld", "--emit-relocs", "--no-relax", "--entry=refine", "-Ttext=0x5000",
                "-o", linked.toString(), object.toString()));
        var source = folder.resolve("wrong.S");
        var found = problems(linked);
        assertTrue(found.contains(source + ":4: in function 'refine': addi uses register s3, which the PVM does not have"),
                found.toString());
        assertTrue(found.contains(source + ":15: in function 'helper': addi uses register s3, which the PVM does not have"),
                found.toString());
    }
}
