package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.StandardProgram;
import io.pvmjit.program.Program;
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

/** Where data lie in the memory of a program, what symbols are worth, and what is known of constants. */
class LayoutTest {
    private static final int ZONE = 1 << 16;
    private static final int PAGE = 4096;

    @TempDir
    private Path folder;

    private LinkedProgram link(String assembly, LinkOptions options) throws IOException, LinkException {
        var source = Files.writeString(folder.resolve("guest.S"), assembly);
        return Linker.link(Guests.object(source, folder.resolve("guest.o")), options);
    }

    /** A program that returns what symbols are worth. */
    private static String program(List<String> symbols, String data) {
        var text =
                new StringBuilder("    .text\n    .globl refine\n    .type refine, @function\nrefine:\n    lla a0, out\n");
        for (int i = 0; i < symbols.size(); i++) {
            text.append("    lui t0, %%hi(%s)%n    addi t0, t0, %%lo(%s)%n    sd t0, %d(a0)%n".formatted(symbols.get(i),
                    symbols.get(i), 8 * i));
        }
        return text + "    li a1, " + 8 * symbols.size() + "\n    ret\n    .section .bss.out, \"aw\", @nobits\n"
                + "    .p2align 3\nout: .space 512\n" + data;
    }

    private long[] values(List<String> symbols, String data, LinkOptions options) throws IOException, LinkException {
        var output = Guests.output(link(program(symbols, data), options), new byte[0]);
        var values = new long[symbols.size()];
        ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(values);
        return values;
    }

    @Test
    void zones() throws IOException, LinkException {
        var data = """
                    .section .rodata.a, "a"
                first: .byte 1
                    .section .rodata.b, "a"
                    .p2align 12
                second: .byte 2
                    .section .data.a, "aw"
                    .p2align 4
                third: .byte 3
                    .section .data.b, "aw"
                    .p2align 13
                fourth: .byte 4
                    .section .bss.a, "aw", @nobits
                    .p2align 5
                fifth: .space 5
                    .section .bss.b, "aw", @nobits
                    .p2align 14
                sixth: .space 6
                    .comm seventh, 24, 64
                """;
        var symbols = List.of("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "__heap_start",
                "__heap_end");
        var values = values(symbols, data, LinkOptions.defaults());
        assertEquals(ZONE, values[0]);
        assertEquals(ZONE + PAGE, values[1]);
        // The zone behind the constants stays empty.
        assertEquals(3 * ZONE, values[2]);
        assertEquals(3 * ZONE + 2 * PAGE, values[3]);
        assertEquals(0, values[4] % 32);
        assertEquals(0, values[5] % (4 * PAGE));
        assertEquals(0, values[6] % 64);
        for (int i = 4; i <= 6; i++) {
            assertTrue(values[i] > values[3] && values[i] < values[7], "zeros are behind data and before the heap");
        }
        assertEquals(0, values[7] % 16);
        assertEquals(0, values[8] % PAGE);
        assertTrue(values[7] <= values[8] && values[8] - values[7] < PAGE, "the heap ends with the page of the zeros");
        var withHeap = values(symbols, data, LinkOptions.defaults().withHeapPages(7));
        assertEquals(values[8] + 7 * PAGE, withHeap[8]);
        values[8] = withHeap[8];
        assertArrayEquals(values, withHeap, "nothing else has moved");
        // What the file says of it: constants up to the second, data up to the fourth, whose octets are there.
        var parsed = StandardProgram.parse(link(program(symbols, data), LinkOptions.defaults()).jamBlob());
        assertEquals(PAGE + 1, parsed.readOnlyLength());
        assertEquals(2 * PAGE + 1, parsed.readWriteLength());
    }

    @Test
    void valuesOfSymbols() throws IOException, LinkException {
        var values = values(List.of("number", "absent", "inner", "begin + 3", "__start_things", "__stop_things",
                "__start_none", "other_begin"), """
                    .globl number
                    .set number, 0x12345678
                    .weak absent, __start_none
                    .section things, "aw"
                begin: .dword 1
                inner: .byte 2
                    .section apart, "aw"
                other_begin: .dword 3
                    .section things.not, "aw"
                    .dword 4
                """, LinkOptions.defaults());
        assertEquals(0x1234_5678, values[0]);
        assertEquals(0, values[1], "a weak symbol that is not defined");
        long begin = 2 * ZONE;
        assertArrayEquals(new long[] {begin + 8, begin + 3, begin, begin + 9, 0},
                java.util.Arrays.copyOfRange(values, 2, 7));
        assertEquals(begin + 9, values[7], "no alignment asked for, none given");
    }

    /** Sections of one name lie together, though another one stands between them in the file. */
    @Test
    void sectionsOfOneName() throws IOException, LinkException {
        var values = values(List.of("__start_things", "__stop_things", "a", "b", "c"), """
                    .section things, "aw", @progbits, unique, 1
                    .p2align 3
                a: .dword 1
                    .section between, "aw"
                    .p2align 3
                c: .dword 3
                    .section things, "aw", @progbits, unique, 2
                    .p2align 4
                b: .dword 2
                """, LinkOptions.defaults());
        assertEquals(values[0], values[2]);
        assertEquals(values[3] + 8, values[1]);
        assertEquals(16, values[3] - values[2]);
        assertTrue(values[4] >= values[1] || values[4] < values[0], "what lies between does so no more");
    }

