package io.pvmjit.link;

import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.program.Opcode;

/** Emits comparisons that jump. */
final class Branches {
    /** What is compared: a RISC-V register, or a constant where the register is {@link #CONSTANT}. */
    record Operand(int register, long constant) {
        static final int CONSTANT = -1;

        static Operand of(RegisterFile registers, int register) {
            return new Operand(register, registers.isConstant(register) ? registers.constant(register) : 0);
        }

        static Operand constant(long value) {
            return new Operand(CONSTANT, value);
        }

        boolean isConstant(RegisterFile registers) {
            return register == CONSTANT || registers.isConstant(register);
        }
    }

    /** Opcodes of a comparison: of registers, of a register with an immediate, and with the operands swapped. */
    private record Forms(Opcode registers, Opcode immediate, Opcode swapped) {}

    private final ProgramBuilder builder;
    private final RegisterFile registers;

    Branches(ProgramBuilder builder, RegisterFile registers) {
        this.builder = builder;
        this.registers = registers;
    }

    private static Forms forms(RiscvOpcode comparison) {
        return switch (comparison) {
            case BEQ -> new Forms(Opcode.BRANCH_EQ, Opcode.BRANCH_EQ_IMM, Opcode.BRANCH_EQ_IMM);
            case BNE -> new Forms(Opcode.BRANCH_NE, Opcode.BRANCH_NE_IMM, Opcode.BRANCH_NE_IMM);
            case BLT -> new Forms(Opcode.BRANCH_LT_S, Opcode.BRANCH_LT_S_IMM, Opcode.BRANCH_GT_S_IMM);
            case BGE -> new Forms(Opcode.BRANCH_GE_S, Opcode.BRANCH_GE_S_IMM, Opcode.BRANCH_LE_S_IMM);
            case BLTU -> new Forms(Opcode.BRANCH_LT_U, Opcode.BRANCH_LT_U_IMM, Opcode.BRANCH_GT_U_IMM);
            case BGEU -> new Forms(Opcode.BRANCH_GE_U, Opcode.BRANCH_GE_U_IMM, Opcode.BRANCH_LE_U_IMM);
            default -> throw new IllegalArgumentException(comparison + " does not branch");
        };
    }

    /** The branch on the opposite. */
    static RiscvOpcode negate(RiscvOpcode comparison) {
        return switch (comparison) {
            case BEQ -> RiscvOpcode.BNE;
            case BNE -> RiscvOpcode.BEQ;
            case BLT -> RiscvOpcode.BGE;
            case BGE -> RiscvOpcode.BLT;
            case BLTU -> RiscvOpcode.BGEU;
            case BGEU -> RiscvOpcode.BLTU;
            default -> throw new IllegalArgumentException(comparison + " does not branch");
        };
    }

    private static boolean holds(RiscvOpcode comparison, long a, long b) {
        return switch (comparison) {
            case BEQ -> a == b;
            case BNE -> a != b;
            case BLT -> a < b;
            case BGE -> a >= b;
            case BLTU -> Long.compareUnsigned(a, b) < 0;
            case BGEU -> Long.compareUnsigned(a, b) >= 0;
            default -> throw new IllegalArgumentException(comparison + " does not branch");
        };
    }

    /** How a comparison turns out. */
    enum Outcome {
        ALWAYS,
        NEVER,
        DEPENDS
    }

    /** How a comparison turns out as far as is known. */
    Outcome outcome(RiscvOpcode comparison, Operand a, Operand b) {
        if (a.register == b.register && a.register != Operand.CONSTANT) {
            return holds(comparison, 0, 0) ? Outcome.ALWAYS : Outcome.NEVER;
        }
        if (!a.isConstant(registers) || !b.isConstant(registers)) {
            return Outcome.DEPENDS;
        }
        return holds(comparison, a.constant, b.constant) ? Outcome.ALWAYS : Outcome.NEVER;
    }

    /**
     * Emits a branch whose outcome depends. Constants that need a register are loaded before anything else.
     *
     * @param live registers of the PVM whose pending constants must be loaded whatever way it goes
     */
    void emit(RiscvOpcode comparison, Operand a, Operand b, ProgramBuilder.Label target, int live) {
        registers.materialize(live);
        var forms = forms(comparison);
        if (b.isConstant(registers) && RegisterFile.isImmediate(b.constant)) {
            builder.appendTo(forms.immediate, target, registers.read(a.register), b.constant);
        } else if (a.isConstant(registers) && RegisterFile.isImmediate(a.constant)) {
            builder.appendTo(forms.swapped, target, registers.read(b.register), a.constant);
        } else {
            int first = registers.read(a.register);
            builder.appendTo(forms.registers, target, first, registers.read(b.register));
        }
    }
}
