package io.pvmjit.asm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.StandardProgram;
import io.pvmjit.program.Program;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Standard programs: sections, the addresses of their labels, and the container (Gray Paper A.7). */
class StandardAssemblyTest {
    private static Program program(byte[] blob) {
        return Program.parse(StandardProgram.parse(blob).programBlob().toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void octetsOfAWholeProgram() {
        var blob = Assembler.assembleStandard("""
                .heap_pages 3
                .stack 8192
                .rodata
                    .byte 1, -1
                .data
                    .u16 0x1234
                    .u32 -2
                .code
                    trap
                """);
        assertEquals("020000" + "060000" + "0300" + "002000" + "01ff" + "3412" + "feffffff" + "05000000"
                + "000001" + "00" + "01", HexFormat.of().formatHex(blob));
    }

    @Test
    void dataDirectives() {
        var blob = Assembler.assembleStandard("""
                .data
                    .ascii "a\\n\\x00;\\"\\\\ \u20ac"
                    .hex 01 02,0304
                    .zero 2
                    .u64 0x8000000000000001, -1
                    .byte 255, -128
                    .u16 65535
                .code
                trap
                """);
        int length = StandardProgram.parse(blob).readWriteLength();
        assertEquals("610a003b225c20e282ac" + "01020304" + "0000" + "0100000000000080" + "ffffffffffffffff" + "ff80"
                + "ffff", HexFormat.of().formatHex(blob, 11, 11 + length));
    }

    @Test
    void labelsOfDataAreAddresses() {
        // Read-only data begin at 2^16; the others at 2 * 2^16 and the read-only data rounded up to 2^16.
        var text = """
                .rodata
                first: .zero SIZE
                second: .u32 second, third + 1, @target, third - second
                .data
                    .byte 7
                third: .byte 8
                .code
                    load_imm a0, second
                    load_u8 a1, [third]
                    load_imm a2, third - first
                target: trap
                .jump_table target
                """;
        var small = Assembler.assembleStandard(".equ SIZE, 4\n" + text);
        var program = program(small);
        assertEquals(0x10004, program.decode(0).x());
        assertEquals(0x30001, program.decode(program.decode(0).next()).x());
        assertArrayEquals(HexFormat.of().parseHex("00000000" + "04000100" + "02000300" + "02000000" + "fdff0100"),
                java.util.Arrays.copyOfRange(small, 11, 11 + 20));
        var large = program(Assembler.assembleStandard(".equ SIZE, 0x10000\n" + text));
        assertEquals(0x20000, large.decode(0).x());
        assertEquals(0x40001, large.decode(large.decode(0).next()).x());
    }

    @Test
    void aSizeOfExactlyOneZoneDoesNotReachIntoTheNext() {
        var program = program(Assembler.assembleStandard(
                ".rodata\n.zero 0x10000\n.data\nx: .byte 1\n.code\nload_imm a0, x\ntrap"));
        assertEquals(0x30000, program.decode(0).x());
    }

    @Test
    void sectionsContinue() {
        var blob = Assembler.assembleStandard(".data\n.byte 1\n.code\ntrap\n.data\n.byte 2\n.code\ntrap\n");
        assertEquals("0102", HexFormat.of().formatHex(blob, 11, 13));
        assertEquals(2, program(blob).codeLength());
    }

    @Test
    void theLargestSizes() {
        var blob = Assembler.assembleStandard(".heap_pages 65535\n.stack 16777215\n.rodata\n.zero 16777215\n.data\n"
                + ".zero 16777215\n.code\ntrap");
        var parsed = StandardProgram.parse(blob);
        assertEquals(0xff_ffff, parsed.readOnlyLength());
        assertEquals(0xff_ffff, parsed.readWriteLength());
        assertEquals(0xffff, parsed.heapPages());
        assertEquals(0xff_ffff, parsed.stackSize());
    }

    @Test
    void theStackHasOnePageUnlessSaid() {
        assertEquals(4096, StandardProgram.parse(Assembler.assembleStandard("trap")).stackSize());
    }

    @Test
    void standardTextsAreTold() {
        assertTrue(Assembler.isStandard("trap\n  .data\n"));
        assertTrue(Assembler.isStandard(".stack 5\ntrap"));
        assertFalse(Assembler.isStandard("trap ; .data\n.database\n"));
        assertFalse(Assembler.isStandard("trap\n.jump_table 5"));
    }
}