    /** Names of sections that look like the end of something else. */
    @Test
    void boundariesByName() throws IOException, LinkException {
        var values = values(List.of("__start_the_end", "__stop_the_end", "a", "__stop___start_", "b"), """
                    .section the_end, "aw"
                    .p2align 3
                a: .dword 1, 2
                    .section __start_, "aw"
                    .p2align 3
                b: .dword 3
                """, LinkOptions.defaults());
        assertEquals(values[2], values[0]);
        assertEquals(values[2] + 16, values[1]);
        assertEquals(values[4] + 8, values[3]);
    }

    /** Numbers that lui and addi make, which reach 2^11 further down than 32 bits do, and less far up; and others. */
    @ParameterizedTest
    @CsvSource({"0, 0", "2047, 2047", "2048, 2048", "-1, -1", "0x7ffff7ff, 0x7ffff7ff", "-0x80000000, -0x80000000",
        "-0x80000800, -0x80000800", "0x7ffff800, ", "0x7fffffff, ", "0x80000000, ", "-0x80000801, ", "0xffffffff, ",
        "0x100000000, ", "0x123456789abc, "})
    void numbers(String number, String value) throws IOException, LinkException {
        var data = "    .globl number\n    .set number, " + number + "\n";
        if (value != null) {
            assertEquals(Long.decode(value), values(List.of("number"), data, LinkOptions.defaults())[0]);
        } else {
            var e = assertThrows(LinkException.class, () -> values(List.of("number"), data, LinkOptions.defaults()));
            assertTrue(e.getMessage().endsWith("'number' is out of reach of lui"), e.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "things | .section things, \"aw\", @nobits; .space 8; .section things, \"aw\", @progbits, unique, 1; .dword 1 "
                + "| some sections things can be written, or are zero, and others not",
        "things | .section things, \"a\"; .dword 1; .section things, \"aw\", @progbits, unique, 1; .dword 1 "
                + "| some sections things can be written, or are zero, and others not",
        "none | .section aligned, \"aw\"; .p2align 25; many: .dword 1 | section aligned is to be aligned to 33554432 octets"
    })
    void refusals(String name, String data, String message) throws IOException {
        var symbols = name.equals("none") ? List.of("many") : List.of("__start_" + name);
        var e = assertThrows(LinkException.class,
                () -> link(program(symbols, "    " + data.replace("; ", "\n    ") + "\n"), LinkOptions.defaults()));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    /** What is read of constants becomes a constant itself, where it is known and cannot change. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "constant | 0 | ld | -2 | true", "constant | 0 | lw | -2 | true", "constant | 0 | lwu | 0xfffffffe | true",
        "constant | 0 | lhu | 0xfffe | true", "constant | 1 | lb | -1 | true", "constant | 1 | lbu | 255 | true",
        "constant | 4 | ld | 0x7654321fffffffff | true", "constant | 15 | lbu | 7 | true",
        "constant | 17 | lbu | 0 | true", "constant | 18 | lbu | - | false", "constant | 12 | ld | - | false",
        "address | 0 | lwu | - | false", "address | 3 | lbu | 0 | false", "address | 6 | lhu | 0 | false",
        "address | 8 | ld | 5 | true",
        "variable | 0 | ld | 6 | false"
    })
    void constants(String symbol, int offset, String load, String value, boolean isKnown) throws IOException,
            LinkException {
        var linked = link("""
                    .text
                    .globl refine
                    .type refine, @function
                refine:
                    lla t0, SYMBOL
                    LOAD a2, OFFSET(t0)
                    lla a0, out
                    sd a2, 0(a0)
                    li a1, 8
                    ret
                    .section .rodata.a, "a"
                    .p2align 3
                constant: .dword -2
                    .word 0x07654321 * 16 + 15
                    .word 0x07654321
                    .byte 0, 0
                    .section .rodata.b, "a"
                    .p2align 3
                address: .dword constant, 5
                    .data
                    .p2align 3
                variable: .dword 6
                    .bss
                    .p2align 3
                out: .space 8
                """.replace("SYMBOL", symbol).replace("LOAD", load).replace("OFFSET", Integer.toString(offset)),
                LinkOptions.defaults());
        var output = ByteBuffer.wrap(Guests.output(linked, new byte[0])).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (!value.equals("-")) {
            assertEquals(value.startsWith("0x") ? Long.parseUnsignedLong(value.substring(2), 16) : Long.parseLong(value),
                    output);
        }
        assertEquals(isKnown, loads(Program.parse(linked.programBlob())) == 0);
    }

    private static long loads(Program program) {
        long loads = 0;
        for (int pc = 0; pc < program.codeLength(); pc += program.skip(pc) + 1) {
            var name = program.opcode(pc).name();
            loads += name.startsWith("LOAD_") && !name.startsWith("LOAD_IMM") ? 1 : 0;
        }
        return loads;
    }

    /** The search for a relocation finds what looking at all of them finds. */
    @Test
    void relocationsOfOctets() throws LinkException {
        var object = ElfObject.read(Guests.object(Guests.resource("relocations.S", folder), folder.resolve("object.o")));
        int found = 0;
        for (var section : object.sections()) {
            for (long offset = 0; offset < section.size; offset++) {
                for (int length : new int[] {1, 2, 4, 8}) {
                    long from = offset;
                    boolean expected =
                            section.relocations.stream().anyMatch(relocation -> relocation.offset() < from + length
                                    && relocation.offset() + relocation.type().width() > from);
                    assertEquals(expected, section.hasRelocation(offset, length), () -> section.name + "+" + from);
                    found += expected ? 1 : 0;
                }
            }
        }
        assertTrue(found > 100, found + " places with relocations");
    }
}
