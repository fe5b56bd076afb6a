package io.pvmjit.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.Revision;
import io.pvmjit.rules.Rules;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Taking program blobs apart and validating them. */
class ProgramTest {
    private static byte[] octets(String hexadecimal) {
        return HexFormat.of().parseHex(hexadecimal.replace(" ", ""));
    }

    private static InvalidProgramException rejected(byte[] blob) {
        return assertThrows(InvalidProgramException.class, () -> Program.parse(blob));
    }

    @Test
    void smallest() {
        var program = Program.parse(octets("00 00 01 00 01"));
        assertEquals(1, program.codeLength());
        assertEquals(0, program.jumpTableLength());
        assertEquals(1, program.instructionCount());
        assertEquals(1, program.blockCount());
        assertTrue(program.isStart(0));
        assertTrue(program.isBlockStart(0));
    }

    /** Each blob breaks one rule, at the octet given. */
    @ParameterizedTest
    @CsvSource({
        // What is missing, or too much
        "'', 0",
        "00, 1",
        "0000, 2",
        "000001, 3",
        "0000010001ff, 5",
        "000001000100, 5",
        "00000100, 4",
        // Lengths in longer forms than needed: of the jump table, of the code
        "800000010001, 0",
        "000080010001, 2",
        // No code
        "000000, 2",
        // More code than allowed: 2^25 + 1 octets
        "0000e201000000 01, 2",
        // Unused bits of the mask: bit 1 and bit 7 of one octet of code
        "0000010003, 4",
        "0000010081, 4",
        // No instruction at 0
        "0000020000 02, 3",
        // Undefined opcodes 3 and 255
        "0000010301, 3",
        "000001ff01, 3",
        // Ends with ecalli (10), unlikely (2), add_64 (200) and its operands
        "0000010a01, 3",
        "0000010201, 3",
        "000003c8000001, 3",
        // A second instruction that does not end a block
        "000002000a03, 4",
        // An entry of 9 octets that does not fit 64 bits
        "01 09 01 000000000000000001 00 01, 11",
    })
    void brokenRules(String blob, int offset) {
        assertEquals(offset, rejected(octets(blob)).offset());
    }

    @Test
    void tooManyJumpTableEntriesForTheirBlob() {
        // 2^57 entries of 128 octets: 2^64 octets in all, which wraps to none.
        rejected(octets("ff 0000000000000002 80 01 00 01"));
        // 2^24 + 1 entries of one octet.
        rejected(octets("e1 010000 01 01 00 01"));
    }

    /** A claim costs nothing: no room is made for entries that are not there. */
    @Test
    void emptyEntries() {
        var most = Program.parse(octets("e1 000000 00 01 00 01"));
        assertEquals(1 << 24, most.jumpTableLength());
        assertEquals(0, most.jumpTarget(1 << 24 - 1));
        rejected(octets("e1 010000 00 01 00 01"));
        rejected(octets("ff ffffffffffffffff 00 01 00 01"));
    }

    @Test
    void emptyEntriesWithoutLimit() {
        var program = Program.parse(octets("ff ffffffffffffffff 00 01 00 01"), Rules.of(Revision.V0_8_0));
        assertEquals(Integer.MAX_VALUE, program.jumpTableLength());
        assertEquals(0, program.jumpTarget(Integer.MAX_VALUE - 1));
        assertThrows(InvalidProgramException.class,
                () -> Program.parse(octets("e1 010000 01 01 00 01"), Rules.of(Revision.V0_8_0)));
    }

    @Test
    void jumpTableOfEverySize() {
        for (int size = 1; size <= 255; size++) {
            long greatest = size >= 8 ? -1 : (1L << (8 * size)) - 1;
            var program = new TestProgram().none(Opcode.TRAP).jumpTable(size, 0, greatest, 1).parse();
            assertEquals(size, program.entrySize());
            assertEquals(3, program.jumpTableLength());
            assertEquals(0, program.jumpTarget(0));
            assertEquals(greatest, program.jumpTarget(1));
            assertEquals(1, program.jumpTarget(2));
            assertThrows(IndexOutOfBoundsException.class, () -> program.jumpTarget(3));
        }
    }

