package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is compiled when it is linked (LTO), of either compiler: given as sources, objects and in archives. */
class LinkTimeCodeTest {
    private static final byte[] RESULT = {28, 0, 0, 0, 0, 0, 0, 0};

    @TempDir
    private Path folder;

    private Path entry() throws IOException {
        return Files.writeString(folder.resolve("entry.c"), """
                #include <pvm.h>
                uint64_t once(uint64_t x);
                uint64_t twice(uint64_t x);
                pvm_octets refine(const uint8_t *arguments, uint64_t length) {
                    static uint64_t result;
                    result = once(length + 5) + twice(length + 10);
                    return (pvm_octets){&result, 8};
                }
                """);
    }

    private Path function(String name, int factor) throws IOException {
        return Files.writeString(folder.resolve(name + ".c"),
                "unsigned long %s(unsigned long x) { return x * %d; }\n".formatted(name, factor));
    }

    private Path object(Guests.Compiler compiler, Path source, String... flags) {
        return Guests.object(compiler, source, folder.resolve(source.getFileName() + "." + compiler + ".o"), flags);
    }

    private static GuestToolchain toolchain(Guests.Compiler compiler) {
        return compiler == Guests.Compiler.GCC ? Guests.toolchain() : Guests.clang();
    }

    private LinkedProgram build(Guests.Compiler compiler, List<Path> inputs, String... flags) throws LinkException {
        return toolchain(compiler).build(inputs, List.of(flags), LinkOptions.defaults());
    }

    private static void check(LinkedProgram program) {
        assertArrayEquals(RESULT, Guests.output(program, new byte[1]));
    }

    /** Functions of other files become part of the one that calls them: that is what it is for. */
    @ParameterizedTest
    @EnumSource
    void functionsOfOtherFilesAreInlined(Guests.Compiler compiler) throws IOException, LinkException {
        var sources = List.of(entry(), function("once", 1), function("twice", 2));
        var together = build(compiler, sources, "-O2", "-flto");
        check(together);
        assertFalse(together.functions().containsKey("twice"), together.functions().toString());
        var apart = build(compiler, sources, "-O2");
        check(apart);
        assertTrue(apart.functions().containsKey("twice"), apart.functions().toString());
        check(build(compiler, sources, "-O3", "-flto", "-ffat-lto-objects"));
    }

    /** Objects of each kind in one program, by either toolchain. */
    @ParameterizedTest
    @EnumSource
    void objectsOfBothCompilersAndPlainOnes(Guests.Compiler compiler) throws IOException, LinkException {
        var bitcode = object(Guests.Compiler.CLANG, function("once", 1), "-O2", "-flto");
        var gcc = object(Guests.Compiler.GCC, function("twice", 2), "-O2", "-flto");
        var entry = folder.resolve("entry.o");
        toolchain(compiler).compileOne(entry(), List.of("-mabi=lp64"), entry);
        check(build(compiler, List.of(bitcode, entry, gcc)));
        check(build(compiler, List.of(gcc, entry(), bitcode)));
    }

    /** What bitcode says of its ABI decides that of the program. */
    @Test
    void bitcodeForSixteenRegisters() throws IOException, LinkException {
        var embedded = object(Guests.Compiler.CLANG, function("once", 1), "-march=rv64em_zbb", "-mabi=lp64e", "-flto");
        check(build(Guests.Compiler.CLANG, List.of(embedded, entry(), function("twice", 2))));
        var source = function("twice", 2);
        var other = object(Guests.Compiler.CLANG, source);
        var e = assertThrows(LinkException.class,
                () -> build(Guests.Compiler.CLANG, List.of(entry(), embedded, other)));
        assertTrue(e.getMessage().contains(" is for the ABI lp64e and "), e.getMessage());
        var gcc = object(Guests.Compiler.GCC, source, "-flto");
        assertThrows(LinkException.class, () -> build(Guests.Compiler.CLANG, List.of(entry(), embedded, gcc)));
    }

