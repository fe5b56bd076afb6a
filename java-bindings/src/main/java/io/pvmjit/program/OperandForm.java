package io.pvmjit.program;

/** How the octets after an opcode are read: see {@link Program#decode}. */
public enum OperandForm {
    /** No operands. */
    NONE,
    /** One immediate. */
    IMM,
    /** A register, and an immediate of 8 octets. */
    REG_IMM64,
    /** Two immediates. */
    IMM_IMM,
    /** An offset. */
    OFF,
    /** A register and an immediate. */
    REG_IMM,
    /** A register and two immediates. */
    REG_IMM_IMM,
    /** A register, an immediate and an offset. */
    REG_IMM_OFF,
    /** Two registers. */
    REG_REG,
    /** Two registers and an immediate. */
    REG_REG_IMM,
    /** Two registers and an offset. */
    REG_REG_OFF,
    /** Two registers and two immediates. */
    REG_REG_IMM_IMM,
    /** Three registers. */
    REG_REG_REG
}
