package io.pvmjit.asm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every mistake is an AssemblyException that says where and what it is. */
class AssemblyErrorTest {
    private static Arguments error(String text, int line, int column, String words) {
        return Arguments.of(text, line, column, words);
    }

    static Stream<Arguments> plainErrors() {
        return Stream.of(
                error("", 1, 1, "a program without instructions; write at least trap"),
                error("; nothing\n\n", 3, 1, "a program without instructions"),
                error("lod_u8 a0, [1]\ntrap", 1, 1, "unknown instruction 'lod_u8'; did you mean 'load_u8'?"),
                error("trap\n add a0, a1, a2", 2, 2, "unknown instruction 'add'; did you mean 'add_32'?"),
                error("  zzzzzzzzzzzz", 1, 3, "see docs/assembly.md"),
                error("x: trap\nx: trap", 2, 1, "'x' is defined already, in line 1"),
                error(".equ x, 1\nx: trap", 2, 1, "'x' is defined already, in line 1"),
                error("x: trap\n.equ x, 1", 2, 6, "'x' is defined already, in line 1"),
                error("a0: trap", 1, 1, "'a0' is the name of a register"),
                error("load_imm a0", 1, 12, "expected ',', found the end of the line; write load_imm register, number"),
                error("load_imm a0,", 1, 13, "an operand is missing"),
                error("load_imm 5, 5", 1, 10, "expected a name, found '5'"),
                error("load_imm a6, 5", 1, 10, "expected a register, found 'a6'; use r0 to r12"),
                error("load_imm r13, 5", 1, 10, "expected a register, found 'r13'"),
                error("load_imm a0, a1", 1, 14, "the register 'a1' where a number is expected"),
                error("load_imm a0, 5 6", 1, 16, "the line goes on where it should end, found '6'"),
                error("load_imm a0, 0x100000000\ntrap", 1, 14, "does not fit; use -2147483648"),
                error("load_imm a0, 0xffffffff\ntrap", 1, 14, "does not fit"),
                error("store_imm_u64 [0], 0xffffffff\ntrap", 1, 20, "does not fit"),
                error("load_u8 a0, [0x100000000]\ntrap", 1, 14, "does not fit"),
                error("load_imm a0, 128!1\ntrap", 1, 14, "the number 128 does not fit 1 octet; remove"),
                error("load_imm a0, 5!5\ntrap", 1, 16, "a width of 5 octets"),
                error("load_imm a0, 5!x\ntrap", 1, 16, "expected a number, found 'x'"),
                error("load_imm_64 a0, 5!4\ntrap", 1, 19, "a width of 4 octets; remove it"),
                error("load_imm a0, 18446744073709551616", 1, 14, "a number of more than 64 bits"),
                error("load_imm a0, 12x", 1, 14, "not a number, found '12x'"),
                error("load_imm a0, 0x", 1, 14, "a number without digits"),
                error("load_imm a0, 0x_1", 1, 14, "a number without digits"),
                error("load_imm a0, 1_", 1, 14, "not a number, found '1_'; put _ between two digits"),
                error("load_imm a0, 1__0", 1, 14, "not a number, found '1__0'; put _ between two digits"),
                error("load_imm a0, x\ntrap", 1, 14, "nothing is named 'x'; define it"),
                error("load_imm a0, x\nx: trap", 1, 14, "'x' is a label of code; write @x"),
                error("load_imm a0, @x\nx: trap", 1, 14, "'x' is not in the jump table; add .jump_table x"),
                error("load_imm a0, @y\ntrap", 1, 14, "no label 'y' in the code"),
                error("load_u8 a0, 5", 1, 13, "expected '[', found '5'; write load_u8 register, [address]"),
                error("load_u8 a0, [5", 1, 15, "expected ']', found the end of the line"),
                error("load_ind_u8 a0, [5]", 1, 18, "expected a name, found '5'"),
                error("load_ind_u8 a0, [a1 5]", 1, 21, "expected ']', found '5'"),
                error("jump x\ntrap", 1, 6, "no label 'x'; define it, or write an offset"),
                error("jump 5\ntrap", 1, 6, "expected a label, found '5'"),
                error("jump x + 1\nx: trap", 1, 6, "a sum where a label is expected"),
                error("jump . + 0x80000000\ntrap", 1, 8, "does not fit 32 bits"),
                error("jump . + 200!1\ntrap", 1, 8, "the number 200 does not fit 1 octet"),
                error("jump x!0\nx: trap", 1, 6, "the number 1 does not fit 0 octets"),
                error("trap 5", 1, 6, "goes on where it should end"),
                error("trap\nload_imm a0, 5", 2, 1, "the program ends in load_imm; end it with a jump"),
                error("trap\n  .octets 33 07 05", 2, 3, "the program ends in load_imm"),
                error(".octets", 1, 8, "an instruction of 0 octets"),
                error(".octets " + "00".repeat(26), 1, 9, "an instruction of 26 octets"),
                error(".octets 03", 1, 9, "no instruction has the opcode 3"),
                error(".octets 3", 1, 9, "expected two hexadecimal digits, found '3'"),
                error(".octets 33 0g", 1, 12, "expected two hexadecimal digits, found '0g'"),
                error(".octet 33", 1, 1, "unknown directive '.octet'; did you mean 'octets'?"),
                error(".", 1, 2, "expected a name"),
                error(".equ a0, 5", 1, 6, "'a0' is the name of a register"),
                error(".equ x 5", 1, 8, "expected ','"),
                error(".equ x, y", 1, 9, "'y' has no value here"),
                error(".entry_size 256", 1, 13, "the number 256 is out of range; the entry size is 0 to 255"),
                error(".entry_size -1", 1, 13, "the number -1 is out of range"),
                error("trap\n.entry_size 1\n.jump_table 256", 3, 13, "the jump table entry 256 does not fit"),
                error("trap\n.jump_table", 2, 12, "expected a name, found the end of the line"),
                error("trap\n.jump_table 0 * 16777216, 0", 2, 27, "a jump table of more than 16777216 entries"),
                error("trap\n.jump_table 0 * 16777217", 2, 17, "the number 16777217 is out of range"),
                error("trap\n.empty_jump_table 3\n.jump_table 5", 2, 1, "an empty jump table beside another"),
                error(".data", 1, 1, "a plain program has no data, heap or stack"),
                error(" .stack 5", 1, 2, "a plain program has no data, heap or stack"),
                error("trap\n.byte 5", 2, 1, "data among instructions"),
                error("\u00e9", 1, 1, "the line goes on where it should end, found '\u00e9'"),
                error("\ud83d\ude00", 1, 1, "found '\ud83d\ude00'"),
                error("x".repeat(1000), 1, 1, "a name of more than 200 characters"),
                error("5: trap", 1, 1, "goes on where it should end, found '5'"));
    }

