package io.pvmjit.program;

import java.util.List;

/**
 * The operands of an instruction: how they are encoded, and what each is for. Register use, the address of an access and
 * the text form are derived from here. The C library has the same rows in {@code operands.def}.
 */
public enum Operands {
    /** {@code trap}: nothing. */
    NONE(OperandForm.NONE),
    /** {@code ecalli}: a number. */
    NUMBER(OperandForm.IMM, Operand.X),
    /** {@code load_imm_64}: a constant of 64 bits into A. */
    CONSTANT_64(OperandForm.REG_IMM64, Operand.WRITE_A, Operand.X),
    /** A constant to RAM at a constant address. */
    STORE_IMM(OperandForm.IMM_IMM, Operand.AT_X, Operand.Y),
    /** A jump. */
    JUMP(OperandForm.OFF, Operand.TARGET),
    /** A jump to A and an offset. */
    JUMP_IND(OperandForm.REG_IMM, Operand.A_PLUS_X),
    /** {@code load_imm}: a constant into A. */
    CONSTANT(OperandForm.REG_IMM, Operand.WRITE_A, Operand.X),
    /** RAM at a constant address into A. */
    LOAD(OperandForm.REG_IMM, Operand.WRITE_A, Operand.AT_X),
    /** A to RAM at a constant address. */
    STORE(OperandForm.REG_IMM, Operand.AT_X, Operand.READ_A),
    /** A constant to RAM at A and an offset. */
    STORE_IMM_IND(OperandForm.REG_IMM_IMM, Operand.AT_A_X, Operand.Y),
    /** A constant into A, and a jump. */
    CONSTANT_JUMP(OperandForm.REG_IMM_OFF, Operand.WRITE_A, Operand.X, Operand.TARGET),
    /** A branch that compares A with a constant. */
    BRANCH_IMM(OperandForm.REG_IMM_OFF, Operand.READ_A, Operand.X, Operand.TARGET),
    /** D from A. */
    UNARY(OperandForm.REG_REG, Operand.WRITE_D, Operand.READ_A),
    /** A to RAM at B and an offset. */
    STORE_IND(OperandForm.REG_REG_IMM, Operand.AT_B_X, Operand.READ_A),
    /** RAM at B and an offset into A. */
    LOAD_IND(OperandForm.REG_REG_IMM, Operand.WRITE_A, Operand.AT_B_X),
    /** A from B and a constant. */
    BINARY_IMM(OperandForm.REG_REG_IMM, Operand.WRITE_A, Operand.READ_B, Operand.X),
    /** A from a constant, or as it was, by B. */
    SELECT_IMM(OperandForm.REG_REG_IMM, Operand.UPDATE_A, Operand.READ_B, Operand.X),
    /** A branch that compares A with B. */
    BRANCH(OperandForm.REG_REG_OFF, Operand.READ_A, Operand.READ_B, Operand.TARGET),
    /** A constant into A, and a jump to B and an offset. */
    CONSTANT_JUMP_IND(OperandForm.REG_REG_IMM_IMM, Operand.WRITE_A, Operand.X, Operand.B_PLUS_Y),
    /** D from A and B. */
    BINARY(OperandForm.REG_REG_REG, Operand.WRITE_D, Operand.READ_A, Operand.READ_B),
    /** D from A, or as it was, by B. */
    SELECT(OperandForm.REG_REG_REG, Operand.UPDATE_D, Operand.READ_A, Operand.READ_B);

    private final OperandForm form;
    private final List<Operand> list;

    Operands(OperandForm form, Operand... list) {
        this.form = form;
        this.list = List.of(list);
    }

    /** How the octets are read. */
    public OperandForm form() {
        return form;
    }

    /** In the order of the text: destinations first, but where a store leads. */
    public List<Operand> list() {
        return list;
    }

    /** Whether there is a jump or branch target. */
    public boolean hasTarget() {
        return list.contains(Operand.TARGET);
    }
}
