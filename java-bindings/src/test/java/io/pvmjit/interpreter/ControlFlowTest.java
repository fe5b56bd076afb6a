package io.pvmjit.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.ExitKind;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.TestProgram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jumps, branches, host calls, and where a machine stands afterwards. */
class ControlFlowTest {
    private static final int A = 1;
    private static final int B = 2;
    private static final long HALT = 0xFFFF0000L;

    private static void expectExit(BackendMachine machine, ExitKind kind, long exitPc) {
        assertEquals(kind, machine.run());
        assertEquals(exitPc, machine.exitPc());
        assertEquals(0, machine.exitArgument());
        assertEquals(0, machine.pc());
        assertTrue(machine.gasCharged());
    }

    @Test
    void trapPanics() {
        expectExit(TestMachine.of(new TestProgram().none(Opcode.TRAP)), ExitKind.PANIC, 0);
        expectExit(TestMachine.of(new TestProgram().none(Opcode.FALLTHROUGH).none(Opcode.TRAP)), ExitKind.PANIC, 1);
    }

    @Test
    void fallthroughAtTheEndPanics() {
        var machine = TestMachine.of(new TestProgram().none(Opcode.UNLIKELY).none(Opcode.FALLTHROUGH));
        expectExit(machine, ExitKind.PANIC, 1);
    }

    /** 0: jump. 5: load_imm, 11: trap. 12: trap, a block. */
    private static TestProgram jumps(int target) {
        return new TestProgram().jump(target).immediate(Opcode.LOAD_IMM, A, 7).none(Opcode.TRAP).none(Opcode.TRAP);
    }

    @ParameterizedTest
    @CsvSource({
        "5, 11", "12, 12",
        // An instruction that starts no block, the middle of one, outside of the code
        "11, 0", "6, 0", "13, 0", "-1, 0", "1000000, 0", "-2147483648, 0",
    })
    void jumpGoesToBlocksOnly(int target, int exitPc) {
        expectExit(TestMachine.of(jumps(target)), ExitKind.PANIC, exitPc);
    }

    @Test
    void jumpToItself() {
        var machine = TestMachine.of(new TestProgram().jump(0));
        machine.gas(1_000);
        assertEquals(ExitKind.OUT_OF_GAS, machine.run());
        assertEquals(0, machine.exitPc());
    }

    @Test
    void loadAndJumpWritesEvenWhenItPanics() {
        var program = new TestProgram().offset(Opcode.LOAD_IMM_JUMP, A, -5, 3).none(Opcode.TRAP);
        var machine = TestMachine.of(program);
        expectExit(machine, ExitKind.PANIC, 0);
        assertEquals(-5, machine.register(A));

        machine = TestMachine.of(new TestProgram().offset(Opcode.LOAD_IMM_JUMP, A, -5, 10).none(Opcode.TRAP));
        expectExit(machine, ExitKind.PANIC, 10);
        assertEquals(-5, machine.register(A));
    }

    /** Unlike branches, jumps need no instruction behind them. */
    @Test
    void jumpsMayBeLast() {
        // 0: branch_eq_imm A, 0 to 11. 10: trap. 11: the jump.
        var start = new TestProgram().offset(Opcode.BRANCH_EQ_IMM, A, 0, 11).none(Opcode.TRAP);
        var machine = TestMachine.of(start.offset(Opcode.LOAD_IMM_JUMP, A, -5, 0));
        expectExit(machine, ExitKind.PANIC, 10);
        machine = TestMachine.of(new TestProgram().offset(Opcode.BRANCH_EQ_IMM, A, 0, 11).none(Opcode.TRAP).jump(10));
        expectExit(machine, ExitKind.PANIC, 10);
        machine = TestMachine.of(new TestProgram().jump(6).none(Opcode.TRAP).jump(5));
        expectExit(machine, ExitKind.PANIC, 5);
    }

