package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.StandardProgram;
import io.pvmjit.testing.Toolchains;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code pvm cc} and {@code pvm link} as they are called from a shell. */
class CompilerCommandsTest {
    private static final String PREFIX = System.getenv().getOrDefault("PVM_RISCV_PREFIX", "riscv64-unknown-elf-");

    @TempDir
    private Path folder;

    /** Runs a command; FOLDER stands for that of the files. */
    private Pvm.Result pvm(String... arguments) {
        return Pvm.pvm(Arrays.stream(arguments).map(argument -> argument.replace("FOLDER", folder.toString())).toArray());
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @BeforeEach
    void writeFiles() throws IOException {
        Toolchains.require(PREFIX + "gcc");
        write("answer.h", "int answer(int);\n");
        write("main.c", "#include <answer.h>\nint main(void) { return answer(NUMBER); }\n");
        write("answer.c", "#include \"answer.h\"\nint answer(int x) { return x + 1; }\n");
        write("two.S", """
                    .globl refine
                    .type refine, @function
                refine:
                    lla a0, text
                    li a1, 2
                    ret
                    .section .rodata
                text:
                    .ascii "ok"
                """);
        write("wrong.c", "int main(void) {\n    __asm__ volatile(\"mv s5, s6\");\n    return 0;\n}\n");
        write("syntax.c", "int main(void) {\n    return\n}\n");
        write("warns.c", "int main(void) {\n    int unused;\n    return 0;\n}\n");
        write("text.o", "no object\n");
    }

    private void assertResult(String expected) {
        var run = pvm("run", "FOLDER/out.jam", "--json");
        assertEquals(ExitCodes.OK, run.exitCode(), run.err());
        assertTrue(run.out().contains('"' + expected + '"'), run.out());
    }

    @Test
    void compilesSeveralFiles() {
        var result = pvm("cc", "FOLDER/main.c", "FOLDER/answer.c", "-IFOLDER", "-DNUMBER=41", "-O1", "-Wall", "-o",
                "FOLDER/out.jam");
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        assertEquals("", result.err());
        assertTrue(result.out().contains("out.jam: JAM blob, "), result.out());
        assertResult("2a00000000000000");
    }

    @Test
    void compilesAssemblyAndWritesTheBareProgram() throws IOException {
        assertEquals(ExitCodes.OK, pvm("cc", "FOLDER/two.S", "-o", "FOLDER/out.jam").exitCode());
        assertResult("6f6b");
        assertEquals(ExitCodes.OK, pvm("cc", "FOLDER/two.S", "--program", "-o", "FOLDER/out.bin").exitCode());
        var program = StandardProgram.parse(Files.readAllBytes(folder.resolve("out.jam"))).programBlob();
        assertArrayEquals(program.toArray(ValueLayout.JAVA_BYTE), Files.readAllBytes(folder.resolve("out.bin")));
    }

    @Test
    void linksWhatItSaved() throws IOException {
        var result = pvm("cc", "FOLDER/two.S", "--save-object", "FOLDER/two.o", "-o", "FOLDER/out.jam");
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        var compiled = Files.readAllBytes(folder.resolve("out.jam"));
        for (var runtime : List.of(new String[] {"--no-runtime"}, new String[0])) {
            var command = new ArrayList<>(List.of("link", "FOLDER/two.o", "-o", "FOLDER/linked.jam"));
            command.addAll(List.of(runtime));
            var linked = pvm(command.toArray(String[]::new));
            assertEquals(ExitCodes.OK, linked.exitCode(), linked.err());
            assertArrayEquals(compiled, Files.readAllBytes(folder.resolve("linked.jam")));
        }
    }

    @Test
    void linksLinkedFiles() throws IOException, InterruptedException {
        assertEquals(ExitCodes.OK,
                pvm("cc", "FOLDER/two.S", "--save-object", "FOLDER/two.o", "-o", "FOLDER/two.jam").exitCode());
        assertEquals(0, new ProcessBuilder(PREFIX + "ld", "-q", "--no-relax", "-e", "refine",
                "--unresolved-symbols=ignore-all", "-o", "two", "two.o")
                .directory(folder.toFile()).inheritIO().start().waitFor());
        var result = pvm("link", "FOLDER/two", "-o", "FOLDER/out.jam");
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        assertResult("6f6b");
    }

    @Test
    void compilesCPlusPlusWithEitherCompiler() throws IOException {
        write("count.cpp", """
                static int count;
                struct Before { Before() { count = 41; } } before;
                int main() { return count + 1; }
                """);
        write("name.x", "int main(void);\n");
        for (var compiler : List.of("gcc", "clang")) {
            Toolchains.require(compiler.equals("gcc") ? PREFIX + "gcc" : "clang-22");
            var result = pvm("cc", "--compiler", compiler, "-std=c++17", "FOLDER/count.cpp", "-o", "FOLDER/out.jam");
            assertEquals(ExitCodes.OK, result.exitCode(), result.err());
            assertResult("2a00000000000000");
        }
        var other = pvm("cc", "FOLDER/name.x", "-o", "FOLDER/out.jam");
        assertEquals(ExitCodes.BAD_INPUT, other.exitCode());
        assertTrue(other.err().contains("name.x is neither an object file, an archive, nor a source"), other.err());
        var unknown = pvm("cc", "--compiler", "tcc", "FOLDER/count.cpp", "-o", "FOLDER/out.jam");
        assertEquals(ExitCodes.BAD_INPUT, unknown.exitCode());
        assertTrue(unknown.err().contains("--compiler"), unknown.err());
    }

    /** Objects of both compilers in one program, and for the other ABI in another; never of both. */
    @Test
    void objectsOfSeveralCompilers() throws IOException, InterruptedException {
        Toolchains.require("clang-22", "ld.lld-22");
        for (var abi : List.of("lp64 -march=rv64im_zbb", "lp64e -march=rv64em_zbb")) {
            var command = new ArrayList<>(List.of("clang-22", "--target=riscv64-unknown-elf", "-I.", "-O1", "-c",
                    "answer.c", "-o", abi.split(" ")[0] + ".o"));
            command.addAll(List.of(("-mabi=" + abi).split(" ")));
            for (int register : new int[] {3, 4, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}) {
                command.add("-ffixed-x" + register);
            }
            assertEquals(0, new ProcessBuilder(command).directory(folder.toFile()).inheritIO().start().waitFor());
        }
        for (var program : List.of("gcc lp64.o", "clang lp64.o", "clang lp64e.o")) {
            var result = pvm("cc", "--compiler", program.split(" ")[0], "FOLDER/main.c", "FOLDER/" + program.split(" ")[1],
                    "-IFOLDER", "-DNUMBER=41", "-o", "FOLDER/out.jam");
            assertEquals(ExitCodes.OK, result.exitCode(), result.err());
            assertResult("2a00000000000000");
        }
        Files.delete(folder.resolve("out.jam"));
        var mixed = pvm("cc", "FOLDER/main.c", "FOLDER/lp64e.o", "-IFOLDER", "-DNUMBER=41", "-o", "FOLDER/out.jam");
        assertEquals(ExitCodes.BAD_INPUT, mixed.exitCode());
        assertTrue(mixed.err().contains("lp64e.o is for the ABI lp64e and "), mixed.err());
        assertEquals(1, mixed.err().lines().count(), mixed.err());
    }

    @Test
    void reportsWhatFunctionsCost() {
        var result = pvm("cc", "FOLDER/main.c", "FOLDER/answer.c", "-IFOLDER", "-DNUMBER=41", "--report", "-o",
                "FOLDER/out.jam");
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        var lines = result.out().lines().toList();
        assertTrue(lines.stream().anyMatch(line -> line.matches(" +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +answer")), result.out());
        var sums = new long[3];
        for (var line : lines.subList(2, lines.size() - 1)) {
            var words = line.strip().split(" +");
            for (int i = 0; i < sums.length; i++) {
                sums[i] += Long.parseLong(words[i]);
            }
        }
        assertEquals("%d %d %d in all".formatted(sums[0], sums[1], sums[2]),
                lines.getLast().strip().replaceAll(" +", " "));
        var gas = pvm("gas", "FOLDER/out.jam").out().lines().skip(2).mapToLong(
                line -> Long.parseLong(line.strip().split(" +")[1])).sum();
        assertEquals(gas, sums[2]);
    }

    @Test
    void warningsAreShown() {
        var result = pvm("cc", "-Wall", "FOLDER/warns.c", "-o", "FOLDER/out.jam");
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        assertTrue(result.err().contains("warns.c:2:9: warning: unused variable"), result.err());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "cc FOLDER/wrong.c -o FOLDER/out.jam | wrong.c:2: in function 'main': addi uses register s5",
        "cc FOLDER/syntax.c -o FOLDER/out.jam | syntax.c:3:1: error: expected expression",
        "cc FOLDER/main.c -o FOLDER/out.jam | fatal error: answer.h: No such file or directory",
        "cc FOLDER/main.c -IFOLDER -DNUMBER=1 -o FOLDER/out.jam | main.c:2: in function 'main': 'answer' is not",
        "cc FOLDER/missing.c -o FOLDER/out.jam | missing.c: no such file",
        "cc FOLDER -o FOLDER/out.jam | is a directory",
        "cc FOLDER/two.S | Missing required option",
        "cc -o FOLDER/out.jam | Missing required parameter: 'FILE'",
        "cc FOLDER/two.S -o FOLDER/none/out.jam | out.jam",
        "cc FOLDER/two.S --fly -o FOLDER/out.jam | --fly",
        "cc FOLDER/two.S -c -o FOLDER/out.jam | -c",
        "cc FOLDER/two.S -fno-such-option -o FOLDER/out.jam | unrecognized command-line option",
        "cc FOLDER/two.S --entry nothing -o FOLDER/out.jam | the entry 'nothing' is not defined",
        "cc FOLDER/two.S --entry text -o FOLDER/out.jam | the entry 'text' is not",
        "cc FOLDER/two.S --stack 16777216 -o FOLDER/out.jam | --stack: at most 16777215",
        "cc FOLDER/two.S --stack lots -o FOLDER/out.jam | --stack: 'lots' is not a number",
        "cc FOLDER/two.S --stack -1 -o FOLDER/out.jam | --stack: '-1' is not a number",
        "cc FOLDER/two.S --heap-pages 65536 -o FOLDER/out.jam | --heap-pages: at most 65535",
        "link FOLDER/text.o -o FOLDER/out.jam | text.o is assembly text, not an object file",
        "link FOLDER/missing.o -o FOLDER/out.jam | missing.o: no such file",
        "link --no-runtime FOLDER/text.o FOLDER/two.S -o FOLDER/out.jam | --no-runtime takes one file",
        "link FOLDER/text.o | Missing required option"
    })
    void mistakesAreToldOf(String command, String part) {
        var result = pvm(command.split(" "));
        assertEquals(ExitCodes.BAD_INPUT, result.exitCode(), result.out() + result.err());
        assertEquals("", result.out());
        assertTrue(result.err().replaceAll("[‘’]", "'").contains(part), result.err());
        assertFalse(result.err().contains("\tat "), result.err());
        assertFalse(result.err().contains("Exception"), result.err());
        assertFalse(Files.exists(folder.resolve("out.jam")));
    }
}
