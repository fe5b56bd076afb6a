package io.pvmjit.program;

import java.util.List;

/**
 * The operands of an instruction: how they are encoded, and what each is for. Register use, the address of an access and
 * the text form are derived from here. The C library has the same rows in {@code operands.def}.
 */
public enum Operands {
    NONE(OperandForm.NONE),
    NUMBER(OperandForm.IMM, Operand.X),
    CONSTANT_64(OperandForm.REG_IMM64, Operand.WRITE_A, Operand.X),
    STORE_IMM(OperandForm.IMM_IMM, Operand.AT_X, Operand.Y),
    JUMP(OperandForm.OFF, Operand.TARGET),
    JUMP_IND(OperandForm.REG_IMM, Operand.A_PLUS_X),
    CONSTANT(OperandForm.REG_IMM, Operand.WRITE_A, Operand.X),
    LOAD(OperandForm.REG_IMM, Operand.WRITE_A, Operand.AT_X),
    STORE(OperandForm.REG_IMM, Operand.AT_X, Operand.READ_A),
    STORE_IMM_IND(OperandForm.REG_IMM_IMM, Operand.AT_A_X, Operand.Y),
    CONSTANT_JUMP(OperandForm.REG_IMM_OFF, Operand.WRITE_A, Operand.X, Operand.TARGET),
    BRANCH_IMM(OperandForm.REG_IMM_OFF, Operand.READ_A, Operand.X, Operand.TARGET),
    UNARY(OperandForm.REG_REG, Operand.WRITE_D, Operand.READ_A),
    STORE_IND(OperandForm.REG_REG_IMM, Operand.AT_B_X, Operand.READ_A),
    LOAD_IND(OperandForm.REG_REG_IMM, Operand.WRITE_A, Operand.AT_B_X),
    BINARY_IMM(OperandForm.REG_REG_IMM, Operand.WRITE_A, Operand.READ_B, Operand.X),
    SELECT_IMM(OperandForm.REG_REG_IMM, Operand.UPDATE_A, Operand.READ_B, Operand.X),
    BRANCH(OperandForm.REG_REG_OFF, Operand.READ_A, Operand.READ_B, Operand.TARGET),
    CONSTANT_JUMP_IND(OperandForm.REG_REG_IMM_IMM, Operand.WRITE_A, Operand.X, Operand.B_PLUS_Y),
    BINARY(OperandForm.REG_REG_REG, Operand.WRITE_D, Operand.READ_A, Operand.READ_B),
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
