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
        "link FOLDER/text.o -o FOLDER/out.jam | text.o is not a sound ELF file",
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
