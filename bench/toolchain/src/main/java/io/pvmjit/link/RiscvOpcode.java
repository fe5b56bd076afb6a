package io.pvmjit.link;

/** The RISC-V instructions that the linker knows: RV64I, M and Zbb, and one of ours. The only table of them. */
enum RiscvOpcode {
    LUI(Format.U, 0x37),
    AUIPC(Format.U, 0x17),
    JAL(Format.J, 0x6f),
    JALR(Format.I, 0x67, 0),
    BEQ(Format.B, 0x63, 0),
    BNE(Format.B, 0x63, 1),
    BLT(Format.B, 0x63, 4),
    BGE(Format.B, 0x63, 5),
    BLTU(Format.B, 0x63, 6),
    BGEU(Format.B, 0x63, 7),
    LB(Format.I, 0x03, 0),
    LH(Format.I, 0x03, 1),
    LW(Format.I, 0x03, 2),
    LD(Format.I, 0x03, 3),
    LBU(Format.I, 0x03, 4),
    LHU(Format.I, 0x03, 5),
    LWU(Format.I, 0x03, 6),
    SB(Format.S, 0x23, 0),
    SH(Format.S, 0x23, 1),
    SW(Format.S, 0x23, 2),
    SD(Format.S, 0x23, 3),
    ADDI(Format.I, 0x13, 0),
    SLTI(Format.I, 0x13, 2),
    SLTIU(Format.I, 0x13, 3),
    XORI(Format.I, 0x13, 4),
    ORI(Format.I, 0x13, 6),
    ANDI(Format.I, 0x13, 7),
    SLLI(Format.SHIFT_64, 0x13, 1, 0x00),
    SRLI(Format.SHIFT_64, 0x13, 5, 0x00),
    SRAI(Format.SHIFT_64, 0x13, 5, 0x20),
    RORI(Format.SHIFT_64, 0x13, 5, 0x30),
    ADDIW(Format.I, 0x1b, 0),
    SLLIW(Format.SHIFT_32, 0x1b, 1, 0x00),
    SRLIW(Format.SHIFT_32, 0x1b, 5, 0x00),
    SRAIW(Format.SHIFT_32, 0x1b, 5, 0x20),
    RORIW(Format.SHIFT_32, 0x1b, 5, 0x30),
    ADD(Format.R, 0x33, 0, 0x00),
    SUB(Format.R, 0x33, 0, 0x20),
    SLL(Format.R, 0x33, 1, 0x00),
    SLT(Format.R, 0x33, 2, 0x00),
    SLTU(Format.R, 0x33, 3, 0x00),
    XOR(Format.R, 0x33, 4, 0x00),
    SRL(Format.R, 0x33, 5, 0x00),
    SRA(Format.R, 0x33, 5, 0x20),
    OR(Format.R, 0x33, 6, 0x00),
    AND(Format.R, 0x33, 7, 0x00),
    MUL(Format.R, 0x33, 0, 0x01),
    MULH(Format.R, 0x33, 1, 0x01),
    MULHSU(Format.R, 0x33, 2, 0x01),
    MULHU(Format.R, 0x33, 3, 0x01),
    DIV(Format.R, 0x33, 4, 0x01),
    DIVU(Format.R, 0x33, 5, 0x01),
    REM(Format.R, 0x33, 6, 0x01),
    REMU(Format.R, 0x33, 7, 0x01),
    ANDN(Format.R, 0x33, 7, 0x20),
    ORN(Format.R, 0x33, 6, 0x20),
    XNOR(Format.R, 0x33, 4, 0x20),
    MIN(Format.R, 0x33, 4, 0x05),
    MINU(Format.R, 0x33, 5, 0x05),
    MAX(Format.R, 0x33, 6, 0x05),
    MAXU(Format.R, 0x33, 7, 0x05),
    ROL(Format.R, 0x33, 1, 0x30),
    ROR(Format.R, 0x33, 5, 0x30),
    ADDW(Format.R, 0x3b, 0, 0x00),
    SUBW(Format.R, 0x3b, 0, 0x20),
    SLLW(Format.R, 0x3b, 1, 0x00),
    SRLW(Format.R, 0x3b, 5, 0x00),
    SRAW(Format.R, 0x3b, 5, 0x20),
    MULW(Format.R, 0x3b, 0, 0x01),
    DIVW(Format.R, 0x3b, 4, 0x01),
    DIVUW(Format.R, 0x3b, 5, 0x01),
    REMW(Format.R, 0x3b, 6, 0x01),
    REMUW(Format.R, 0x3b, 7, 0x01),
    ROLW(Format.R, 0x3b, 1, 0x30),
    RORW(Format.R, 0x3b, 5, 0x30),
    CLZ(Format.UNARY, 0x13, 1, 0x600),
    CTZ(Format.UNARY, 0x13, 1, 0x601),
    CPOP(Format.UNARY, 0x13, 1, 0x602),
    SEXT_B(Format.UNARY, 0x13, 1, 0x604),
    SEXT_H(Format.UNARY, 0x13, 1, 0x605),
    CLZW(Format.UNARY, 0x1b, 1, 0x600),
    CTZW(Format.UNARY, 0x1b, 1, 0x601),
    CPOPW(Format.UNARY, 0x1b, 1, 0x602),
    ZEXT_H(Format.UNARY, 0x3b, 4, 0x080),
    REV8(Format.UNARY, 0x13, 5, 0x6b8),
    ORC_B(Format.UNARY, 0x13, 5, 0x287),
    /** Orders memory accesses of several harts: a guest has one. */
    FENCE(Format.NONE, 0x0f, 0),
    FENCE_I(Format.NONE, 0x0f, 1),
    EBREAK(0x0010_0073),
    /** What assemblers call unimp: a write to a register that cannot be written. */
    UNIMP(0xc000_1073),
    /** Host call by number, ours: custom-0, with the number as its immediate and no registers. */
    HOST_CALL(Format.HOST_CALL, 0x0b, 0);

