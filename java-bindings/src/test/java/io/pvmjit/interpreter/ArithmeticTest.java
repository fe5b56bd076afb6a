package io.pvmjit.interpreter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pvmjit.ExitKind;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.TestProgram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the computing instructions make of their operands. Numbers are hexadecimal. */
class ArithmeticTest {
    private static final int A = 1;
    private static final int B = 2;
    private static final int D = 3;

    /** Runs one instruction and a trap; returns all registers. */
    private static long[] run(TestProgram instruction, long a, long b, long d) {
        var machine = TestMachine.of(instruction.none(Opcode.TRAP));
        machine.register(A, a);
        machine.register(B, b);
        machine.register(D, d);
        assertEquals(ExitKind.PANIC, machine.run());
        return TestMachine.registers(machine);
    }

    private static long number(String hexadecimal) {
        return Long.parseUnsignedLong(hexadecimal, 16);
    }

    private static void expect(long[] actual, long a, long b, long d) {
        assertArrayEquals(new long[] {0, a, b, d, 0, 0, 0, 0, 0, 0, 0, 0, 0}, actual);
    }

    /** D = A op B. */
    @ParameterizedTest
    @CsvSource({
        "ADD_32, 7fffffff, 1, ffffffff80000000",
        "ADD_32, ffffffff, 1, 0",
        "ADD_32, 100000005, 2, 7",
        "ADD_64, ffffffffffffffff, 1, 0",
        "ADD_64, 7fffffffffffffff, 1, 8000000000000000",
        "SUB_32, 0, 1, ffffffffffffffff",
        "SUB_32, 80000000, 1, 7fffffff",
        "SUB_64, 0, 1, ffffffffffffffff",
        "SUB_64, 8000000000000000, 1, 7fffffffffffffff",
        "MUL_32, ffffffff, ffffffff, 1",
        "MUL_32, 10000, 8000, ffffffff80000000",
        "MUL_64, 100000000, 100000000, 0",
        "MUL_64, ffffffffffffffff, 2, fffffffffffffffe",
        "MUL_UPPER_S_S, ffffffffffffffff, ffffffffffffffff, 0",
        "MUL_UPPER_S_S, 8000000000000000, 8000000000000000, 4000000000000000",
        "MUL_UPPER_S_S, ffffffffffffffff, 1, ffffffffffffffff",
        "MUL_UPPER_S_S, 7fffffffffffffff, 7fffffffffffffff, 3fffffffffffffff",
        "MUL_UPPER_U_U, ffffffffffffffff, ffffffffffffffff, fffffffffffffffe",
        "MUL_UPPER_U_U, 8000000000000000, 2, 1",
        "MUL_UPPER_U_U, ffffffff, ffffffff, 0",
        "MUL_UPPER_S_U, ffffffffffffffff, ffffffffffffffff, ffffffffffffffff",
        "MUL_UPPER_S_U, 1, ffffffffffffffff, 0",
        "MUL_UPPER_S_U, 8000000000000000, 2, ffffffffffffffff",
        "MUL_UPPER_S_U, 8000000000000000, ffffffffffffffff, 8000000000000000",
        "MUL_UPPER_S_U, 7fffffffffffffff, ffffffffffffffff, 7ffffffffffffffe",
        "DIV_U_32, 5, 0, ffffffffffffffff",
        "DIV_U_32, 5, 100000000, ffffffffffffffff",
        "DIV_U_32, ffffffff, 1, ffffffffffffffff",
        "DIV_U_32, fffffffe, 2, 7fffffff",
        "DIV_U_32, 10000000a, 5, 2",
        "DIV_S_32, 80000000, ffffffff, ffffffff80000000",
        "DIV_S_32, fffffff9, 2, fffffffffffffffd",
        "DIV_S_32, 7, fffffffe, fffffffffffffffd",
        "DIV_S_32, 7, 0, ffffffffffffffff",
        "REM_U_32, ffffffff, 0, ffffffffffffffff",
        "REM_U_32, 7, 0, 7",
        "REM_U_32, ffffffff, 10, f",
        "REM_U_32, 80000000, ffffffff, ffffffff80000000",
        "REM_S_32, 80000000, ffffffff, 0",
        "REM_S_32, fffffff9, 2, ffffffffffffffff",
        "REM_S_32, 7, fffffffe, 1",
        "REM_S_32, 80000001, 0, ffffffff80000001",
        "DIV_U_64, 5, 0, ffffffffffffffff",
        "DIV_U_64, ffffffffffffffff, 2, 7fffffffffffffff",
        "DIV_S_64, 8000000000000000, ffffffffffffffff, 8000000000000000",
        "DIV_S_64, fffffffffffffff9, 2, fffffffffffffffd",
        "DIV_S_64, 7, fffffffffffffffe, fffffffffffffffd",
        "DIV_S_64, 1, 0, ffffffffffffffff",
        "REM_U_64, ffffffffffffffff, 0, ffffffffffffffff",
        "REM_U_64, ffffffffffffffff, 10, f",
        "REM_S_64, 8000000000000000, ffffffffffffffff, 0",
        "REM_S_64, fffffffffffffff9, 2, ffffffffffffffff",
        "REM_S_64, 7, fffffffffffffffe, 1",
        "REM_S_64, 8000000000000000, 0, 8000000000000000",
        "SHLO_L_32, 1, 1f, ffffffff80000000",
        "SHLO_L_32, 1, 20, 1",
        "SHLO_L_32, 1, 21, 2",
        "SHLO_L_32, ffffffff80000001, 1, 2",
        "SHLO_R_32, 80000000, 1f, 1",
        "SHLO_R_32, 80000000, 0, ffffffff80000000",
        "SHLO_R_32, ffffffff, 20, ffffffffffffffff",
        "SHLO_R_32, ffffffff, 1, 7fffffff",
        "SHAR_R_32, 80000000, 1f, ffffffffffffffff",
        "SHAR_R_32, 7fffffff, 1e, 1",
        "SHAR_R_32, 80000000, 20, ffffffff80000000",
        "SHLO_L_64, 1, 3f, 8000000000000000",
        "SHLO_L_64, 1, 40, 1",
        "SHLO_R_64, 8000000000000000, 3f, 1",
        "SHLO_R_64, 8000000000000000, 40, 8000000000000000",
        "SHAR_R_64, 8000000000000000, 3f, ffffffffffffffff",
        "SHAR_R_64, 7fffffffffffffff, 3e, 1",
        "SHAR_R_64, 8000000000000000, 40, 8000000000000000",
        "ROT_L_64, 8000000000000001, 1, 3",
        "ROT_L_64, 8000000000000001, 41, 3",
        "ROT_L_32, 80000001, 1, 3",
        "ROT_L_32, 40000000, 21, ffffffff80000000",
        "ROT_R_64, 3, 1, 8000000000000001",
        "ROT_R_64, 3, 41, 8000000000000001",
        "ROT_R_32, 1, 1, ffffffff80000000",
        "ROT_R_32, ff00000003, 21, ffffffff80000001",
        "AND, f0f0f0f0f0f0f0f0, ff00ff00ff00ff00, f000f000f000f000",
        "XOR, f0f0f0f0f0f0f0f0, ff00ff00ff00ff00, ff00ff00ff00ff0",
        "OR, f0f0f0f0f0f0f0f0, ff00ff00ff00ff00, fff0fff0fff0fff0",
        "AND_INV, f0f0f0f0f0f0f0f0, ff00ff00ff00ff00, f000f000f000f0",
        "OR_INV, f0f0f0f0f0f0f0f0, ff00ff00ff00ff00, f0fff0fff0fff0ff",
        "XNOR, f0f0f0f0f0f0f0f0, ff00ff00ff00ff00, f00ff00ff00ff00f",
        "SET_LT_U, 1, ffffffffffffffff, 1",
        "SET_LT_U, ffffffffffffffff, 1, 0",
        "SET_LT_U, 5, 5, 0",
        "SET_LT_S, 8000000000000000, 7fffffffffffffff, 1",
        "SET_LT_S, 1, ffffffffffffffff, 0",
        "SET_LT_S, 5, 5, 0",
        "MAX, ffffffffffffffff, 1, 1",
        "MAX, 8000000000000000, 7fffffffffffffff, 7fffffffffffffff",
        "MAX_U, ffffffffffffffff, 1, ffffffffffffffff",
        "MAX_U, 1, 8000000000000000, 8000000000000000",
        "MIN, ffffffffffffffff, 1, ffffffffffffffff",
        "MIN, 8000000000000000, 7fffffffffffffff, 8000000000000000",
        "MIN_U, ffffffffffffffff, 1, 1",
        "MIN_U, 1, 8000000000000000, 1",
    })
    void twoRegisters(Opcode opcode, String left, String right, String result) {
        long a = number(left);
        long b = number(right);
        expect(run(new TestProgram().binary(opcode, D, A, B), a, b, 0x5555), a, b, number(result));
        // The destination may be a source.
        expect(run(new TestProgram().binary(opcode, A, A, B), a, b, 0x5555), number(result), b, 0x5555);
        expect(run(new TestProgram().binary(opcode, B, A, B), a, b, 0x5555), a, number(result), 0x5555);
    }

