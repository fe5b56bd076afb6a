package io.pvmjit.link;

import io.pvmjit.program.Opcode;

/**
 * Computations on two operands, named as in RISC-V: the instruction of the PVM for registers, and those for an
 * immediate as the second or as the first operand, where there are any.
 */
enum Binary {
    ADD(Opcode.ADD_64, Opcode.ADD_IMM_64, null),
    SUB(Opcode.SUB_64, Opcode.ADD_IMM_64, Opcode.NEG_ADD_IMM_64),
    AND(Opcode.AND, Opcode.AND_IMM, null),
    OR(Opcode.OR, Opcode.OR_IMM, null),
    XOR(Opcode.XOR, Opcode.XOR_IMM, null),
    ANDN(Opcode.AND_INV, Opcode.AND_IMM, null),
    ORN(Opcode.OR_INV, Opcode.OR_IMM, null),
    XNOR(Opcode.XNOR, Opcode.XOR_IMM, null),
    SLT(Opcode.SET_LT_S, Opcode.SET_LT_S_IMM, Opcode.SET_GT_S_IMM),
    SLTU(Opcode.SET_LT_U, Opcode.SET_LT_U_IMM, Opcode.SET_GT_U_IMM),
    SLL(Opcode.SHLO_L_64, Opcode.SHLO_L_IMM_64, Opcode.SHLO_L_IMM_ALT_64),
    SRL(Opcode.SHLO_R_64, Opcode.SHLO_R_IMM_64, Opcode.SHLO_R_IMM_ALT_64),
    SRA(Opcode.SHAR_R_64, Opcode.SHAR_R_IMM_64, Opcode.SHAR_R_IMM_ALT_64),
    ROL(Opcode.ROT_L_64, Opcode.ROT_R_64_IMM, null),
    ROR(Opcode.ROT_R_64, Opcode.ROT_R_64_IMM, Opcode.ROT_R_64_IMM_ALT),
    ADDW(Opcode.ADD_32, Opcode.ADD_IMM_32, null),
    SUBW(Opcode.SUB_32, Opcode.ADD_IMM_32, Opcode.NEG_ADD_IMM_32),
    SLLW(Opcode.SHLO_L_32, Opcode.SHLO_L_IMM_32, Opcode.SHLO_L_IMM_ALT_32),
    SRLW(Opcode.SHLO_R_32, Opcode.SHLO_R_IMM_32, Opcode.SHLO_R_IMM_ALT_32),
    SRAW(Opcode.SHAR_R_32, Opcode.SHAR_R_IMM_32, Opcode.SHAR_R_IMM_ALT_32),
    ROLW(Opcode.ROT_L_32, Opcode.ROT_R_32_IMM, null),
    RORW(Opcode.ROT_R_32, Opcode.ROT_R_32_IMM, Opcode.ROT_R_32_IMM_ALT),
    MUL(Opcode.MUL_64, Opcode.MUL_IMM_64, null),
    MULW(Opcode.MUL_32, Opcode.MUL_IMM_32, null),
    MULH(Opcode.MUL_UPPER_S_S, null, null),
    MULHU(Opcode.MUL_UPPER_U_U, null, null),
    MULHSU(Opcode.MUL_UPPER_S_U, null, null),
    DIV(Opcode.DIV_S_64, null, null),
    DIVU(Opcode.DIV_U_64, null, null),
    REM(Opcode.REM_S_64, null, null),
    REMU(Opcode.REM_U_64, null, null),
    DIVW(Opcode.DIV_S_32, null, null),
    DIVUW(Opcode.DIV_U_32, null, null),
    REMW(Opcode.REM_S_32, null, null),
    REMUW(Opcode.REM_U_32, null, null),
    MIN(Opcode.MIN, null, null),
    MINU(Opcode.MIN_U, null, null),
    MAX(Opcode.MAX, null, null),
    MAXU(Opcode.MAX_U, null, null);

    private final Opcode opcode;
    private final Opcode withImmediate;
    private final Opcode withFirstImmediate;

    Binary(Opcode opcode, Opcode withImmediate, Opcode withFirstImmediate) {
        this.opcode = opcode;
        this.withImmediate = withImmediate;
        this.withFirstImmediate = withFirstImmediate;
    }

    Opcode opcode() {
        return opcode;
    }

    /** For an immediate as the second operand, which {@link #immediate} gives; null when there is none. */
    Opcode withImmediate() {
        return withImmediate;
    }

    /** For an immediate as the first operand, when the operands cannot be swapped; null when there is none. */
    Opcode withFirstImmediate() {
        return withFirstImmediate;
    }