    @ParameterizedTest
    @CsvSource({"GCC, GCC, gcc-ar", "CLANG, CLANG, ar", "GCC, CLANG, ar"})
    void archives(Guests.Compiler toolchain, Guests.Compiler compiler, String archiver) throws IOException,
            LinkException {
        toolchain(compiler);
        var archive = folder.resolve("lib.a");
        Guests.run(List.of(GuestCompiler.PREFIX + archiver, "rcs", archive.toString(),
                object(compiler, function("once", 1), "-flto").toString(),
                object(compiler, function("twice", 2), "-flto").toString()));
        check(build(toolchain, List.of(entry(), archive), "-mabi=lp64"));
        if (compiler == Guests.Compiler.CLANG) {
            var gcc = object(Guests.Compiler.GCC, function("once", 1), "-flto");
            var e = assertThrows(LinkException.class, () -> build(toolchain, List.of(entry(), gcc, archive), "-mabi=lp64"));
            assertEquals(
                    gcc + " has intermediate code of GCC (-flto), which only GCC can link: not together with an archive "
                            + "of bitcode",
                    e.getMessage());
        }
    }

    /** They have only the names of their members. */
    @ParameterizedTest
    @EnumSource(Guests.Compiler.class)
    void thinArchives(Guests.Compiler compiler) throws IOException, LinkException {
        var archive = folder.resolve("thin.a");
        Guests.run(List.of(GuestCompiler.PREFIX + "ar", "rcsT", archive.toString(),
                object(compiler, function("once", 1)).toString(), object(compiler, function("twice", 2)).toString()));
        check(build(compiler, List.of(entry(), archive), "-mabi=lp64"));
    }

    /** A file without code is no program by itself, and says what to do. */
    @Test
    void intermediateCodeAlone() throws IOException, LinkException {
        var object = object(Guests.Compiler.GCC, function("once", 1), "-flto");
        assertFalse(Linker.isLinked(object));
        var e = assertThrows(LinkException.class, () -> Linker.link(object, LinkOptions.defaults()));
        assertEquals(object + " has no code, but intermediate code of GCC (-flto): link it with the runtime, or compile "
                + "with -fno-lto", e.getMessage());
        var bitcode = object(Guests.Compiler.CLANG, function("once", 1), "-flto");
        assertFalse(Linker.isLinked(bitcode));
        assertThrows(LinkException.class, () -> Linker.link(bitcode, LinkOptions.defaults()));
    }

    /** What is wrong is said as it is without, by the function and the line. */
    @ParameterizedTest
    @EnumSource
    void mistakesAreToldOf(Guests.Compiler compiler) throws IOException {
        var source = Files.writeString(folder.resolve("wrong.c"),
                "int main(void) {\n    __asm__ volatile(\"mv s5, s6\");\n    return 0;\n}\n");
        var e = assertThrows(LinkException.class, () -> build(compiler, List.of(source), "-flto", "-mabi=lp64"));
        assertTrue(e.getMessage().endsWith("wrong.c:2: in function 'main': addi uses register s5, which the PVM does not "
                + "have"), e.getMessage());
        var undefined = Files.writeString(folder.resolve("undefined.c"), "int f(void);\nint main(void) { return f(); }\n");
        var missing = assertThrows(LinkException.class, () -> build(compiler, List.of(undefined), "-flto"));
        assertTrue(missing.getMessage().contains("'f' is not defined"), missing.getMessage());
        var twice = Files.writeString(folder.resolve("again.c"), "int main(void) { return 1; }\n");
        var again = assertThrows(LinkException.class,
                () -> build(compiler, Arrays.asList(twice, source), "-flto"));
        assertFalse(again.getMessage().contains("pvm-link-"), again.getMessage());
        assertTrue(again.getMessage().contains("main"), again.getMessage());
    }
}