    /** D = op A. */
    @ParameterizedTest
    @CsvSource({
        "MOVE_REG, 8000000000000001, 8000000000000001",
        "COUNT_SET_BITS_64, 0, 0",
        "COUNT_SET_BITS_64, ffffffffffffffff, 40",
        "COUNT_SET_BITS_64, 8000000000000001, 2",
        "COUNT_SET_BITS_32, ffffffff00000001, 1",
        "COUNT_SET_BITS_32, ffffffffffffffff, 20",
        "LEADING_ZERO_BITS_64, 0, 40",
        "LEADING_ZERO_BITS_64, 1, 3f",
        "LEADING_ZERO_BITS_64, 8000000000000000, 0",
        "LEADING_ZERO_BITS_32, ffffffff00000000, 20",
        "LEADING_ZERO_BITS_32, 1, 1f",
        "LEADING_ZERO_BITS_32, 80000000, 0",
        "TRAILING_ZERO_BITS_64, 0, 40",
        "TRAILING_ZERO_BITS_64, 1, 0",
        "TRAILING_ZERO_BITS_64, 8000000000000000, 3f",
        "TRAILING_ZERO_BITS_32, 100000000, 20",
        "TRAILING_ZERO_BITS_32, 80000000, 1f",
        "SIGN_EXTEND_8, 80, ffffffffffffff80",
        "SIGN_EXTEND_8, 17f, 7f",
        "SIGN_EXTEND_16, 8000, ffffffffffff8000",
        "SIGN_EXTEND_16, 17fff, 7fff",
        "ZERO_EXTEND_16, ffffffffffff8000, 8000",
        "REVERSE_BYTES, 102030405060708, 807060504030201",
    })
    void oneRegister(Opcode opcode, String operand, String result) {
        long a = number(operand);
        expect(run(new TestProgram().unary(opcode, D, A), a, 7, -1), a, 7, number(result));
        expect(run(new TestProgram().unary(opcode, A, A), a, 7, -1), number(result), 7, -1);
    }