    static Stream<Arguments> standardErrors() {
        return Stream.of(
                error(".data\ntrap", 2, 1, "an instruction among data; put .code before it"),
                error(".data\n .octets 00", 2, 2, "an instruction among data"),
                error(".data\n.byte 256\n.code\ntrap", 2, 7, "the value 256 does not fit 1 octet"),
                error(".data\n.byte -129\n.code\ntrap", 2, 7, "the value -129 does not fit 1 octet"),
                error(".data\n.u16 1, 65536\n.code\ntrap", 2, 9, "the value 65536 does not fit 2 octets"),
                error(".data\n.zero 16777216", 2, 7, "the number 16777216 is out of range"),
                error(".rodata\n.zero 16777215\n.byte 1", 3, 1, "a section of more than 16777215 octets"),
                error(".data\n.ascii abc", 2, 8, "expected '\"', found 'abc'"),
                error(".data\n.ascii \"abc", 2, 12, "a string without end"),
                error(".data\n.ascii \"a\\q\"", 2, 10, "an unknown escape in a string"),
                error(".data\n.ascii \"a\\x1\"", 2, 12, "expected two hexadecimal digits"),
                error(".data\n.hex 1", 2, 6, "expected two hexadecimal digits"),
                error(".data\nx: .zero x", 2, 10, "'x' has no value here"),
                error(".data\nx: .code\njump x\ntrap", 3, 6, "'x' is the label of data"),
                error(".heap_pages 65536", 1, 13, "the number 65536 is out of range"),
                error(".stack 16777216", 1, 8, "the number 16777216 is out of range"));
    }

