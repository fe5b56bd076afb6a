package io.pvmjit.asm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the assembler makes of text, against octets worked out by hand from the operand forms (Gray Paper A.5). */
class AssemblerTest {
    /** Instructions of one operand form, written alike: their names, operands, and the octets behind the opcode. */
    private record Example(String names, String operands, String octets) {}

    private static final List<Example> EXAMPLES = List.of(
            new Example("trap|fallthrough|unlikely", "", ""),
            new Example("ecalli", "-129", "7fff"),
            // A, then 8 octets.
            new Example("load_imm_64", "a0, 0x8877665544332211", "07" + "1122334455667788"),
            // Width of the address, address, value: 131072 takes 3 octets, -2 takes 1.
            new Example("store_imm_u(8|16|32|64)", "[0x20000], -2", "03" + "000002" + "fe"),
            new Example("jump", ". + 5", "05"),
            new Example("jump_ind", "a5 + 128", "0c" + "8000"),
            new Example("load_imm", "sp, 127", "01" + "7f"),
            // 2^32 - 65536 is written as -65536: 3 octets.
            new Example("load_(u8|i8|u16|i16|u32|i32|u64)", "t0, [0xffff0000]", "02" + "0000ff"),
            new Example("store_(u8|u16|u32|u64)", "[0x10000], r12", "0c" + "000001"),
            // A and the width of X, X, Y.
            new Example("store_imm_ind_u(8|16|32|64)", "[s1 - 1], 0x12345678", "16" + "ff" + "78563412"),
            new Example("load_imm_jump", "ra, 300, . - 3", "20" + "2c01" + "fd"),
            new Example("branch_(eq|ne|lt_u|le_u|ge_u|gt_u|lt_s|le_s|ge_s|gt_s)_imm", "a1, 0, . + 200", "08" + "c800"),
            // D in the low nibble, A in the high one.
            new Example("move_reg|(count_set|leading_zero|trailing_zero)_bits_(64|32)|(sign|zero)_extend_(8|16)"
                    + "|reverse_bytes", "a3, a4", "ba"),
            // A in the low nibble, B in the high one: the base.
            new Example("store_ind_u(8|16|32|64)", "[sp + 16], a0", "17" + "10"),
            new Example("load_ind_(u8|i8|u16|i16|u32|i32|u64)", "a0, [sp - 16]", "17" + "f0"),
            new Example("(add|mul|neg_add)_imm_(32|64)|(and|xor|or)_imm|set_(lt|gt)_(u|s)_imm"
                    + "|(shlo_l|shlo_r|shar_r)_imm_(alt_)?(32|64)|rot_r_(32|64)_imm(_alt)?|cmov_(iz|nz)_imm",
                    "t1, t2, 32768", "43" + "008000"),
            new Example("branch_(eq|ne|lt_u|lt_s|ge_u|ge_s)", "s0, s1, . - 1000", "65" + "18fc"),
            // A and B, width of X, X, Y.
            new Example("load_imm_jump_ind", "ra, 10, t0 - 300", "20" + "01" + "0a" + "d4fe"),
            // A and B in the first octet, D in the second.
            new Example("(add|sub|mul|div_u|div_s|rem_u|rem_s|shlo_l|shlo_r|shar_r|rot_l|rot_r)_(32|64)"
                    + "|and|xor|or|mul_upper_(s_s|u_u|s_u)|set_lt_(u|s)|cmov_(iz|nz)|(and|or)_inv|xnor|(max|min)(_u)?",
                    "a0, a1, a2", "98" + "07"));

    private static byte[] code(String text) {
        return Program.parse(Assembler.assemble(text)).code();
    }

    private static void assertCode(String expected, String text) {
        assertEquals(expected.replace(" ", ""), HexFormat.of().formatHex(code(text)), text);
    }

    @ParameterizedTest
    @EnumSource(Opcode.class)
    void everyOpcode(Opcode opcode) {
        var fitting = EXAMPLES.stream().filter(each -> opcode.mnemonic().matches(each.names)).toList();
        assertEquals(1, fitting.size(), opcode.mnemonic());
        var example = fitting.get(0);
        assertCode("%02x%s00".formatted(opcode.code(), example.octets),
                opcode.mnemonic() + " " + example.operands + "\ntrap\n");
    }

