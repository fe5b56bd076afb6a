package io.pvmjit.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pvmjit.Revision;
import io.pvmjit.rules.Rules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Decoding of operands: every form, with short, full and excessive room, and with octets that belong to others. */
class ProgramDecodeTest {
    private static final int TRAP = Opcode.TRAP.code();

    /** The instruction of these octets, with a jump-table-less program of itself and a trap around it. */
    private static Instruction decode(int... octets) {
        return new TestProgram().raw(octets).raw(TRAP).parse().decode(0);
    }

    private static void expect(Opcode opcode, int a, int b, int d, long x, long y, long target, int... octets) {
        assertEquals(new Instruction(0, octets.length, opcode, a, b, d, x, y, target), decode(octets));
    }

    @Test
    void none() {
        expect(Opcode.FALLTHROUGH, 0, 0, 0, 0, 0, 0, 1);
        expect(Opcode.FALLTHROUGH, 0, 0, 0, 0, 0, 0, 1, 9, 9);
    }

    @Test
    void imm() {
        expect(Opcode.ECALLI, 0, 0, 0, 0, 0, 0, 10);
        expect(Opcode.ECALLI, 0, 0, 0, 0x7F, 0, 0, 10, 0x7F);
        expect(Opcode.ECALLI, 0, 0, 0, -128, 0, 0, 10, 0x80);
        expect(Opcode.ECALLI, 0, 0, 0, 0x80, 0, 0, 10, 0x80, 0);
        expect(Opcode.ECALLI, 0, 0, 0, 0x8001 - 0x10000, 0, 0, 10, 1, 0x80);
        expect(Opcode.ECALLI, 0, 0, 0, 0x563412, 0, 0, 10, 0x12, 0x34, 0x56);
        expect(Opcode.ECALLI, 0, 0, 0, Integer.MIN_VALUE, 0, 0, 10, 0, 0, 0, 0x80);
        expect(Opcode.ECALLI, 0, 0, 0, 0x01020304, 0, 0, 10, 4, 3, 2, 1, 0xFF, 0xFF);
    }

    @Test
    void regImm64() {
        expect(Opcode.LOAD_IMM_64, 12, 0, 0, 0x8807060504030201L, 0, 0, 20, 0x1C, 1, 2, 3, 4, 5, 6, 7, 0x88);
        // Register numbers from 13 on count as 12.
        expect(Opcode.LOAD_IMM_64, 12, 0, 0, 0, 0, 0, 20, 0x0F, 0, 0, 0, 0, 0, 0, 0, 0);
        // The eight octets are read whatever room there is: here a trap, and zeros beyond the code.
        expect(Opcode.LOAD_IMM_64, 3, 0, 0, 0x55, 0, 0, 20, 3, 0x55);
    }

    @Test
    void immImm() {
        expect(Opcode.STORE_IMM_U8, 0, 0, 0, 0x0201, -2, 0, 30, 2, 1, 2, 0xFE);
        expect(Opcode.STORE_IMM_U8, 0, 0, 0, 0, -0x7DFF, 0, 30, 0, 1, 0x82);
        // A length above 4 counts as 4, of the octet's low three bits only.
        expect(Opcode.STORE_IMM_U8, 0, 0, 0, 0x04030201, 0x05, 0, 30, 0xFF, 1, 2, 3, 4, 5);
        // No room for Y.
        expect(Opcode.STORE_IMM_U8, 0, 0, 0, 0x0201, 0, 0, 30, 2, 1, 2);
        // More room than four octets for Y.
        expect(Opcode.STORE_IMM_U8, 0, 0, 0, 1, 0x05040302, 0, 30, 1, 1, 2, 3, 4, 5, 6);
        // X reaches into the next instruction.
        assertEquals(new Instruction(0, 2, Opcode.STORE_IMM_U8, 0, 0, 0, 0x0A, 0, 0),
                new TestProgram().raw(30, 1).raw(10).raw(TRAP).parse().decode(0));
    }

    @Test
    void off() {
        expect(Opcode.JUMP, 0, 0, 0, 0, 0, 0, 40);
        expect(Opcode.JUMP, 0, 0, 0, 0, 0, -1, 40, 0xFF);
        expect(Opcode.JUMP, 0, 0, 0, 0, 0, 0x01020304, 40, 4, 3, 2, 1);
        assertEquals(new Instruction(1, 3, Opcode.JUMP, 0, 0, 0, 0, 0, -127),
                new TestProgram().raw(1).raw(40, 0x80).parse().decode(1));
    }

    @Test
    void regImm() {
        expect(Opcode.LOAD_IMM, 5, 0, 0, -1, 0, 0, 51, 0xF5, 0xFF);
        expect(Opcode.LOAD_IMM, 5, 0, 0, 0, 0, 0, 51, 5);
        expect(Opcode.LOAD_IMM, 12, 0, 0, 0x04030201, 0, 0, 51, 0xE, 1, 2, 3, 4, 5);
        // No room for a register either: it is read from the next instruction, the immediate is empty.
        assertEquals(new Instruction(0, 1, Opcode.LOAD_IMM, 10, 0, 0, 0, 0, 0),
                new TestProgram().raw(51).raw(10).raw(TRAP).parse().decode(0));
    }