    @ParameterizedTest
    @CsvSource({"5, 5", "4, 5", "5, 4", "-1, 5", "5, -1", "-2, -1", "-1, -2", "-2147483648, 2147483647"})
    void conditions(int left, int right) {
        long a = left;
        long b = right;
        boolean equal = left == right;
        boolean less = left < right;
        boolean below = Integer.toUnsignedLong(left) < Integer.toUnsignedLong(right);
        expectBranch(Opcode.BRANCH_EQ, equal, a, b);
        expectBranch(Opcode.BRANCH_NE, !equal, a, b);
        expectBranch(Opcode.BRANCH_LT_U, below, a, b);
        expectBranch(Opcode.BRANCH_LT_S, less, a, b);
        expectBranch(Opcode.BRANCH_GE_U, !below, a, b);
        expectBranch(Opcode.BRANCH_GE_S, !less, a, b);
        expectBranchImmediate(Opcode.BRANCH_EQ_IMM, equal, a, b);
        expectBranchImmediate(Opcode.BRANCH_NE_IMM, !equal, a, b);
        expectBranchImmediate(Opcode.BRANCH_LT_U_IMM, below, a, b);
        expectBranchImmediate(Opcode.BRANCH_LE_U_IMM, below || equal, a, b);
        expectBranchImmediate(Opcode.BRANCH_GE_U_IMM, !below, a, b);
        expectBranchImmediate(Opcode.BRANCH_GT_U_IMM, !below && !equal, a, b);
        expectBranchImmediate(Opcode.BRANCH_LT_S_IMM, less, a, b);
        expectBranchImmediate(Opcode.BRANCH_LE_S_IMM, less || equal, a, b);
        expectBranchImmediate(Opcode.BRANCH_GE_S_IMM, !less, a, b);
        expectBranchImmediate(Opcode.BRANCH_GT_S_IMM, !less && !equal, a, b);
    }

    private static void expectBranch(Opcode opcode, boolean taken, long a, long b) {
        var machine = TestMachine.of(new TestProgram().branch(opcode, A, B, 7).none(Opcode.TRAP).none(Opcode.TRAP));
        machine.register(A, a);
        machine.register(B, b);
        expectExit(machine, ExitKind.PANIC, taken ? 7 : 6);
    }

    private static void expectBranchImmediate(Opcode opcode, boolean taken, long a, long x) {
        var program = new TestProgram().offset(opcode, A, x, 11).none(Opcode.TRAP).none(Opcode.TRAP);
        var machine = TestMachine.of(program);
        machine.register(A, a);
        expectExit(machine, ExitKind.PANIC, taken ? 11 : 10);
    }

    /** Registers are compared in all 64 bits. */
    @Test
    void conditionsOf64Bits() {
        expectBranch(Opcode.BRANCH_EQ, false, 1L << 32, 0);
        expectBranch(Opcode.BRANCH_LT_U, true, 0xFFFFFFFFL, 1L << 63);
        expectBranch(Opcode.BRANCH_LT_S, false, 0xFFFFFFFFL, 1L << 63);
        expectBranchImmediate(Opcode.BRANCH_EQ_IMM, false, 0xFFFFFFFFL, -1);
        expectBranchImmediate(Opcode.BRANCH_GT_U_IMM, false, 0xFFFFFFFFL, -1);
    }

    /** A branch panics unless both its ways lead to blocks. */
    @Test
    void branchesToNowherePanicEvenUntaken() {
        for (int target : new int[] {-1, 3, 100}) {
            for (long a : new long[] {0, 1}) {
                var program = new TestProgram().branch(Opcode.BRANCH_EQ, A, B, target).none(Opcode.TRAP);
                var machine = TestMachine.of(program);
                machine.register(A, a);
                expectExit(machine, ExitKind.PANIC, 0);
            }
        }
    }

    @Test
    void branchesAtTheEndPanicEvenTaken() {
        for (long a : new long[] {0, 1}) {
            var program = new TestProgram().none(Opcode.FALLTHROUGH).branch(Opcode.BRANCH_EQ, A, B, 0);
            var machine = TestMachine.of(program);
            machine.register(A, a);
            expectExit(machine, ExitKind.PANIC, 1);
            program = new TestProgram().none(Opcode.FALLTHROUGH).offset(Opcode.BRANCH_NE_IMM, A, 0, 0);
            machine = TestMachine.of(program);
            machine.register(A, a);
            expectExit(machine, ExitKind.PANIC, 1);
        }
    }

    /** 0: jump_ind A + 4. 6: load_imm. 12, 13: trap. Table: 13, 12 (no block), 6, beyond the code, 13 plus 2^32. */
    private static TestProgram dynamicJumps() {
        return new TestProgram().immediate(Opcode.JUMP_IND, A, 4).immediate(Opcode.LOAD_IMM, B, 9).none(Opcode.TRAP)
                .none(Opcode.TRAP).jumpTable(5, 13, 12, 6, 14, 1L << 32 | 13);
    }

    @ParameterizedTest
    @CsvSource({
        "2, 13", "6, 12",
        // The sum counts modulo 2^32.
        "4294967298, 13", "-4294967294, 13",
        // Zero, odd, beyond the table, and entries that are no blocks
        "0, 0", "1, 0", "3, 0", "12, 0", "4294901760, 0", "-2, 0", "4, 0", "8, 0", "10, 0",
    })
    void dynamicJump(long address, int exitPc) {
        var machine = TestMachine.of(dynamicJumps());
        machine.register(A, address - 4);
        if (address == HALT) {
            expectExit(machine, ExitKind.HALT, 0);
        } else {
            expectExit(machine, ExitKind.PANIC, exitPc);
        }
    }

