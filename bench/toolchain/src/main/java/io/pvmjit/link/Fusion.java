package io.pvmjit.link;

/** Pairs of RISC-V instructions that the PVM does in one. */
final class Fusion {
    private Fusion() {}

    /** A shift left and a shift right that extend the lower part of a register; null when they are not. */
    static RiscvInstruction shifts(RiscvInstruction left, RiscvInstruction right) {
        boolean arithmetic = right.opcode() == RiscvOpcode.SRAI;
        if (left.opcode() != RiscvOpcode.SLLI || !arithmetic && right.opcode() != RiscvOpcode.SRLI
                || left.immediate() != right.immediate() || right.rs1() != left.rd() || right.rd() != left.rd()) {
            return null;
        }
        return switch (left.immediate()) {
            case 32 -> arithmetic ? new RiscvInstruction(RiscvOpcode.ADDIW, right.rd(), left.rs1(), 0, 0) : null;
            case 48 -> new RiscvInstruction(arithmetic ? RiscvOpcode.SEXT_H : RiscvOpcode.ZEXT_H, right.rd(),
                    left.rs1(), 0, 0);
            case 56 -> arithmetic
                    ? new RiscvInstruction(RiscvOpcode.SEXT_B, right.rd(), left.rs1(), 0, 0)
                    : new RiscvInstruction(RiscvOpcode.ANDI, right.rd(), left.rs1(), 0, 0xff);
            default -> null;
        };
    }

    /** Whether an instruction compares, and a branch only looks at the result. */
    static boolean isCompareAndBranch(RiscvInstruction compare, RiscvInstruction branch) {
        return switch (compare.opcode()) {
            case SLT, SLTU, SLTI, SLTIU -> compare.rd() != Registers.ZERO
                    && ConditionalMoves.comparesWithZero(branch)
                    && (branch.rs1() == compare.rd() || branch.rs2() == compare.rd());
            default -> false;
        };
    }

    /** The branch that does both. */
    static RiscvOpcode comparison(RiscvInstruction compare, RiscvInstruction branch) {
        boolean signed = compare.opcode() == RiscvOpcode.SLT || compare.opcode() == RiscvOpcode.SLTI;
        var less = signed ? RiscvOpcode.BLT : RiscvOpcode.BLTU;
        return branch.opcode() == RiscvOpcode.BNE ? less : Branches.negate(less);
    }
}
