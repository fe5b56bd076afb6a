package io.pvmjit.program;

/** Width and sign of an access to RAM. */
public enum Access {
    /** No access. */
    NONE(0, false),
    /** 8 bits, extended with zeros. */
    U8(1, false),
    /** 8 bits, extended with the sign. */
    I8(1, true),
    /** 16 bits, extended with zeros. */
    U16(2, false),
    /** 16 bits, extended with the sign. */
    I16(2, true),
    /** 32 bits, extended with zeros. */
    U32(4, false),
    /** 32 bits, extended with the sign. */
    I32(4, true),
    /** 64 bits. */
    U64(8, false);

    private final int octets;
    private final boolean signed;

    Access(int octets, boolean signed) {
        this.octets = octets;
        this.signed = signed;
    }

    /** Octets of RAM touched: 1, 2, 4 or 8; 0 without access. */
    public int octets() {
        return octets;
    }

    /** Whether a load extends the sign; else it extends with zeros. */
    public boolean signed() {
        return signed;
    }
}
