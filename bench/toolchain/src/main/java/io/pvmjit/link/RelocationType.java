package io.pvmjit.link;

/** The relocations that the linker knows (RISC-V psABI, ELF). Number and place of each; the only table of them. */
enum RelocationType {
    NONE(0, Place.NOWHERE),
    /** The address, in 32 and 64 bits. */
    ADDRESS_32(1, Place.DATA),
    ADDRESS_64(2, Place.DATA),
    BRANCH(16, Place.CODE),
    JAL(17, Place.CODE),
    /** auipc and jalr. */
    CALL(18, Place.CODE),
    CALL_PLT(19, Place.CODE),
    /** auipc of an address that a load would fetch from a table of addresses. */
    GOT_HI20(20, Place.CODE),
    PCREL_HI20(23, Place.CODE),
    /** Lower part of what the auipc has at which the symbol stands. */
    PCREL_LO12_I(24, Place.CODE),
    PCREL_LO12_S(25, Place.CODE),
    HI20(26, Place.CODE),
    LO12_I(27, Place.CODE),
    LO12_S(28, Place.CODE),
    ADD_8(33, Place.DATA),
    ADD_16(34, Place.DATA),
    ADD_32(35, Place.DATA),
    ADD_64(36, Place.DATA),
    SUB_8(37, Place.DATA),
    SUB_16(38, Place.DATA),
    SUB_32(39, Place.DATA),
    SUB_64(40, Place.DATA),
    /** Distance from gp, which linkers make of the two before where it saves an instruction. */
    GPREL_I(47, Place.CODE),
    GPREL_S(48, Place.CODE),
    /** Octets that a linker deletes where fewer are enough ({@link Padding}). */
    ALIGN(43, Place.NOWHERE),
    RELAX(51, Place.NOWHERE),
    SET_8(54, Place.DATA),
    SET_16(55, Place.DATA),
    SET_32(56, Place.DATA),
    /** Distance from the place; the second of a function. */
    PCREL_32(57, Place.DATA),
    PLT_32(59, Place.DATA);

    /** What a relocation changes. */
    enum Place {
        NOWHERE,
        CODE,
        DATA
    }

    private final int number;
    private final Place place;

    RelocationType(int number, Place place) {
        this.number = number;
        this.place = place;
    }

    int number() {
        return number;
    }

    Place place() {
        return place;
    }

    boolean isRelativeToGlobalPointer() {
        return this == GPREL_I || this == GPREL_S;
    }

    /** Whether a jump has it, or what belongs to an address that another relocation has. */
    boolean isJump() {
        return switch (this) {
            case BRANCH, JAL, CALL, CALL_PLT, PCREL_LO12_I, PCREL_LO12_S -> true;
            default -> false;
        };
    }

    /** Whether an instruction has the field that this changes; in a file whose relocations are right, each has. */
    boolean fits(RiscvOpcode opcode) {
        return switch (this) {
            case HI20 -> opcode == RiscvOpcode.LUI;
            case PCREL_HI20, GOT_HI20 -> opcode == RiscvOpcode.AUIPC;
            case LO12_I, PCREL_LO12_I, GPREL_I -> opcode.format() == RiscvOpcode.Format.I;
            case LO12_S, PCREL_LO12_S, GPREL_S -> opcode.format() == RiscvOpcode.Format.S;
            case BRANCH -> opcode.format() == RiscvOpcode.Format.B;
            case JAL -> opcode.format() == RiscvOpcode.Format.J;
            default -> true;
        };
    }

    /** Whether it is of a distance: what it changes holds no address. */
    boolean isDistance() {
        return place == Place.DATA && this != ADDRESS_32 && this != ADDRESS_64;
    }

    /** Octets of the field in data. */
    int width() {
        return switch (this) {
            case ADD_8, SUB_8, SET_8 -> 1;
            case ADD_16, SUB_16, SET_16 -> 2;
            case ADDRESS_64, ADD_64, SUB_64 -> 8;
            default -> 4;
        };
    }

    /** -1 when the value is subtracted from what the field holds, else 1. */
    int sign() {
        return switch (this) {
            case SUB_8, SUB_16, SUB_32, SUB_64 -> -1;
            default -> 1;
        };
    }

    /** Whether a field of 8 or 16 bits keeps a value, be it read as signed or as unsigned. Wider ones do anyway. */
    boolean holds(long value) {
        int bits = 8 * width();
        return bits > 16 || value >= -(1L << bits - 1) && value < 1L << bits;
    }

    /** What is to be said of a relocation of a symbol that we do not know. */
    static String refusal(long number, String symbol) {
        // TLS_DTPMOD32 to TLSDESC; TLS_GOT_HI20, TLS_GD_HI20; TPREL_HI20 to TPREL_ADD; TPREL_I, TPREL_S; TLSDESC_HI20 and on
        boolean local = number >= 6 && number <= 12 || number == 21 || number == 22 || number >= 29 && number <= 32
                || number == 49 || number == 50 || number >= 62 && number <= 65;
        return local
                ? "'%s' is thread-local: the PVM has no threads".formatted(symbol)
                : "relocation %d against '%s' is unknown".formatted(number, symbol);
    }

    private static final RelocationType[] BY_NUMBER = new RelocationType[64];

    static {
        for (var type : values()) {
            BY_NUMBER[type.number] = type;
        }
    }

    /** The relocation of a number; null when we do not know it. */
    static RelocationType of(long number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[(int) number] : null;
    }
}