    /** A = B op X; X is given in 32 bits and sign-extended to 64. */
    @ParameterizedTest
    @CsvSource({
        "ADD_IMM_32, 7fffffff, 1, ffffffff80000000",
        "ADD_IMM_32, 0, ffffffff, ffffffffffffffff",
        "ADD_IMM_64, ffffffffffffffff, 1, 0",
        "ADD_IMM_64, 0, ffffffff, ffffffffffffffff",
        "NEG_ADD_IMM_32, 1, 0, ffffffffffffffff",
        "NEG_ADD_IMM_32, 1, 80000000, 7fffffff",
        "NEG_ADD_IMM_64, fffffffffffffffe, ffffffff, 1",
        "NEG_ADD_IMM_64, 1, 80000000, ffffffff7fffffff",
        "MUL_IMM_32, 10000, 8000, ffffffff80000000",
        "MUL_IMM_64, 2, ffffffff, fffffffffffffffe",
        "AND_IMM, ffffffffffffffff, 80000000, ffffffff80000000",
        "XOR_IMM, ff, ffffffff, ffffffffffffff00",
        "OR_IMM, 1, 80000000, ffffffff80000001",
        "SET_LT_U_IMM, 1, ffffffff, 1",
        "SET_LT_U_IMM, ffffffffffffffff, ffffffff, 0",
        "SET_LT_U_IMM, ffffffff, ffffffff, 1",
        "SET_LT_S_IMM, 1, ffffffff, 0",
        "SET_LT_S_IMM, 8000000000000000, ffffffff, 1",
        "SET_GT_U_IMM, 1, 0, 1",
        "SET_GT_U_IMM, 1, ffffffff, 0",
        "SET_GT_U_IMM, 0, 0, 0",
        "SET_GT_S_IMM, 1, ffffffff, 1",
        "SET_GT_S_IMM, 8000000000000000, 80000000, 0",
        "SHLO_L_IMM_32, 1, 1f, ffffffff80000000",
        "SHLO_L_IMM_32, 1, 20, 1",
        "SHLO_L_IMM_32, 1, ffffffff, ffffffff80000000",
        "SHLO_R_IMM_32, 80000000, 1f, 1",
        "SHLO_R_IMM_32, ffffffff, 20, ffffffffffffffff",
        "SHAR_R_IMM_32, 80000000, 1f, ffffffffffffffff",
        "SHAR_R_IMM_32, 17fffffff, 1, 3fffffff",
        "SHLO_L_IMM_64, 1, 3f, 8000000000000000",
        "SHLO_L_IMM_64, 1, 40, 1",
        "SHLO_L_IMM_64, 1, ffffffff, 8000000000000000",
        "SHLO_R_IMM_64, 8000000000000000, 3f, 1",
        "SHLO_R_IMM_64, 8000000000000000, 41, 4000000000000000",
        "SHAR_R_IMM_64, 8000000000000000, 3f, ffffffffffffffff",
        "SHAR_R_IMM_64, 8000000000000000, 41, c000000000000000",
        "SHLO_L_IMM_ALT_32, 1f, 1, ffffffff80000000",
        "SHLO_L_IMM_ALT_32, 20, 1, 1",
        "SHLO_R_IMM_ALT_32, 4, 80000000, 8000000",
        "SHLO_R_IMM_ALT_32, 20, 80000000, ffffffff80000000",
        "SHAR_R_IMM_ALT_32, 4, 80000000, fffffffff8000000",
        "SHLO_L_IMM_ALT_64, 3f, 1, 8000000000000000",
        "SHLO_L_IMM_ALT_64, 40, 1, 1",
        "SHLO_R_IMM_ALT_64, 4, 80000000, ffffffff8000000",
        "SHAR_R_IMM_ALT_64, 4, 80000000, fffffffff8000000",
        "ROT_R_64_IMM, 1, 1, 8000000000000000",
        "ROT_R_64_IMM, 1, 41, 8000000000000000",
        "ROT_R_64_IMM_ALT, 1, 1, 8000000000000000",
        "ROT_R_64_IMM_ALT, 4, fffffffe, efffffffffffffff",
        "ROT_R_32_IMM, 1, 1, ffffffff80000000",
        "ROT_R_32_IMM, ff00000002, 21, 1",
        "ROT_R_32_IMM_ALT, 4, f, fffffffff0000000",
        "ROT_R_32_IMM_ALT, 21, 2, 1",
    })
    void registerAndImmediate(Opcode opcode, String operand, String immediate, String result) {
        long b = number(operand);
        long x = number(immediate);
        expect(run(new TestProgram().immediate(opcode, A, B, x), 0x5555, b, 7), number(result), b, 7);
        expect(run(new TestProgram().immediate(opcode, B, B, x), 0x5555, b, 7), 0x5555, number(result), 7);
    }