    @Test
    void entryBeyond64Bits() {
        var blob = new TestProgram().none(Opcode.TRAP).jumpTable(16, 0, 1).blob();
        for (int i = 0; i < 16; i++) {
            var changed = blob.clone();
            changed[3 + 16 + i] = (byte) 0x80;
            if (i < 8) {
                long rest = i == 0 ? 0 : 1;
                assertEquals(rest | 0x80L << (8 * i), Program.parse(changed).jumpTarget(1));
            } else {
                assertEquals(3 + 16 + i, rejected(changed).offset());
            }
        }
    }

    /** An instruction may have 24 octets behind its opcode; one more and no instruction starts where the next must. */
    @Test
    void longestInstruction() {
        for (int behind : new int[] {0, 15, 23, 24}) {
            var octets = new int[1 + behind];
            var program = new TestProgram().raw(octets).none(Opcode.TRAP).parse();
            assertEquals(behind, program.skip(0));
            assertTrue(program.isStart(1 + behind));
            assertEquals(behind, new TestProgram().raw(octets).parse().skip(0));
        }
        assertEquals(3 + 25, rejected(new TestProgram().raw(new int[26]).blob()).offset());
        assertEquals(3 + 25, rejected(new TestProgram().raw(new int[26]).none(Opcode.TRAP).blob()).offset());
    }

    @Test
    void blocks() {
        var program = new TestProgram().none(Opcode.UNLIKELY).ecalli(1).none(Opcode.FALLTHROUGH).none(Opcode.UNLIKELY)
                .jump(0).none(Opcode.TRAP).parse();
        var starts = new BitSet();
        var blockStarts = new BitSet();
        for (int pc = 0; pc < program.codeLength(); pc++) {
            starts.set(pc, program.isStart(pc));
            blockStarts.set(pc, program.isBlockStart(pc));
        }
        assertEquals("{0, 1, 6, 7, 8, 13}", starts.toString());
        assertEquals("{0, 7, 13}", blockStarts.toString());
        assertEquals(6, program.instructionCount());
        assertEquals(3, program.blockCount());
    }

    @Test
    void outsideOfTheCode() {
        var program = new TestProgram().raw(Opcode.JUMP.code(), 0xAA).parse();
        for (long pc : new long[] {-1, Long.MIN_VALUE, 2, 1L << 32, Long.MAX_VALUE}) {
            assertFalse(program.isStart(pc));
            assertFalse(program.isBlockStart(pc));
            assertEquals(0, program.octet(pc));
        }
        assertEquals(0xAA, program.octet(1));
        assertFalse(program.isStart(1));
    }

    @Test
    void nothingIsShared() {
        var blob = new TestProgram().none(Opcode.TRAP).jumpTable(1, 7).blob();
        var program = Program.parse(blob);
        Arrays.fill(blob, (byte) 0xFF);
        program.code()[0] = 1;
        assertArrayEquals(new byte[] {0}, program.code());
        assertEquals(7, program.jumpTarget(0));
        assertTrue(program.isStart(0));
    }

    @Test
    void encodeBuildsWhatParseReads() {
        var starts = new BitSet();
        starts.set(0);
        starts.set(2);
        // Bits beyond the code do not count.
        starts.set(9);
        assertArrayEquals(octets("03 02 09 0100 0201 ffff 28 00 00 00 00 00 00 00 00 05 00"),
                Program.encode(new byte[] {40, 0, 0, 0, 0, 0, 0, 0, 0}, starts, new long[] {1, 0x102, -1}, 2));
        assertThrows(IllegalArgumentException.class, () -> Program.encode(new byte[0], starts, new long[0], 256));
    }

    @Test
    void longestCode() {
        var code = new byte[1 << 25];
        var starts = new BitSet();
        starts.set(0, code.length);
        var program = Program.parse(Program.encode(code, starts, new long[0], 0));
        assertEquals(1 << 25, program.blockCount());
        var longer = new byte[code.length + 1];
        starts.set(code.length);
        rejected(Program.encode(longer, starts, new long[0], 0));
    }
}