    @Test
    void regImmImm() {
        expect(Opcode.STORE_IMM_IND_U16, 7, 0, 0, -2, -0x7DFF, 0, 71, 0x17, 0xFE, 1, 0x82);
        expect(Opcode.STORE_IMM_IND_U16, 7, 0, 0, 0x04030201, 5, 0, 71, 0xF7, 1, 2, 3, 4, 5);
        expect(Opcode.STORE_IMM_IND_U16, 7, 0, 0, 0, 0, 0, 71, 0x07);
        expect(Opcode.STORE_IMM_IND_U16, 12, 0, 0, 0, 0x05040302, 0, 71, 0x0D, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void regImmOff() {
        expect(Opcode.BRANCH_EQ_IMM, 7, 0, 0, -2, 0, -0x7DFF, 81, 0x17, 0xFE, 1, 0x82);
        expect(Opcode.LOAD_IMM_JUMP, 1, 0, 0, 3, 0, -3, 80, 0x11, 3, 0xFD);
        // The top bit of the octet is no part of the length.
        expect(Opcode.LOAD_IMM_JUMP, 1, 0, 0, 3, 0, -3, 80, 0x91, 3, 0xFD);
        assertEquals(new Instruction(1, 5, Opcode.BRANCH_EQ_IMM, 0, 0, 0, 9, 0, -2),
                new TestProgram().raw(1).raw(81, 0x10, 9, 0xFD).parse().decode(1));
    }

    @Test
    void regReg() {
        expect(Opcode.MOVE_REG, 2, 0, 1, 0, 0, 0, 100, 0x21);
        expect(Opcode.MOVE_REG, 12, 0, 12, 0, 0, 0, 100, 0xFD);
        expect(Opcode.MOVE_REG, 2, 0, 1, 0, 0, 0, 100, 0x21, 0x43);
    }

    @Test
    void regRegImm() {
        expect(Opcode.ADD_IMM_64, 1, 2, 0, -1, 0, 0, 149, 0x21, 0xFF);
        expect(Opcode.ADD_IMM_64, 1, 2, 0, 0, 0, 0, 149, 0x21);
        expect(Opcode.STORE_IND_U8, 12, 12, 0, 0x04030201, 0, 0, 120, 0xEF, 1, 2, 3, 4, 5);
    }

    @Test
    void regRegOff() {
        expect(Opcode.BRANCH_EQ, 1, 2, 0, 0, 0, -1, 170, 0x21, 0xFF);
        expect(Opcode.BRANCH_EQ, 1, 2, 0, 0, 0, 0, 170, 0x21);
        assertEquals(new Instruction(1, 4, Opcode.BRANCH_EQ, 3, 4, 0, 0, 0, 6),
                new TestProgram().raw(1).raw(170, 0x43, 5).parse().decode(1));
    }

    @Test
    void regRegImmImm() {
        expect(Opcode.LOAD_IMM_JUMP_IND, 1, 2, 0, -1, -0x7DFF, 0, 180, 0x21, 1, 0xFF, 1, 0x82);
        expect(Opcode.LOAD_IMM_JUMP_IND, 1, 2, 0, 0x04030201, 0, 0, 180, 0x21, 0xFF, 1, 2, 3, 4);
        expect(Opcode.LOAD_IMM_JUMP_IND, 1, 2, 0, 0, 7, 0, 180, 0x21, 0xF8, 7);
        expect(Opcode.LOAD_IMM_JUMP_IND, 1, 2, 0, 0, 0, 0, 180, 0x21);
    }

    /** The low half of the third octet is the register since #554; before, all of it. */
    @ParameterizedTest
    @EnumSource
    void everyThirdRegister(Revision revision) {
        for (int octet = 0; octet < 256; octet++) {
            var blob = new TestProgram().raw(Opcode.ADD_64.code(), 0x21, octet).none(Opcode.TRAP).blob();
            int expected = Math.min(12, revision == Revision.NEXT ? octet % 16 : octet);
            assertEquals(expected, Program.parse(blob, Rules.of(revision)).decode(0).d());
        }
    }

    @Test
    void regRegReg() {
        expect(Opcode.ADD_64, 1, 2, 3, 0, 0, 0, 200, 0x21, 3);
        expect(Opcode.ADD_64, 12, 12, 12, 0, 0, 0, 200, 0xDC, 0x1C);
        expect(Opcode.ADD_64, 0, 0, 11, 0, 0, 0, 200, 0, 11, 0xFF);
    }

    @Test
    void operandsBeyondTheCodeAreZero() {
        var program = new TestProgram().raw(TRAP).raw(Opcode.JUMP_IND.code()).parse();
        assertEquals(new Instruction(1, 2, Opcode.JUMP_IND, 0, 0, 0, 0, 0, 0), program.decode(1));
    }

    @Test
    void onlyStartsCanBeDecoded() {
        var program = new TestProgram().raw(Opcode.JUMP.code(), 0).parse();
        assertThrows(IllegalArgumentException.class, () -> program.decode(1));
        assertThrows(IllegalArgumentException.class, () -> program.decode(2));
        assertThrows(IllegalArgumentException.class, () -> program.decode(-1));
    }
}
