package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses of the code that the assembler has computed and no relocation tells of come out right, or are refused. */
class LocalAddressesTest {
    @TempDir
    private Path folder;

    private Path object(Guests.Compiler compiler, String source, String... flags) {
        return Guests.object(compiler, Guests.resource(source, folder), folder.resolve(source + ".o"), flags);
    }

    private LinkedProgram link(Guests.Compiler compiler, String assembly, String... flags) throws IOException,
            LinkException {
        var source = Files.writeString(folder.resolve("guest.S"), assembly);
        return Linker.link(Guests.object(compiler, source, folder.resolve("guest.o"), flags), LinkOptions.defaults());
    }

    /** What this machine's compiler makes of labels.c. */
    private static byte[] expected(Path source, Path folder, byte[] arguments) {
        var library = folder.resolve("labels.so");
        Guests.run(List.of(Guests.nativeCompiler(), "-O1", "-w", "-shared", "-fPIC", "-o", library.toString(),
                source.toString()));
        try (var arena = Arena.ofConfined()) {
            var result = MemoryLayout.structLayout(ValueLayout.ADDRESS.withName("data"), ValueLayout.JAVA_LONG);
            var refine = java.lang.foreign.Linker.nativeLinker().downcallHandle(
                    SymbolLookup.libraryLookup(library, arena).findOrThrow("refine"),
                    FunctionDescriptor.of(result, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
            var input = arena.allocateFrom(ValueLayout.JAVA_BYTE, arguments);
            var output = (MemorySegment) refine.invokeWithArguments(arena, input,
                    (long) arguments.length);
            return output.get(ValueLayout.ADDRESS, 0).reinterpret(output.get(ValueLayout.JAVA_LONG, 8))
                    .toArray(ValueLayout.JAVA_BYTE);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "CLANG, -mno-relax -mcmodel=medlow", "CLANG, -mno-relax -mcmodel=medany", "CLANG, -mrelax -mcmodel=medlow",
        "CLANG, -mrelax -mcmodel=medany", "CLANG, -mno-relax -fPIC", "GCC, -mno-relax", "GCC, -mrelax -mcmodel=medany"
    })
    void differencesOfLabels(Guests.Compiler compiler, String flags) throws LinkException {
        var source = Guests.resource("labels.c", folder);
        for (var level : List.of("-O0", "-O1", "-O2", "-Os")) {
            var all = new ArrayList<>(List.of("-w", level));
            all.addAll(List.of(flags.split(" ")));
            var program = Linker.link(object(compiler, "labels.c", all.toArray(String[]::new)),
                    LinkOptions.defaults());
            for (int length = 1; length <= 3; length++) {
                var arguments = new byte[length];
                arguments[0] = (byte) (4 - length);
                assertArrayEquals(expected(source, folder, arguments), Guests.output(program, arguments),
                        level + ", " + length);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"CLANG, -mno-relax", "CLANG, -mrelax", "GCC, -mno-relax", "GCC, -mrelax"})
    void dataBetweenInstructions(Guests.Compiler compiler, String relaxation) throws LinkException {
        var program = Linker.link(object(compiler, "text.S", relaxation), LinkOptions.defaults());
        assertArrayEquals(new byte[] {-1, 0, 0, 0, 0, 0, 0, 0}, Guests.output(program, new byte[0]));
    }

    /** The label of its auipc is at the end of the data and at the begin of the function. */
    @ParameterizedTest
    @CsvSource({"CLANG, -mno-relax", "CLANG, -mrelax", "GCC, -mno-relax", "GCC, -mrelax"})
    void functionThatBeginsWithAnAddressBehindData(Guests.Compiler compiler, String relaxation) throws IOException,
            LinkException {
        var program = link(compiler, """
                    .globl refine
                    .type refine, @function
                refine:
                    mv t2, ra
                    call behind
                    lla a0, out
                    sd a1, 0(a0)
                    li a1, 8
                    jr t2
                    .p2align 3
                table: .dword 41
                    .type behind, @function
                behind:
                    lla t0, table
                    ld a1, 0(t0)
                    addi a1, a1, 1
                    ret
                    .bss
                    .p2align 3
                out: .space 8
                """, relaxation);
        assertArrayEquals(new byte[] {42, 0, 0, 0, 0, 0, 0, 0}, Guests.output(program, new byte[0]));
    }

    /** Clang subtracts 1 ahead from what is the address of a function, or one more than the offset of a virtual one. */
    @ParameterizedTest
    @CsvSource({"CLANG, -mno-relax", "GCC, -mrelax"})
    void addressesOfFunctionsWithSomethingAdded(Guests.Compiler compiler, String relaxation) throws IOException,
            LinkException {
        var program = link(compiler, """
                    .globl refine
                    .type refine, @function
                refine:
                    mv t2, ra
                    li a1, 0
                    lui t0, %hi(two - 1)
                    addi t0, t0, %lo(two - 1)
                    lla t1, pointer
                    sd t0, 0(t1)
                    ld t0, 0(t1)
                    addi t0, t0, 1
                    jalr t0
                    lla t0, pointer
                    ld t0, 8(t0)
                    addi t0, t0, -3
                    jalr t0
                    lla a0, pointer
                    sd a1, 0(a0)
                    li a1, 8
                    jr t2
                    .type one, @function
                one:
                    addi a1, a1, 1
                    ret
                    .type two, @function
                two:
                    addi a1, a1, 2
                    ret
                    .data
                    .p2align 3
                pointer: .dword 0, two + 3
                """, relaxation);
        assertArrayEquals(new byte[] {4, 0, 0, 0, 0, 0, 0, 0}, Guests.output(program, new byte[0]));
        // A jump to such an address is none.
        assertThrows(LinkException.class, () -> link(compiler, """
                    .globl refine
                    .type refine, @function
                refine:
                    .reloc ., R_RISCV_CALL_PLT, two + 2
                    auipc ra, 0
                    jalr ra
                    ret
                    .type two, @function
                two:
                    ret
                """, relaxation));
    }

    /** Padding that is no multiple of an instruction, as LLVM has it, and functions that lie where it ends. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 6, 12})
    void padding(int alignment) throws IOException, LinkException {
        var text = new StringBuilder(
                "    .globl refine\n    .type refine, @function\nrefine:\n    li a2, 0\n    mv t2, ra\n");
        var functions = new StringBuilder();
        int count = 12;
        for (int i = 0; i < count; i++) {
            text.append("    call f%d%n".formatted(i));
            functions.append("    .p2align %d%n    .type f%d, @function%nf%d: %s    slli a2, a2, 1%n    ret%n".formatted(
                    alignment, i, i, "    addi a2, a2, 1\n".repeat(i % 4)));
        }
        var program = link(Guests.Compiler.CLANG, text + """
                    lla t0, out
                    sd a2, 0(t0)
                    mv a0, t0
                    li a1, 8
                    jr t2
                """ + functions + "    .bss\n    .p2align 3\nout: .space 8\n", "-mrelax");
        long expected = 0;
        for (int i = 0; i < count; i++) {
            expected = (expected + i % 4) * 2;
        }
        assertEquals(expected, ByteBuffer.wrap(Guests.output(program, new byte[0])).order(ByteOrder.LITTLE_ENDIAN)
                .getLong());
    }

    /** What would read or write code, or compute with what auipc has made, cannot be right. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "lla t0, refine; lw a0, 0(t0) | lw reads the code, which has no address",
        "lla t0, refine; sw a0, 4(t0) | sw writes the code, which has no address",
        "lui t0, %hi(refine); lw a0, %lo(refine)(t0) | lw reads the code, which has no address",
        "1: auipc t0, %pcrel_hi(refine); ld a0, %pcrel_lo(1b)(t0) | ld reads the code, which has no address",
        "auipc t0, 0; xor a0, a0, t0 | auipc without a relocation: its value is an address of the code",
        "auipc t0, 0; sd t0, 0(sp) | auipc without a relocation: its value is an address of the code",
        "auipc t0, 0; beqz a0, 1f; li t0, 0; 1: addi a0, t0, 8 | auipc without a relocation: its value is an address of "
                + "the code",
        "auipc ra, 16; jalr ra, 0(ra) | a jump out of its section without a relocation",
        "lla a1, 3f; lla a0, 2f; sub a0, a0, a1; ret; 3: .dword 1; 2: .type f, @function; f: mv t0, t0 | an address that "
                + "is the end of data and the begin of code",
        ".reloc ., R_RISCV_HI20, refine; addi t0, t0, 1 | relocation 26 of addi, which has no such field: was it linked "
                + "with relaxation by another linker than GNU ld?",
        "auipc t0, 0; slli t0, t0, 1 | auipc without a relocation: its value is an address of the code"
    })
    void refusals(String body, String problem) {
        var e = assertThrows(LinkException.class, () -> link(Guests.Compiler.CLANG,
                "    .globl refine\n    .type refine, @function\nrefine:\n    " + body.replace("; ", "\n    ")
                        + "\n    mv a1, t0\n    ret\n    .size refine, .-refine\n",
                "-mno-relax"));
        assertTrue(e.getMessage().endsWith("in function 'refine': " + problem), e.getMessage());
    }

    /** The relocation of the psABI that only LLVM's assembler writes. */
    @Test
    void distanceOfAFunction() throws IOException, LinkException {
        var program = link(Guests.Compiler.CLANG, """
                    .globl refine
                    .type refine, @function
                refine:
                    mv t2, ra
                    lla t1, distance
                    lw t0, 0(t1)
                    add t1, t1, t0
                    jalr t1
                    li a1, 8
                    jr t2
                    .section .text.other, "ax", @progbits
                    .type other, @function
                other:
                    lla a0, out
                    li t0, 9
                    sd t0, 0(a0)
                    ret
                    .data
                    .p2align 2
                distance:
                    .reloc ., R_RISCV_PLT32, other
                    .word 0
                    .bss
                    .p2align 3
                out: .space 8
                """);
        assertArrayEquals(new byte[] {9, 0, 0, 0, 0, 0, 0, 0},
                Guests.output(program, new byte[0]));
    }
}