    /** How operands lie in the word, and so which of its bits tell the instruction. */
    enum Format {
        U(0x7f),
        J(0x7f),
        I(0x707f),
        B(0x707f),
        S(0x707f),
        R(0xfe00_707f),
        SHIFT_64(0xfc00_707f),
        SHIFT_32(0xfe00_707f),
        UNARY(0xfff0_707f),
        NONE(0x707f),
        HOST_CALL(0x800f_ffff),
        WHOLE(-1);

        private final int mask;

        Format(int mask) {
            this.mask = mask;
        }
    }

    private final Format format;
    private final int match;

    RiscvOpcode(int word) {
        this.format = Format.WHOLE;
        this.match = word;
    }

    RiscvOpcode(Format format, int major) {
        this.format = format;
        this.match = major;
    }

    RiscvOpcode(Format format, int major, int function) {
        this.format = format;
        this.match = major | function << 12;
    }

    /** With the upper part of the function code: 7, for shifts of 64 bits 6, and for one operand 12 bits. */
    RiscvOpcode(Format format, int major, int function, int upper) {
        this.format = format;
        // The six bits of a shift by up to 63 are the upper ones of seven.
        this.match = major | function << 12 | upper << (format == Format.UNARY ? 20 : 25);
    }

    Format format() {
        return format;
    }

    /** As assemblers write it. */
    String mnemonic() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '.');
    }

    private static final RiscvOpcode[][] BY_MAJOR = new RiscvOpcode[128][];

    static {
        for (int major = 0; major < BY_MAJOR.length; major++) {
            int wanted = major;
            BY_MAJOR[major] = java.util.Arrays.stream(values()).filter(opcode -> (opcode.match & 0x7f) == wanted)
                    .toArray(RiscvOpcode[]::new);
        }
    }

    /** The opcode of an instruction; null when it is none that we know. */
    static RiscvOpcode of(int word) {
        for (var opcode : BY_MAJOR[word & 0x7f]) {
            if ((word & opcode.format.mask) == opcode.match) {
                return opcode;
            }
        }
        return null;
    }
}