    @Test
    void dynamicJumpWithoutTable() {
        var machine = TestMachine.of(new TestProgram().immediate(Opcode.JUMP_IND, A, 0));
        machine.register(A, 2);
        expectExit(machine, ExitKind.PANIC, 0);
    }

    /** Entries of no octets are all 0, which is a block. */
    @Test
    void dynamicJumpThroughEmptyEntries() {
        var program = new TestProgram().offset(Opcode.BRANCH_EQ_IMM, B, 9, 21).loadAndJump(B, A, 9, 0).none(Opcode.TRAP)
                .jumpTable(0, 1, 2, 3);
        for (long address : new long[] {2, 4, 6, 8}) {
            var machine = TestMachine.of(program);
            machine.register(A, address);
            expectExit(machine, ExitKind.PANIC, address <= 6 ? 21 : 10);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {HALT, HALT + (1L << 32), HALT - (1L << 32), HALT | 1L << 63})
    void halt(long address) {
        var machine = TestMachine.of(new TestProgram().none(Opcode.FALLTHROUGH).immediate(Opcode.JUMP_IND, A, 0));
        machine.register(A, address);
        expectExit(machine, ExitKind.HALT, 1);
    }

    /** The address counts before the register is written, and the register is written whatever becomes of the jump. */
    @Test
    void loadAndJumpThroughTable() {
        var program = new TestProgram().loadAndJump(A, A, -3, 2).none(Opcode.TRAP).jumpTable(1, 11);
        var machine = TestMachine.of(program);
        expectExit(machine, ExitKind.PANIC, 11);
        assertEquals(-3, machine.register(A));

        machine = TestMachine.of(program);
        machine.register(A, HALT - 2);
        expectExit(machine, ExitKind.HALT, 0);
        assertEquals(-3, machine.register(A));

        machine = TestMachine.of(program);
        machine.register(A, 100);
        expectExit(machine, ExitKind.PANIC, 0);
        assertEquals(-3, machine.register(A));
    }

    @Test
    void hostCallStopsBehindItself() {
        var machine = TestMachine.of(new TestProgram().none(Opcode.UNLIKELY).ecalli(0x80000001).ecalli(77)
                .none(Opcode.TRAP));
        assertEquals(ExitKind.HOST_CALL, machine.run());
        assertEquals(0xFFFFFFFF80000001L, machine.exitArgument());
        assertEquals(1, machine.exitPc());
        assertEquals(6, machine.pc());
        assertTrue(machine.gasCharged());
        assertEquals(ExitKind.HOST_CALL, machine.run());
        assertEquals(77, machine.exitArgument());
        assertEquals(6, machine.exitPc());
        assertEquals(11, machine.pc());
        expectExit(machine, ExitKind.PANIC, 11);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4, 6, 7, 0xFFFFFFFFL})
    void startWhereNoInstructionIs(long pc) {
        for (boolean charged : new boolean[] {false, true}) {
            var machine = TestMachine.of(new TestProgram().jump(0).none(Opcode.TRAP));
            machine.pc(pc);
            machine.gasCharged(charged);
            assertEquals(ExitKind.PANIC, machine.run());
            assertEquals(pc, machine.exitPc());
            assertEquals(0, machine.pc());
            assertEquals(TestMachine.GAS, machine.gas());
            assertEquals(charged, machine.gasCharged());
        }
    }

    /** Every opcode runs with operands of zero: memory at 0, jumps by 0. */
    @Test
    void everyOpcodeRuns() {
        for (var opcode : Opcode.values()) {
            var machine = TestMachine.of(new TestProgram().raw(opcode.code()).none(Opcode.TRAP));
            machine.gas(1_000);
            var expected = switch (opcode) {
                case ECALLI -> ExitKind.HOST_CALL;
                // These jump to themselves.
                case JUMP, LOAD_IMM_JUMP, BRANCH_EQ, BRANCH_GE_U, BRANCH_GE_S -> ExitKind.OUT_OF_GAS;
                case BRANCH_EQ_IMM, BRANCH_LE_U_IMM, BRANCH_GE_U_IMM, BRANCH_LE_S_IMM, BRANCH_GE_S_IMM ->
                    ExitKind.OUT_OF_GAS;
                default -> ExitKind.PANIC;
            };
            assertEquals(expected, machine.run(), opcode.mnemonic());
        }
    }
}