    @Test
    void wholeBlob() {
        var blob = Assembler.assemble("""
                start:
                    load_imm a0, 1      ; 33 07 01
                    jump_ind ra         # 32 00
                other: trap
                .jump_table start, other, 300
                """);
        // 3 entries of 2 octets, 6 octets of code whose instructions start at 0, 3 and 5.
        assertArrayEquals(HexFormat.of().parseHex("030206" + "000005002c01" + "330701" + "3200" + "00" + "29"), blob);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 3307", "1, 330701", "-1, 3307ff", "127, 33077f", "128, 33078000", "-128, 330780", "-129, 33077fff",
        "32767, 3307ff7f", "32768, 3307008000", "8388607, 3307ffff7f", "8388608, 330700008000",
        "2147483647, 3307ffffff7f", "-2147483648, 330700000080", "0xffffffffffffffff, 3307ff", "0b101, 330705",
        "1_000, 3307e803", "5!1, 330705", "5!4, 330705000000", "0!2, 33070000", "-1!3, 3307ffffff",
        "10 - 3 + 1, 330708",
    })
    void immediates(String number, String expected) {
        assertCode(expected + "00", "load_imm a0, " + number + "\ntrap");
    }

    @Test
    void numbersOfWhichOnlyLowBitsCountMayBeUnsigned() {
        assertCode("3407fe 00", "load_u8 a0, [0xfffffffe]\ntrap");
        assertCode("3207fe", "jump_ind a0 + 0xfffffffe");
        assertCode("b48700fe", "load_imm_jump_ind a0, 0, a1 + 0xfffffffe");
        assertCode("4817ff80 00", "store_imm_ind_u32 [a0 + 0xffffffff], 0xffffff80\ntrap");
        assertCode("83 87ff 00", "add_imm_32 a0, a1, 0xffffffff\ntrap");
    }

    @Test
    void registersHaveTwoNames() {
        var names = List.of("ra", "sp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5");
        for (int i = 0; i < 13; i++) {
            assertArrayEquals(code("jump_ind r" + i), code("jump_ind " + names.get(i)));
            assertEquals(i, code("jump_ind r" + i)[1]);
        }
    }

    @Test
    void offsetsAreAsShortAsTheyCanBe() {
        assertCode("28", "x: jump x");
        assertCode("28 02 00", "jump x\nx: trap");
        assertCode("01 28 ff", "x: fallthrough\njump x");
        // A distance of 127 fits one octet, 128 does not.
        assertCode("28 7f" + "01".repeat(125) + "00", "jump x\n" + "fallthrough\n".repeat(125) + "x: trap");
        assertCode("28 8100" + "01".repeat(126) + "00", "jump x\n" + "fallthrough\n".repeat(126) + "x: trap");
        assertCode("01".repeat(128) + "2880", "x: " + "fallthrough\n".repeat(128) + "jump x");
        assertCode("01".repeat(129) + "287fff", "x: " + "fallthrough\n".repeat(129) + "jump x");
        assertCode("28 05000000 00", "jump x!4\nx: trap");
        assertCode("52 1705 06 00", "branch_ne_imm a0, 5, . + 6\ntrap");
    }

    @Test
    void oneOffsetThatGrowsMakesAnotherGrow() {
        // The first leads 127 octets on if the second takes 2 octets, and 129 once both take 3.
        var text = "jump a\n" + "fallthrough\n".repeat(123) + "jump b\na: " + "fallthrough\n".repeat(200) + "b: trap";
        var code = code(text);
        assertEquals(0x28, code[0]);
        assertEquals(3 + 123 + 3, (code[1] & 0xff) | code[2] << 8);
        assertEquals(3 + 123 + 3 + 200 + 1, code.length);
    }

    @Test
    void longChainsOfJumpsAreLaidOut() {
        // Each jump leads just beyond the reach of one octet as soon as the next one grows.
        var text = new StringBuilder();
        int count = 3000;
        for (int i = 0; i < count; i++) {
            text.append("j").append(i).append(": jump ").append(i + 63 < count ? "j" + (i + 63) : "far").append('\n');
        }
        text.append("fallthrough\n".repeat(40_000)).append("far: trap\n");
        var program = Program.parse(Assembler.assemble(text.toString()));
        assertEquals(0, program.octet(program.codeLength() - 1L));
        for (int pc = 0, i = 0; i < count; i++) {
            var instruction = program.decode(pc);
            assertTrue(program.isStart(instruction.target()));
            pc = instruction.next();
        }
    }

    @Test
    void dynamicAddresses() {
        var text = """
                load_imm a0, @second
                load_imm_jump ra, @first, second
                first: trap
                second: trap
                .jump_table 9, first
                .jump_table second, first
                """;
        assertCode("330706 50 10 04 05 00 00", text);
        assertEquals(4, Program.parse(Assembler.assemble(text)).jumpTableLength());
    }

    @Test
    void constantsAndSums() {
        assertCode("7b 17 18 00", """
                .equ FRAME, 32
                .equ SAVED, FRAME - 8
                store_ind_u64 [sp + SAVED], a0
                trap
                """);
    }

    @Test
    void linesMayEndAsTheyDoElsewhere() {
        assertCode("01 00", "\tfallthrough\t; one\r\n\r\n  a: b:trap # two");
    }

    @Test
    void octetsAsTheyAre() {
        assertCode("331705 c8 00", ".octets 33,17 05\n.octets c8\n.octets 00");
    }

    @Test
    void entrySizes() {
        assertEquals(1, Program.parse(Assembler.assemble("x: trap\n.jump_table x")).entrySize());
        assertEquals(2, Program.parse(Assembler.assemble("trap\n.jump_table 256")).entrySize());
        assertEquals(8, Program.parse(Assembler.assemble("trap\n.jump_table -1")).entrySize());
        assertEquals(200, Program.parse(Assembler.assemble("trap\n.entry_size 200\n.jump_table 1")).entrySize());
        assertEquals(0, Program.parse(Assembler.assemble("trap\n.entry_size 0\n.jump_table 0 * 3")).entrySize());
        assertEquals(0, Program.parse(Assembler.assemble("trap")).entrySize());
    }

    @Test
    void mnemonicsAreAllDifferent() {
        assertEquals(Opcode.values().length, Stream.of(Opcode.values()).map(Opcode::mnemonic).distinct().count());
    }
}
