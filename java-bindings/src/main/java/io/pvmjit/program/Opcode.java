package io.pvmjit.program;

import java.util.Locale;

/**
 * The instruction set, one row per opcode: the only place where Java knows it. Tests hold it against the specification's
 * table and against the C library's.
 *
 * <p>Columns: code, operand form, whether it ends its basic block, and for the gas model (Gray Paper A.9) cycles, decode
 * slots and execution units.
 */
public enum Opcode {
    TRAP(0, OperandForm.NONE, true, 2, slots(1), Units.NONE),
    FALLTHROUGH(1, OperandForm.NONE, true, 2, slots(1), Units.NONE),
    UNLIKELY(2, OperandForm.NONE, false, 40, slots(1), Units.NONE),
    ECALLI(10, OperandForm.IMM, false, 100, slots(4), Units.ALU),
    LOAD_IMM_64(20, OperandForm.REG_IMM64, false, 1, slots(2), Units.NONE),
    STORE_IMM_U8(30, OperandForm.IMM_IMM, false, 25, slots(1), Units.STORE),
    STORE_IMM_U16(31, OperandForm.IMM_IMM, false, 25, slots(1), Units.STORE),
    STORE_IMM_U32(32, OperandForm.IMM_IMM, false, 25, slots(1), Units.STORE),
    STORE_IMM_U64(33, OperandForm.IMM_IMM, false, 25, slots(1), Units.STORE),
    JUMP(40, OperandForm.OFF, true, 15, slots(1), Units.NONE),
    JUMP_IND(50, OperandForm.REG_IMM, true, 22, slots(1), Units.NONE),
    LOAD_IMM(51, OperandForm.REG_IMM, false, 1, slots(1), Units.NONE),
    LOAD_U8(52, OperandForm.REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_I8(53, OperandForm.REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_U16(54, OperandForm.REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_I16(55, OperandForm.REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_U32(56, OperandForm.REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_I32(57, OperandForm.REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_U64(58, OperandForm.REG_IMM, false, 25, slots(1), Units.LOAD),
    STORE_U8(59, OperandForm.REG_IMM, false, 25, slots(1), Units.STORE),
    STORE_U16(60, OperandForm.REG_IMM, false, 25, slots(1), Units.STORE),
    STORE_U32(61, OperandForm.REG_IMM, false, 25, slots(1), Units.STORE),
    STORE_U64(62, OperandForm.REG_IMM, false, 25, slots(1), Units.STORE),
    STORE_IMM_IND_U8(70, OperandForm.REG_IMM_IMM, false, 25, slots(1), Units.STORE),
    STORE_IMM_IND_U16(71, OperandForm.REG_IMM_IMM, false, 25, slots(1), Units.STORE),
    STORE_IMM_IND_U32(72, OperandForm.REG_IMM_IMM, false, 25, slots(1), Units.STORE),
    STORE_IMM_IND_U64(73, OperandForm.REG_IMM_IMM, false, 25, slots(1), Units.STORE),
    LOAD_IMM_JUMP(80, OperandForm.REG_IMM_OFF, true, 15, slots(1), Units.NONE),
    BRANCH_EQ_IMM(81, OperandForm.REG_IMM_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_NE_IMM(82, OperandForm.REG_IMM_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_LT_U_IMM(83, OperandForm.REG_IMM_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_LE_U_IMM(84, OperandForm.REG_IMM_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_GE_U_IMM(85, OperandForm.REG_IMM_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_GT_U_IMM(86, OperandForm.REG_IMM_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_LT_S_IMM(87, OperandForm.REG_IMM_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_LE_S_IMM(88, OperandForm.REG_IMM_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_GE_S_IMM(89, OperandForm.REG_IMM_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_GT_S_IMM(90, OperandForm.REG_IMM_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    MOVE_REG(100, OperandForm.REG_REG, false, 0, slots(1), Units.NONE),
    COUNT_SET_BITS_64(101, OperandForm.REG_REG, false, 1, slots(1), Units.ALU),
    COUNT_SET_BITS_32(102, OperandForm.REG_REG, false, 1, slots(1), Units.ALU),
    LEADING_ZERO_BITS_64(103, OperandForm.REG_REG, false, 1, slots(1), Units.ALU),
    LEADING_ZERO_BITS_32(104, OperandForm.REG_REG, false, 1, slots(1), Units.ALU),
    TRAILING_ZERO_BITS_64(105, OperandForm.REG_REG, false, 2, slots(1), Units.ALU2),
    TRAILING_ZERO_BITS_32(106, OperandForm.REG_REG, false, 2, slots(1), Units.ALU2),
    SIGN_EXTEND_8(107, OperandForm.REG_REG, false, 1, slots(1), Units.ALU),
    SIGN_EXTEND_16(108, OperandForm.REG_REG, false, 1, slots(1), Units.ALU),
    ZERO_EXTEND_16(109, OperandForm.REG_REG, false, 1, slots(1), Units.ALU),
    REVERSE_BYTES(110, OperandForm.REG_REG, false, 1, overlap(1, 2), Units.ALU),
    STORE_IND_U8(120, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.STORE),
    STORE_IND_U16(121, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.STORE),
    STORE_IND_U32(122, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.STORE),
    STORE_IND_U64(123, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.STORE),
    LOAD_IND_U8(124, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_IND_I8(125, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_IND_U16(126, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_IND_I16(127, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_IND_U32(128, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_IND_I32(129, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.LOAD),
    LOAD_IND_U64(130, OperandForm.REG_REG_IMM, false, 25, slots(1), Units.LOAD),
    ADD_IMM_32(131, OperandForm.REG_REG_IMM, false, 2, overlap(2, 3), Units.ALU),
    AND_IMM(132, OperandForm.REG_REG_IMM, false, 1, overlap(1, 2), Units.ALU),
    XOR_IMM(133, OperandForm.REG_REG_IMM, false, 1, overlap(1, 2), Units.ALU),
    OR_IMM(134, OperandForm.REG_REG_IMM, false, 1, overlap(1, 2), Units.ALU),
    MUL_IMM_32(135, OperandForm.REG_REG_IMM, false, 4, overlap(2, 3), Units.MUL),
    SET_LT_U_IMM(136, OperandForm.REG_REG_IMM, false, 3, slots(3), Units.ALU),
    SET_LT_S_IMM(137, OperandForm.REG_REG_IMM, false, 3, slots(3), Units.ALU),
    SHLO_L_IMM_32(138, OperandForm.REG_REG_IMM, false, 2, overlap(2, 3), Units.ALU),
    SHLO_R_IMM_32(139, OperandForm.REG_REG_IMM, false, 2, overlap(2, 3), Units.ALU),
    SHAR_R_IMM_32(140, OperandForm.REG_REG_IMM, false, 2, overlap(2, 3), Units.ALU),
    NEG_ADD_IMM_32(141, OperandForm.REG_REG_IMM, false, 3, slots(4), Units.ALU),
    SET_GT_U_IMM(142, OperandForm.REG_REG_IMM, false, 3, slots(3), Units.ALU),
    SET_GT_S_IMM(143, OperandForm.REG_REG_IMM, false, 3, slots(3), Units.ALU),
    SHLO_L_IMM_ALT_32(144, OperandForm.REG_REG_IMM, false, 2, slots(4), Units.ALU),
    SHLO_R_IMM_ALT_32(145, OperandForm.REG_REG_IMM, false, 2, slots(4), Units.ALU),
    SHAR_R_IMM_ALT_32(146, OperandForm.REG_REG_IMM, false, 2, slots(4), Units.ALU),
    CMOV_IZ_IMM(147, OperandForm.REG_REG_IMM, false, 2, slots(3), Units.ALU),
    CMOV_NZ_IMM(148, OperandForm.REG_REG_IMM, false, 2, slots(3), Units.ALU),
    ADD_IMM_64(149, OperandForm.REG_REG_IMM, false, 1, overlap(1, 2), Units.ALU),
    MUL_IMM_64(150, OperandForm.REG_REG_IMM, false, 3, overlap(1, 2), Units.MUL),
    SHLO_L_IMM_64(151, OperandForm.REG_REG_IMM, false, 1, overlap(1, 2), Units.ALU),
    SHLO_R_IMM_64(152, OperandForm.REG_REG_IMM, false, 1, overlap(1, 2), Units.ALU),
    SHAR_R_IMM_64(153, OperandForm.REG_REG_IMM, false, 1, overlap(1, 2), Units.ALU),
    NEG_ADD_IMM_64(154, OperandForm.REG_REG_IMM, false, 2, slots(3), Units.ALU),
    SHLO_L_IMM_ALT_64(155, OperandForm.REG_REG_IMM, false, 1, slots(3), Units.ALU),
    SHLO_R_IMM_ALT_64(156, OperandForm.REG_REG_IMM, false, 1, slots(3), Units.ALU),
    SHAR_R_IMM_ALT_64(157, OperandForm.REG_REG_IMM, false, 1, slots(3), Units.ALU),
    ROT_R_64_IMM(158, OperandForm.REG_REG_IMM, false, 1, overlap(1, 2), Units.ALU),
    ROT_R_64_IMM_ALT(159, OperandForm.REG_REG_IMM, false, 1, slots(3), Units.ALU),
    ROT_R_32_IMM(160, OperandForm.REG_REG_IMM, false, 2, overlap(2, 3), Units.ALU),
    ROT_R_32_IMM_ALT(161, OperandForm.REG_REG_IMM, false, 2, slots(4), Units.ALU),
    BRANCH_EQ(170, OperandForm.REG_REG_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_NE(171, OperandForm.REG_REG_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_LT_U(172, OperandForm.REG_REG_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_LT_S(173, OperandForm.REG_REG_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_GE_U(174, OperandForm.REG_REG_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    BRANCH_GE_S(175, OperandForm.REG_REG_OFF, true, Opcode.BRANCH_CYCLES, slots(1), Units.ALU),
    LOAD_IMM_JUMP_IND(180, OperandForm.REG_REG_IMM_IMM, true, 22, slots(1), Units.NONE),
    ADD_32(190, OperandForm.REG_REG_REG, false, 2, overlap(2, 3), Units.ALU),
    SUB_32(191, OperandForm.REG_REG_REG, false, 2, overlap(2, 3), Units.ALU),
    MUL_32(192, OperandForm.REG_REG_REG, false, 4, overlap(2, 3), Units.MUL),
    DIV_U_32(193, OperandForm.REG_REG_REG, false, 60, slots(4), Units.DIV),
    DIV_S_32(194, OperandForm.REG_REG_REG, false, 60, slots(4), Units.DIV),
    REM_U_32(195, OperandForm.REG_REG_REG, false, 60, slots(4), Units.DIV),
    REM_S_32(196, OperandForm.REG_REG_REG, false, 60, slots(4), Units.DIV),
    SHLO_L_32(197, OperandForm.REG_REG_REG, false, 2, overlapFirst(3, 4), Units.ALU),
    SHLO_R_32(198, OperandForm.REG_REG_REG, false, 2, overlapFirst(3, 4), Units.ALU),
    SHAR_R_32(199, OperandForm.REG_REG_REG, false, 2, overlapFirst(3, 4), Units.ALU),
    ADD_64(200, OperandForm.REG_REG_REG, false, 1, overlap(1, 2), Units.ALU),
    SUB_64(201, OperandForm.REG_REG_REG, false, 1, overlap(1, 2), Units.ALU),
    MUL_64(202, OperandForm.REG_REG_REG, false, 3, overlap(1, 2), Units.MUL),
    DIV_U_64(203, OperandForm.REG_REG_REG, false, 60, slots(4), Units.DIV),
    DIV_S_64(204, OperandForm.REG_REG_REG, false, 60, slots(4), Units.DIV),
    REM_U_64(205, OperandForm.REG_REG_REG, false, 60, slots(4), Units.DIV),
    REM_S_64(206, OperandForm.REG_REG_REG, false, 60, slots(4), Units.DIV),
    SHLO_L_64(207, OperandForm.REG_REG_REG, false, 1, overlapFirst(2, 3), Units.ALU),
    SHLO_R_64(208, OperandForm.REG_REG_REG, false, 1, overlapFirst(2, 3), Units.ALU),
    SHAR_R_64(209, OperandForm.REG_REG_REG, false, 1, overlapFirst(2, 3), Units.ALU),
    AND(210, OperandForm.REG_REG_REG, false, 1, overlap(1, 2), Units.ALU),
    XOR(211, OperandForm.REG_REG_REG, false, 1, overlap(1, 2), Units.ALU),
    OR(212, OperandForm.REG_REG_REG, false, 1, overlap(1, 2), Units.ALU),
    MUL_UPPER_S_S(213, OperandForm.REG_REG_REG, false, 4, slots(4), Units.MUL),
    MUL_UPPER_U_U(214, OperandForm.REG_REG_REG, false, 4, slots(4), Units.MUL),
    MUL_UPPER_S_U(215, OperandForm.REG_REG_REG, false, 6, slots(4), Units.MUL),
    SET_LT_U(216, OperandForm.REG_REG_REG, false, 3, slots(3), Units.ALU),
    SET_LT_S(217, OperandForm.REG_REG_REG, false, 3, slots(3), Units.ALU),
    CMOV_IZ(218, OperandForm.REG_REG_REG, false, 2, slots(2), Units.ALU),
    CMOV_NZ(219, OperandForm.REG_REG_REG, false, 2, slots(2), Units.ALU),
    ROT_L_64(220, OperandForm.REG_REG_REG, false, 1, overlapFirst(2, 3), Units.ALU),
    ROT_L_32(221, OperandForm.REG_REG_REG, false, 2, overlapFirst(3, 4), Units.ALU),
    ROT_R_64(222, OperandForm.REG_REG_REG, false, 1, overlapFirst(2, 3), Units.ALU),
    ROT_R_32(223, OperandForm.REG_REG_REG, false, 2, overlapFirst(3, 4), Units.ALU),
    AND_INV(224, OperandForm.REG_REG_REG, false, 2, slots(3), Units.ALU),
    OR_INV(225, OperandForm.REG_REG_REG, false, 2, slots(3), Units.ALU),
    XNOR(226, OperandForm.REG_REG_REG, false, 2, overlap(2, 3), Units.ALU),
    MAX(227, OperandForm.REG_REG_REG, false, 3, overlap(2, 3), Units.ALU),
    MAX_U(228, OperandForm.REG_REG_REG, false, 3, overlap(2, 3), Units.ALU),
    MIN(229, OperandForm.REG_REG_REG, false, 3, overlap(2, 3), Units.ALU),
    MIN_U(230, OperandForm.REG_REG_REG, false, 3, overlap(2, 3), Units.ALU);

    /** Marks the cycles of branches: 1 or 20, by the octets at their two successors. */
    public static final int BRANCH_CYCLES = -1;

    /** Execution units an instruction occupies while it executes. */
    public enum Units {
        NONE(0, 0, 0, 0, 0),
        ALU(1, 0, 0, 0, 0),
        ALU2(2, 0, 0, 0, 0),
        LOAD(1, 1, 0, 0, 0),
        STORE(1, 0, 1, 0, 0),
        MUL(1, 0, 0, 1, 0),
        DIV(1, 0, 0, 0, 1);

        public final int alu;
        public final int load;
        public final int store;
        public final int mul;
        public final int div;

        Units(int alu, int load, int store, int mul, int div) {
            this.alu = alu;
            this.load = load;
            this.store = store;
            this.mul = mul;
            this.div = div;
        }
    }

    /** When the smaller number of decode slots applies. */
    private enum Overlap {
        NEVER,
        ANY_SOURCE,
        FIRST_SOURCE
    }

    private record Slots(Overlap overlap, int overlapping, int otherwise) {}

    private static final Opcode[] BY_CODE = new Opcode[256];

    static {
        for (var opcode : values()) {
            BY_CODE[opcode.code] = opcode;
        }
    }

    private final int code;
    private final OperandForm form;
    private final boolean terminator;
    private final int cycles;
    private final Slots slots;
    private final Units units;
    private final String mnemonic = name().toLowerCase(Locale.ROOT);

    Opcode(int code, OperandForm form, boolean terminator, int cycles, Slots slots, Units units) {
        this.code = code;
        this.form = form;
        this.terminator = terminator;
        this.cycles = cycles;
        this.slots = slots;
        this.units = units;
    }

    private static Slots slots(int count) {
        return new Slots(Overlap.NEVER, count, count);
    }

    private static Slots overlap(int overlapping, int otherwise) {
        return new Slots(Overlap.ANY_SOURCE, overlapping, otherwise);
    }

    private static Slots overlapFirst(int overlapping, int otherwise) {
        return new Slots(Overlap.FIRST_SOURCE, overlapping, otherwise);
    }

    /** The opcode with this code, 0 to 255; null when it is not defined. */
    public static Opcode of(int code) {
        return BY_CODE[code];
    }

    /** The octet. */
    public int code() {
        return code;
    }

    /** The name in the specification. */
    public String mnemonic() {
        return mnemonic;
    }

    public OperandForm form() {
        return form;
    }

    /** Whether it ends its basic block. */
    public boolean terminator() {
        return terminator;
    }

    /** Latency, or {@link #BRANCH_CYCLES}. */
    public int cycles() {
        return cycles;
    }

    public Units units() {
        return units;
    }

    /**
     * Decode slots it takes.
     *
     * @param firstOverlaps whether its first source register (A; in reg_reg_imm form the only source) is its destination
     * @param anyOverlaps whether any of its source registers is its destination
     */
    public int decodeSlots(boolean firstOverlaps, boolean anyOverlaps) {
        return switch (slots.overlap) {
            case NEVER -> slots.otherwise;
            case ANY_SOURCE -> anyOverlaps ? slots.overlapping : slots.otherwise;
            case FIRST_SOURCE -> firstOverlaps ? slots.overlapping : slots.otherwise;
        };
    }
}