    @Test
    void constants() {
        expect(run(new TestProgram().immediate(Opcode.LOAD_IMM, A, 0x7FFFFFFF), -1, 7, 8), 0x7FFFFFFF, 7, 8);
        expect(run(new TestProgram().immediate(Opcode.LOAD_IMM, A, 0x80000000L), -1, 7, 8), 0xFFFFFFFF80000000L, 7, 8);
        for (long x : new long[] {0x0123456789ABCDEFL, 0x80000000L, 0xFFFFFFFF00000000L, -1, Long.MIN_VALUE}) {
            expect(run(new TestProgram().loadImmediate64(A, x), 5, 7, 8), x, 7, 8);
        }
    }

    @Test
    void conditionalMoves() {
        expect(run(new TestProgram().binary(Opcode.CMOV_IZ, D, A, B), 5, 0, 7), 5, 0, 5);
        expect(run(new TestProgram().binary(Opcode.CMOV_IZ, D, A, B), 5, 1L << 32, 7), 5, 1L << 32, 7);
        expect(run(new TestProgram().binary(Opcode.CMOV_NZ, D, A, B), 5, 0, 7), 5, 0, 7);
        expect(run(new TestProgram().binary(Opcode.CMOV_NZ, D, A, B), 5, 1L << 32, 7), 5, 1L << 32, 5);
        expect(run(new TestProgram().immediate(Opcode.CMOV_IZ_IMM, A, B, -9), 5, 0, 7), -9, 0, 7);
        expect(run(new TestProgram().immediate(Opcode.CMOV_IZ_IMM, A, B, -9), 5, 1L << 63, 7), 5, 1L << 63, 7);
        expect(run(new TestProgram().immediate(Opcode.CMOV_NZ_IMM, A, B, -9), 5, 0, 7), 5, 0, 7);
        expect(run(new TestProgram().immediate(Opcode.CMOV_NZ_IMM, A, B, -9), 5, 1L << 63, 7), -9, 1L << 63, 7);
        // The condition may be the destination, and is read first.
        expect(run(new TestProgram().immediate(Opcode.CMOV_IZ_IMM, B, B, 3), 5, 0, 7), 5, 3, 7);
        expect(run(new TestProgram().binary(Opcode.CMOV_NZ, B, A, B), 5, 6, 7), 5, 5, 7);
    }

    @Test
    void unlikelyDoesNothing() {
        expect(run(new TestProgram().none(Opcode.UNLIKELY), 5, 6, 7), 5, 6, 7);
    }

    @Test
    void registersFrom13OnAre12() {
        var machine = TestMachine.of(new TestProgram().raw(Opcode.ADD_64.code(), 0xFD, 205).none(Opcode.TRAP));
        machine.register(12, 21);
        machine.run();
        assertEquals(42, machine.register(12));
    }
}
