package io.pvmjit.link;

import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.program.Opcode;

/**
 * What is known of the registers while code is emitted. A constant that is loaded stays pending: it reaches the
 * register when something needs it there, and never when every use takes it as an immediate.
 */
final class RegisterFile {
    private final ProgramBuilder builder;
    private final long[] constants = new long[Registers.COUNT];
    private int known;
    private int pending;
    /** Registers whose value is their low 32 bits, sign-extended. */
    private int words;

    RegisterFile(ProgramBuilder builder) {
        this.builder = builder;
    }

    /** Whether the value of a RISC-V register is known, or does not matter. */
    boolean isConstant(int register) {
        return isNothing(register) || (known & bit(register)) != 0;
    }

    /** Zero, and registers that nothing can have written. */
    private static boolean isNothing(int register) {
        return register == Registers.ZERO || Registers.isLateArgument(register);
    }

    /** The value of a RISC-V register that is known. */
    long constant(int register) {
        return isNothing(register) ? 0 : constants[Registers.number(register)];
    }

    /** Whether the value of a RISC-V register is known and an instruction of the PVM can hold it as an immediate. */
    boolean isImmediate(int register) {
        return isConstant(register) && isImmediate(constant(register));
    }

    static boolean isImmediate(long value) {
        return value == (int) value;
    }

    /** Whether the value of a RISC-V register is its low 32 bits, sign-extended. */
    boolean isWord(int register) {
        return isConstant(register) ? isImmediate(constant(register)) : (words & bit(register)) != 0;
    }

    /** The PVM's register with the value of a RISC-V register other than zero. */
    int read(int register) {
        materialize(bit(register));
        return Registers.number(register);
    }

    /** The PVM's register for a RISC-V register that is written: what was known of it no longer holds. */
    int write(int register) {
        forget(bit(register));
        return Registers.number(register);
    }

    /** As {@link #write(int)}, of a value that is sign-extended from 32 bits. */
    int writeWord(int register) {
        int number = write(register);
        words |= 1 << number;
        return number;
    }

    /** A RISC-V register gets a constant. */
    void set(int register, long value) {
        if (register != Registers.ZERO) {
            int bit = bit(register);
            forget(bit);
            known |= bit;
            pending |= bit;
            constants[Registers.number(register)] = value;
        }
    }

    /** Sees to it that registers of the PVM hold the constants that they stand for. */
    void materialize(int set) {
        for (int rest = pending & set; rest != 0; rest &= rest - 1) {
            int number = Integer.numberOfTrailingZeros(rest);
            load(builder, number, constants[number]);
        }
        pending &= ~set;
    }

    static void load(ProgramBuilder builder, int number, long value) {
        builder.append(isImmediate(value) ? Opcode.LOAD_IMM : Opcode.LOAD_IMM_64, number, value);
    }

    /** Nothing is known any more of these registers of the PVM. */
    void forget(int set) {
        known &= ~set;
        pending &= ~set;
        words &= ~set;
    }

    /** A register of the PVM is about to be overwritten with something else, and its value is not needed. */
    void clobber(int number) {
        // A pending constant is not in the register.
        forget(1 << number & ~pending);
    }

    /** Registers of the PVM that hold nothing, since their constants are pending. */
    int pending() {
        return pending;
    }

    private static int bit(int register) {
        return 1 << Registers.number(register);
    }
}
