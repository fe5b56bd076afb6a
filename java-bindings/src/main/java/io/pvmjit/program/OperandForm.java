package io.pvmjit.program;

/** How the octets after an opcode are read: see {@link Program#decode}. */
public enum OperandForm {
    NONE,
    IMM,
    REG_IMM64,
    IMM_IMM,
    OFF,
    REG_IMM,
    REG_IMM_IMM,
    REG_IMM_OFF,
    REG_REG,
    REG_REG_IMM,
    REG_REG_OFF,
    REG_REG_IMM_IMM,
    REG_REG_REG
}
