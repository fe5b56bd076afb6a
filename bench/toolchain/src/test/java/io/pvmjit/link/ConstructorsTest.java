package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pvmjit.Backend;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InvocationResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions that run before the entry: all of them, once, in their order, and the entry does not notice. */
class ConstructorsTest {
    private static final long GAS = 100_000;
    /** From where accumulate runs. */
    private static final int ACCUMULATE = 5;

    /** Constructors 1 to 9 append their digit to what the entry returns, and overwrite every register that they may. */
    private static final String PROGRAM = """
            .macro constructor digit
                .type c\\digit, @function
            c\\digit:
                lla t0, path
                ld t1, 0(t0)
                slli t2, t1, 3
                slli t1, t1, 1
                add t1, t1, t2
                addi t1, t1, \\digit
                sd t1, 0(t0)
                .irp register, a0, a1, a2, a3, a4, a5, t0, t1, t2
                li \\register, -77
                .endr
                ret
            .endm
                .text
                .globl refine
                .type refine, @function
            refine:
                lla t0, path
                ld t1, 0(t0)
                lbu t2, 0(a0)
                add t1, t1, t2
                slli t2, a1, 32
                add t1, t1, t2
                sd t1, 8(t0)
                addi a0, t0, 8
                li a1, 8
                ret
                .globl accumulate
                .set accumulate, refine
                .irp digit, 1, 2, 3, 4, 5, 6, 7, 8, 9
                constructor \\digit
                .endr
                .bss
                .p2align 3
            path: .space 16
            """;

    @TempDir
    private Path folder;

    private Path object(String assembly) throws IOException {
        return Guests.object(Files.writeString(folder.resolve("guest.S"), assembly), folder.resolve("guest.o"));
    }

    /** An array: its section, and what it has. */
    private static String array(String section, String contents) {
        return "    .section " + section + ", \"aw\"\n    .p2align 3\n    " + contents + "\n";
    }

    private static long result(LinkedProgram program, int entry, byte... arguments) {
        try (var engine = Guests.engine(Backend.CROSSCHECK)) {
            var output = assertInstanceOf(InvocationResult.Output.class,
                    new ArgumentInvocation(entry, GAS, arguments, HostCallTable.empty()).run(engine, program.jamBlob()))
                    .output();
            return ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN).getLong();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        ".init_array: .dword c1, c2, c3 | 123",
        ".init_array: .dword c1; .init_array.200: .dword c2; .init_array.00100: .dword c3, c4 | 3421",
        ".init_array.65535: .dword c1; .init_array: .dword c2; .preinit_array: .dword c9 | 912",
        // Of this array the last one runs first, and the priority counts from the other end.
        ".ctors: .dword -1, c1, c2, c3, 0 | 321",
        ".ctors.65435: .dword c1; .ctors.65335: .dword c2, c3; .ctors: .dword c4 | 1324",
        ".init_array.150: .dword c1; .ctors.65435: .dword c2; .ctors.65335: .dword c3; .init_array: .dword c4 | 2134",
        ".init_array: .dword 0, c5, -1 | 5",
        ".init_array: .dword c1 + 4 - 4, c1, c1 | 111",
        ".init_array: .weak nothing; .dword nothing, c6 | 6",
        ".init_array: .space 0 | 0"
    })
    void order(String arrays, long path) throws IOException, LinkException {
        var assembly = new StringBuilder(PROGRAM);
        for (var array : arrays.strip().replace("weak nothing; ", "weak nothing\n ").split("; ")) {
            assembly.append(array(array.substring(0, array.indexOf(": ")), array.substring(array.indexOf(": ") + 2)));
        }
        var program = Linker.link(object(assembly.toString()), LinkOptions.defaults());
        // The arguments are there, whatever ran before; so they are for the other entry.
        long arguments = 200 + (3L << 32);
        assertEquals(path + arguments, result(program, 0, (byte) 200, (byte) 1, (byte) 2));
        assertEquals(path + arguments, result(program, ACCUMULATE, (byte) 200, (byte) 1, (byte) 2));
    }

    /** As Clang has them when it is told to use the older array. */
    @ParameterizedTest
    @CsvSource({"GCC, -O2", "CLANG, -O2", "CLANG, -Xclang -fno-use-init-array"})
    void prioritiesOfCompilers(Guests.Compiler compiler, String flags) throws IOException, LinkException {
        var source = Files.writeString(folder.resolve("priorities.c"), """
                static volatile long path;
                __attribute__((constructor(300))) static void three(void) { path = path * 10 + 3; }
                __attribute__((constructor)) static void last(void) { path = path * 10 + 9; }
                __attribute__((constructor(101))) static void one(void) { path = path * 10 + 1; }
                __attribute__((constructor(200))) static void two(void) { path = path * 10 + 2; }
                struct octets { void *address; long length; };
                struct octets refine(const char *arguments, long length) { return (struct octets){(void *)&path, 8}; }
                """);
        var program = Linker.link(Guests.object(compiler, source, folder.resolve("priorities.o"),
                flags.split(" ")),
                LinkOptions.defaults());
        assertEquals(1239, result(program, 0));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        ".init_array | .word 7 | section .init_array has 4 octets, no whole addresses",
        ".ctors | .dword 0x10000 | section .ctors has the address of a function as a number",
        ".preinit_array | .dword c1, 8 | section .preinit_array has the address of a function as a number",
        ".init_array.7 | .dword path | section .init_array.7+0x0: 'path' is not code",
        ".init_array | .dword c1, nothing | section .init_array+0x8: 'nothing' is not defined",
        ".init_array | .word c1, 0 | section .init_array+0x0: relocation 1 is not the address of a function",
        ".init_array | .word 0; .reloc ., R_RISCV_64, c1; .dword 0; .word 0 | section .init_array+0x4: relocation 2 is "
                + "not the address of a function",
        ".fini_array | .dword c1 | section .fini_array, function 'c1': functions that run after the end (destructors) are "
                + "not supported",
        ".dtors.9 | .dword 0 | section .dtors.9: functions that run after the end (destructors) are not supported"
    })
    void refusals(String section, String contents, String message) throws IOException {
        var file = object(PROGRAM + array(section, contents.replace("; ", "\n    ")));
        assertEquals(message,
                assertThrows(LinkException.class, () -> Linker.link(file, LinkOptions.defaults())).getMessage());
    }

    /** A program that looks at the array by itself calls what is in it. */
    @Test
    void arraysThatTheProgramWalks() throws IOException, LinkException {
        var program = Linker.link(object(PROGRAM.replace("refine:\n", """
                refine:
                    addi sp, sp, -32
                    sd ra, 0(sp)
                    sd s0, 8(sp)
                    sd a0, 16(sp)
                    sd a1, 24(sp)
                    lla s0, __init_array_start
                1:  lla t0, __init_array_end
                    beq s0, t0, 2f
                    ld t0, 0(s0)
                    jalr t0
                    addi s0, s0, 8
                    j 1b
                2:  ld ra, 0(sp)
                    ld s0, 8(sp)
                    ld a0, 16(sp)
                    ld a1, 24(sp)
                    addi sp, sp, 32
                """) + array(".init_array", ".dword c4, c2") + array(".init_array.5", ".dword c8")),
                LinkOptions.defaults());
        assertEquals(842 + (1L << 32) + 50, result(program, 0, (byte) 50));
        assertEquals(List.of("accumulate", "c2", "c4", "c8", "refine"), List.copyOf(program.functions().keySet()));
    }
}
