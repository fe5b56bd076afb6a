package io.pvmjit.program;

import io.pvmjit.Instance;

/**
 * A decoded instruction. Operands that its form does not have are 0.
 *
 * @param pc address of its opcode
 * @param next address of the instruction behind it: pc + 1 + skip(pc)
 * @param opcode which
 * @param a register A, 0 to 12 (source in reg_reg and reg_reg_reg, destination or value in reg_reg_imm)
 * @param b register B, 0 to 12
 * @param d register D, 0 to 12: the destination in reg_reg and reg_reg_reg
 * @param x first immediate, sign-extended
 * @param y second immediate, sign-extended
 * @param target jump or branch target, which may lie outside of the code
 */
public record Instruction(int pc, int next, Opcode opcode, int a, int b, int d, long x, long y, long target) {
    /** Registers of a machine, which instructions name by their numbers from 0. */
    public static final int REGISTER_COUNT = Instance.REGISTER_COUNT;

    /** The number in a register field: A, B or D. */
    public int register(Operand.Field field) {
        return switch (field) {
            case A -> a;
            case B -> b;
            case D -> d;
            case X, Y -> throw new IllegalArgumentException(field + " is no register");
        };
    }
}