    private static void assertError(AssemblyException error, int line, int column, String words) {
        assertTrue(error.getMessage().contains(words), error.getMessage());
        assertEquals(List.of(line, column), List.of(error.line(), error.column()), error.getMessage());
        assertEquals("line " + line + ", column " + column + ": " + error.problem() + "; " + error.advice(),
                error.getMessage());
        assertFalse(error.problem().isBlank() || error.advice().isBlank());
    }

    @ParameterizedTest
    @MethodSource("plainErrors")
    void plain(String text, int line, int column, String words) {
        assertError(assertThrows(AssemblyException.class, () -> Assembler.assemble(text)), line, column, words);
    }

    @ParameterizedTest
    @MethodSource("standardErrors")
    void standard(String text, int line, int column, String words) {
        assertError(assertThrows(AssemblyException.class, () -> Assembler.assembleStandard(text)), line, column, words);
    }

    @Test
    void tooMuchCode() {
        var text = (".octets 00" + " 00".repeat(Program.MAXIMUM_SKIP) + "\n")
                .repeat(Rules.defaults().maximumCodeLength() / (1 + Program.MAXIMUM_SKIP) + 1);
        var error = assertThrows(AssemblyException.class, () -> Assembler.assemble(text));
        assertTrue(error.problem().contains("octets of code"), error.getMessage());
    }

    @Test
    void textOfAnyKindGivesOctetsOrAnAssemblyException() {
        var parts = List.of("load_imm", "a0", ",", " ", "[", "]", "+", "-", ".", "@", "!", "x", "y:", "5", "0x",
                "0xffff", "jump", ".jump_table", ".octets", ".equ", "trap", "\n", "\n", "\n", ";", "\"", "\\",
                ".data", ".code", ".ascii", ".zero", "*", ".u32", "00", "\u0000", "\ud800", "\t", "\r",
                "branch_eq a0, a1, x", "\n.byte", "store_u8", "load_ind_u8 a0, [sp", ".empty_jump_table",
                "18446744073709551615", "z: ", "#", ".hex");
        int assembled = 0;
        for (int seed = 0; seed < 15_000; seed++) {
            var random = new SplittableRandom(seed);
            var text = new StringBuilder();
            for (int i = random.nextInt(40); i >= 0; i--) {
                text.append(parts.get(random.nextInt(parts.size()))).append(random.nextBoolean() ? " " : "");
            }
            text.append(random.nextBoolean() ? "\n.code\ntrap" : "");
            try {
                Assembler.assemble(text.toString());
                assembled++;
            } catch (AssemblyException e) {
                assertTrue(e.line() >= 1 && e.column() >= 1, e.getMessage());
            }
            try {
                var blob = Assembler.assembleStandard(text.toString());
                Disassembler.disassembleStandard(blob);
                assembled++;
            } catch (AssemblyException e) {
                assertTrue(e.line() >= 1 && e.column() >= 1, e.getMessage());
            }
        }
        assertTrue(assembled > 150, "only " + assembled + " texts without mistakes");
    }

    @Test
    void textWithOneCharacterChangedGivesOctetsOrAnAssemblyException() {
        for (int seed = 0; seed < 3_000; seed++) {
            var random = new SplittableRandom(seed);
            var text = new StringBuilder(Disassembler.disassemble(Blobs.wild(random)));
            text.setCharAt(random.nextInt(text.length()), (char) (random.nextInt(10) == 0 ? random.nextInt(1 << 16)
                    : 32 + random.nextInt(95)));
            try {
                Program.parse(Assembler.assemble(text.toString()));
            } catch (AssemblyException e) {
                assertTrue(e.line() >= 1 && e.column() >= 1, e.getMessage());
            }
        }
    }
}
