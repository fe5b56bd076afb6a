package io.pvmjit.link;

import io.pvmjit.link.Operation.Flow;

/**
 * RISC-V registers as registers of the PVM, and which of them an operation reads and writes. Sets of registers are
 * bit masks over the registers of the PVM.
 */
final class Registers {
    static final int COUNT = 13;
    static final int NONE = 0;
    static final int ALL = (1 << COUNT) - 1;

    static final int ZERO = 0;
    static final int RETURN_ADDRESS = 1;
    static final int STACK_POINTER = 2;
    private static final int SEVENTH_ARGUMENT = 16;
    private static final int EIGHTH_ARGUMENT = 17;

    /** By RISC-V register: that of the PVM; -1 for zero and for those that the PVM lacks. */
    private static final int[] NUMBERS = {
        -1, 0, 1, -1, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
    };

    private static final int[] RISCV_NUMBERS = {1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    /** What a caller may look at when a function has returned: ra, sp, s0, s1, a0, a1 (psABI). */
    private static final int AFTER_RETURN = mask(1) | mask(2) | mask(8) | mask(9) | mask(10) | mask(11);
    private static final int ARGUMENTS = mask(10) | mask(11) | mask(12) | mask(13) | mask(14) | mask(15);
    /** What host calls write: a0, and a1 for the one that has two results. */
    private static final int HOST_RESULTS = mask(10) | mask(11);

    private Registers() {}

    /** The PVM's register for a RISC-V register other than zero. */
    static int number(int register) {
        return NUMBERS[register];
    }

    /** The RISC-V register that a register of the PVM stands for. */
    static int riscvNumber(int number) {
        return RISCV_NUMBERS[number];
    }

    /** Whether the PVM has the register; of zero it has the value. */
    static boolean exists(int register) {
        return register == ZERO || NUMBERS[register] >= 0;
    }

    static boolean isLateArgument(int register) {
        return register == SEVENTH_ARGUMENT || register == EIGHTH_ARGUMENT;
    }

    /**
     * Whether an instruction only saves the seventh or eighth argument, as functions do that take any number of them:
     * stores it, or moves it to another register. Nothing can have put an argument there, since writing to the register
     * is an error, so the value does not matter.
     */
    static boolean savesLateArgument(RiscvInstruction instruction) {
        int a = instruction.rs1();
        int b = instruction.rs2();
        return switch (instruction.opcode()) {
            case SB, SH, SW, SD -> isLateArgument(b) && exists(a);
            case ADDI, ADDIW -> isLateArgument(a) && instruction.immediate() == 0 && exists(instruction.rd());
            case ADD, ADDW, OR, XOR -> exists(instruction.rd())
                    && (isLateArgument(a) && b == ZERO || a == ZERO && isLateArgument(b));
            default -> false;
        };
    }

    /** Whether a call leaves a register as it was (psABI). */
    static boolean isPreserved(int register) {
        return register == STACK_POINTER || isFrame(register) || register == 9;
    }

    /** Whether compilers reach what a function keeps on the stack by a register. */
    static boolean isFrame(int register) {
        return register == STACK_POINTER || register == 8;
    }

    /** The set of one RISC-V register; empty for zero. */
    static int mask(int register) {
        return NUMBERS[register] < 0 ? 0 : 1 << NUMBERS[register];
    }

    /** What an operation reads, as far as what comes after may tell. */
    static int read(Operation operation) {
        var instruction = operation.instruction();
        return switch (operation.flow()) {
            case RETURN -> AFTER_RETURN;
            case CALL, CALL_INDIRECT, JUMP_INDIRECT -> ALL;
            case TRAP -> NONE;
            case JUMP -> NONE;
            case NEXT, BRANCH -> operation.opcode() == RiscvOpcode.HOST_CALL
                    ? ARGUMENTS
                    : mask(instruction.rs1()) | mask(instruction.rs2());
        };
    }

    /** What an operation writes. */
    static int written(Operation operation) {
        return operation.opcode() == RiscvOpcode.HOST_CALL
                ? HOST_RESULTS
                : operation.flow() == Flow.JUMP ? NONE : mask(operation.instruction().rd());
    }
}
