package io.pvmjit.program;

/** An operand as it is written in text: the fields of the instruction that it holds, and what they are for. */
public enum Operand {
    /** Register A, which is read. */
    READ_A(Field.A, Use.READ, null, "register"),
    /** Register B, which is read. */
    READ_B(Field.B, Use.READ, null, "register"),
    /** Register A, which is written. */
    WRITE_A(Field.A, Use.WRITE, null, "register"),
    /** Register D, which is written. */
    WRITE_D(Field.D, Use.WRITE, null, "register"),
    /** Register A, which is written or keeps its value: the gas model may count it as read, too. */
    UPDATE_A(Field.A, Use.UPDATE, null, "register"),
    /** Register D, likewise. */
    UPDATE_D(Field.D, Use.UPDATE, null, "register"),
    /** The first immediate. */
    X(null, null, Field.X, "number"),
    /** The second immediate. */
    Y(null, null, Field.Y, "number"),
    /** Label, or an offset from the instruction: {@code . + 8}. */
    TARGET(null, null, null, "label"),
    /** RAM at {@code [X]}. */
    AT_X(null, null, Field.X, "[address]"),
    /** RAM at {@code [A + X]}. */
    AT_A_X(Field.A, Use.READ, Field.X, "[register + number]"),
    /** RAM at {@code [B + X]}. */
    AT_B_X(Field.B, Use.READ, Field.X, "[register + number]"),
    /** The address of a dynamic jump, {@code A + X}. */
    A_PLUS_X(Field.A, Use.READ, Field.X, "register + number"),
    /** The address of a dynamic jump, {@code B + Y}. */
    B_PLUS_Y(Field.B, Use.READ, Field.Y, "register + number");

    /** A field of an {@link Instruction}. */
    public enum Field {
        /** The first register in the octets. */
        A,
        /** The second register. */
        B,
        /** The register of its own for the result. */
        D,
        /** The first immediate. */
        X,
        /** The second immediate. */
        Y
    }

    /** What an instruction does with a register. */
    public enum Use {
        /** It is read. */
        READ,
        /** It is written, whatever it held. */
        WRITE,
        /** It is written, or keeps its value. */
        UPDATE
    }

    private final Field register;
    private final Use use;
    private final Field immediate;
    private final String description;

    Operand(Field register, Use use, Field immediate, String description) {
        this.register = register;
        this.use = use;
        this.immediate = immediate;
        this.description = description;
    }

    /** Which register it names, A, B or D; null for none. */
    public Field register() {
        return register;
    }

    /** What becomes of that register; null where there is none. */
    public Use use() {
        return use;
    }

    /** Which immediate it holds, X or Y; null for none. */
    public Field immediate() {
        return immediate;
    }

    /** Whether it names RAM, in brackets. */
    public boolean isMemory() {
        return description.startsWith("[");
    }

    /** Whether it names RAM or a dynamic jump address: then only the low 32 bits of its immediate matter. */
    public boolean isAddress() {
        return isMemory() || register != null && immediate != null;
    }

    /** How the operand is written, for messages. */
    public String description() {
        return description;
    }
}
