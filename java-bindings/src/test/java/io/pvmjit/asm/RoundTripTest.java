package io.pvmjit.asm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.Revision;
import io.pvmjit.StandardProgram;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Disassembling and assembling again gives the same octets, whatever the program. */
class RoundTripTest {
    private static final int PROGRAMS = 3_000;

    private static void assertRoundTrip(byte[] blob) {
        var text = Disassembler.disassemble(blob);
        byte[] again;
        try {
            again = Assembler.assemble(text);
        } catch (AssemblyException e) {
            throw new AssertionError("the text is refused:\n" + text, e);
        }
        assertArrayEquals(blob, again, () -> text);
    }

    @Test
    void programsOfAnyOctets() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            assertRoundTrip(Blobs.wild(new SplittableRandom(seed)));
        }
    }

    @Test
    void regularProgramsNeedNoAnnotation() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            var blob = Blobs.regular(new SplittableRandom(seed));
            var text = Disassembler.disassemble(blob);
            assertArrayEquals(blob, Assembler.assemble(text), text);
            assertFalse(text.contains("!") || text.contains(".octets"), text);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Octets of an instruction, which a trap follows, and its text. Worked out from the operand forms by hand.
        "01, fallthrough",
        "01 00, .octets 01 00",
        "33 07 05, 'load_imm a0, 5'",
        "33 07 05 00, 'load_imm a0, 5!2'",
        "33 07 00, 'load_imm a0, 0!1'",
        "33 07 ff ff ff ff, 'load_imm a0, -1!4'",
        "33 0d 05, .octets 33 0d 05",
        "33 17 05, .octets 33 17 05",
        "33 07 01 00 00 00 00, .octets 33 07 01 00 00 00 00",
        "33, .octets 33",
        "c8 87 09, 'add_64 a2, a0, a1'",
        "c8 87 0d, .octets c8 87 0d",
        "c8, .octets c8",
        "64 87, 'move_reg a0, a1'",
        "64 87 00, .octets 64 87 00",
        "1e 03 00 00 01 02, 'store_imm_u8 [0x10000], 2'",
        "1e 04 00 00 01 00 02, 'store_imm_u8 [0x10000!4], 2'",
        "1e 05 00 00 01 00 02, .octets 1e 05 00 00 01 00 02",
        "1e 0b 00 00 01 02, .octets 1e 0b 00 00 01 02",
        "1e 03 00 00, .octets 1e 03 00 00",
        "28 02, 'jump L2'",
        "28 02 00, 'jump . + 2!2'",
        "28 03 00, 'jump L3!2'",
        "28, 'jump L0'",
        "28 00, 'jump L0!1'",
        "28 ff, 'jump . - 1'",
        "14 07 01 00 00 00 00 00 00 80, 'load_imm_64 a0, 0x8000000000000001'",
        "14 07 01, .octets 14 07 01",
    })
    void encodingsAreNamedAsTheyAre(String instruction, String expected) {
        var octets = HexFormat.of().parseHex(instruction.replace(" ", "") + "00");
        var starts = BitSet.valueOf(new long[] {1L | 1L << octets.length - 1});
        var blob = Program.encode(octets, starts, new long[0], 0);
        var text = Disassembler.disassemble(blob);
        assertArrayEquals(blob, Assembler.assemble(text), text);
        var line = text.lines().filter(each -> each.startsWith("    ")).findFirst().orElseThrow();
        assertEquals(expected, line.substring(0, line.indexOf(';')).strip());
    }

    @Test
    void longOffsetsThatOnlyNeedEachOtherAreWrittenOut() {
        // Two jumps of three octets, one forwards over the other and one backwards over the first. Both offsets, 129
        // and -129, need two octets; were both jumps one octet shorter, 127 and -128, one octet would do.
        var code = new byte[26 + 3 + 100 + 3 + 23 + 1];
        var starts = new BitSet();
        starts.set(0, code.length);
        Arrays.fill(code, (byte) Opcode.FALLTHROUGH.code());
        code[code.length - 1] = 0;
        longJump(code, starts, 26, 129);
        longJump(code, starts, 129, -129);
        var blob = Program.encode(code, starts, new long[0], 0);
        var text = Disassembler.disassemble(blob);
        assertTrue(text.contains("jump L155!2") && text.contains("jump L0!2"), text);
        assertRoundTrip(blob);
        assertEquals(code.length - 2, Program.parse(Assembler.assemble(text.replace("!2", ""))).codeLength());
    }

    private static void longJump(byte[] code, BitSet starts, int at, int offset) {
        code[at] = (byte) Opcode.JUMP.code();
        code[at + 1] = (byte) offset;
        code[at + 2] = (byte) (offset >> 8);
        starts.clear(at + 1, at + 3);
    }

    @Test
    void entrySizesAndValues() {
        var code = new byte[] {1, 1, 0};
        var starts = BitSet.valueOf(new long[] {7});
        for (int size = 0; size < 256; size++) {
            assertRoundTrip(Program.encode(code, starts, new long[] {0, 2, 1, 3, -1, -1, -1, -1, -1, 7}, size));
            assertRoundTrip(Program.encode(code, starts, new long[] {0}, size));
            assertRoundTrip(Program.encode(code, starts, new long[0], size));
        }
    }

    @Test
    void entriesWithoutOctetsTakeNoRoom() {
        // 2^64 - 1 entries of no octets, then two octets of code; only 0.8.0 has no limit for them.
        var rules = Rules.of(Revision.V0_8_0);
        var blob = HexFormat.of().parseHex("ffffffffffffffffff" + "00" + "02" + "0100" + "03");
        assertEquals(Integer.MAX_VALUE, Program.parse(blob, rules).jumpTableLength());
        assertTrue(Disassembler.disassemble(blob, rules).contains(".empty_jump_table 18446744073709551615"));
        for (long count : new long[] {1, 127, 128, 16383, 16384, 1L << 24, 1L << 35, 1L << 48, 1L << 49, 1L << 56, -1}) {
            blob = new ProgramBuilder().append(Opcode.TRAP).emptyEntries(count).build();
            assertArrayEquals(blob, Assembler.assemble(Disassembler.disassemble(blob, rules), rules));
        }
    }

    @Test
    void manyEqualEntriesAreOne() {
        var blob = Assembler.assemble("x: trap\n.jump_table x * 1000000, 5\n");
        assertEquals(1_000_001, Program.parse(blob).jumpTableLength());
        var text = Disassembler.disassemble(blob);
        assertTrue(text.contains(".jump_table L0 * 1000000, 5\n"), text);
        assertRoundTrip(blob);
    }

    @Test
    void standardPrograms() {
        for (int seed = 0; seed < 2_000; seed++) {
            var random = new SplittableRandom(seed);
            var readOnly = data(random);
            var data = data(random);
            var blob = StandardLayout.encode(readOnly, data, random.nextInt(1 << 16), random.nextInt(1 << 24),
                    Blobs.wild(random));
            var text = Disassembler.disassembleStandard(blob);
            assertTrue(Assembler.isStandard(text));
            assertArrayEquals(blob, Assembler.assembleStandard(text), text);
            assertEquals(readOnly.length, StandardProgram.parse(blob).readOnlyLength());
        }
    }

    private static byte[] data(SplittableRandom random) {
        var data = new byte[random.nextBoolean() ? 0 : random.nextInt(300)];
        random.nextBytes(data);
        int zeros = random.nextInt(data.length + 1);
        Arrays.fill(data, zeros / 2, zeros, (byte) 0);
        return data;
    }

    @Test
    void aBrokenProgramInAStandardProgramIsNamedByItsPlace() {
        var blob = Assembler.assembleStandard(".data\n.byte 1, 2\n.code\ntrap\n");
        // 11 octets of sizes, 2 of data, 4 of length, then the program: 00 00 01 00 01.
        assertEquals(22, blob.length);
        blob[20] = 3;
        var problem = assertThrows(InvalidProgramException.class, () -> Disassembler.disassembleStandard(blob));
        assertEquals(20, problem.offset());
    }

    @Test
    void singleInstructions() {
        var program = Program.parse(Assembler.assemble("""
                jump . + 2
                store_ind_u8 [sp - 8], a0
                .octets 33 17 05
                trap
                """));
        assertEquals("jump . + 2", Disassembler.instruction(program, 0));
        assertEquals("store_ind_u8 [sp - 8], a0", Disassembler.instruction(program, 2));
        assertEquals("load_imm a0, 5", Disassembler.instruction(program, 5));
    }
}