    boolean isCommutative() {
        return switch (this) {
            case ADD, AND, OR, XOR, XNOR, ADDW, MUL, MULW, MULH, MULHU, MIN, MINU, MAX, MAXU -> true;
            default -> false;
        };
    }

    /** Whether the result is sign-extended from 32 bits. */
    boolean isWord() {
        return switch (this) {
            case SLT, SLTU, ADDW, SUBW, SLLW, SRLW, SRAW, ROLW, RORW, MULW, DIVW, DIVUW, REMW, REMUW -> true;
            default -> false;
        };
    }

    /** The immediate that stands for a constant as the second operand. */
    long immediate(long constant) {
        return switch (this) {
            case SUB -> -constant;
            case ANDN, ORN, XNOR -> ~constant;
            case SLL, SRL, SRA, ROR -> constant & 63;
            case ROL -> -constant & 63;
            case ADDW, MULW -> (int) constant;
            case SUBW -> (int) -constant;
            case SLLW, SRLW, SRAW, RORW -> constant & 31;
            case ROLW -> -constant & 31;
            default -> constant;
        };
    }

    /** Whether the result is the first operand when the second is this immediate. */
    boolean isIdentity(long immediate) {
        return switch (this) {
            case ADD, SUB, OR, ORN, XOR, XNOR, SLL, SRL, SRA, ROL, ROR -> immediate == 0;
            case AND, ANDN -> immediate == -1;
            case MUL -> immediate == 1;
            default -> false;
        };
    }

    /** The result. */
    long apply(long a, long b) {
        return switch (this) {
            case ADD -> a + b;
            case SUB -> a - b;
            case AND -> a & b;
            case OR -> a | b;
            case XOR -> a ^ b;
            case ANDN -> a & ~b;
            case ORN -> a | ~b;
            case XNOR -> ~(a ^ b);
            case SLT -> a < b ? 1 : 0;
            case SLTU -> Long.compareUnsigned(a, b) < 0 ? 1 : 0;
            case SLL -> a << b;
            case SRL -> a >>> b;
            case SRA -> a >> b;
            case ROL -> Long.rotateLeft(a, (int) b);
            case ROR -> Long.rotateRight(a, (int) b);
            case ADDW -> (int) (a + b);
            case SUBW -> (int) (a - b);
            case SLLW -> (int) a << b;
            case SRLW -> (int) a >>> b;
            case SRAW -> (int) a >> b;
            case ROLW -> Integer.rotateLeft((int) a, (int) b);
            case RORW -> Integer.rotateRight((int) a, (int) b);
            case MUL -> a * b;
            case MULW -> (int) (a * b);
            case MULH -> Math.multiplyHigh(a, b);
            case MULHU -> Math.unsignedMultiplyHigh(a, b);
            case MULHSU -> Math.multiplyHigh(a, b) + (b < 0 ? a : 0);
            case DIV -> b == 0 ? -1 : a / b;
            case DIVU -> b == 0 ? -1 : Long.divideUnsigned(a, b);
            case REM -> b == 0 ? a : a % b;
            case REMU -> b == 0 ? a : Long.remainderUnsigned(a, b);
            case DIVW -> (int) b == 0 ? -1 : (int) a / (int) b;
            case DIVUW -> (int) b == 0 ? -1 : Integer.divideUnsigned((int) a, (int) b);
            case REMW -> (int) b == 0 ? (int) a : (int) a % (int) b;
            case REMUW -> (int) b == 0 ? (int) a : Integer.remainderUnsigned((int) a, (int) b);
            case MIN -> Math.min(a, b);
            case MINU -> Long.compareUnsigned(a, b) < 0 ? a : b;
            case MAX -> Math.max(a, b);
            case MAXU -> Long.compareUnsigned(a, b) < 0 ? b : a;
        };
    }

    /** The result of an instruction with one operand. */
    static long evaluate(Opcode opcode, long a) {
        return switch (opcode) {
            case LEADING_ZERO_BITS_64 -> Long.numberOfLeadingZeros(a);
            case TRAILING_ZERO_BITS_64 -> Long.numberOfTrailingZeros(a);
            case COUNT_SET_BITS_64 -> Long.bitCount(a);
            case LEADING_ZERO_BITS_32 -> Integer.numberOfLeadingZeros((int) a);
            case TRAILING_ZERO_BITS_32 -> Integer.numberOfTrailingZeros((int) a);
            case COUNT_SET_BITS_32 -> Integer.bitCount((int) a);
            case SIGN_EXTEND_8 -> (byte) a;
            case SIGN_EXTEND_16 -> (short) a;
            case ZERO_EXTEND_16 -> a & 0xffff;
            case REVERSE_BYTES -> Long.reverseBytes(a);
            default -> throw new IllegalArgumentException(opcode + " has not one operand");
        };
    }
}
