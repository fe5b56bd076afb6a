package io.pvmjit.program;

import io.pvmjit.rules.OpcodeOctets;
import io.pvmjit.rules.StandardOpcode;
import java.util.Arrays;
import java.util.Locale;

/**
 * The instruction set, one row per opcode: the only place where Java knows it. Tests hold it against the specification's
 * table and against the C library's.
 *
 * <p>Columns: octet, operands with what each is for, width and sign of an access to RAM where there is one, whether it ends
 * its basic block, and for the gas model (Gray Paper A.9) cycles, decode slots and execution units. A constant has the
 * name of its instruction in the Gray Paper, which says what it computes (A.5).
 */
public enum Opcode implements StandardOpcode {
    TRAP(0, Operands.NONE, true, 2, decodeSlots(1), Units.NONE),
    FALLTHROUGH(1, Operands.NONE, true, 2, decodeSlots(1), Units.NONE),
    UNLIKELY(2, Operands.NONE, false, 40, decodeSlots(1), Units.NONE),
    ECALLI(10, Operands.NUMBER, false, 100, decodeSlots(4), Units.ALU),
    LOAD_IMM_64(20, Operands.CONSTANT_64, false, 1, decodeSlots(2), Units.NONE),
    STORE_IMM_U8(30, Operands.STORE_IMM, Access.U8, false, 25, decodeSlots(1), Units.STORE),
    STORE_IMM_U16(31, Operands.STORE_IMM, Access.U16, false, 25, decodeSlots(1), Units.STORE),
    STORE_IMM_U32(32, Operands.STORE_IMM, Access.U32, false, 25, decodeSlots(1), Units.STORE),
    STORE_IMM_U64(33, Operands.STORE_IMM, Access.U64, false, 25, decodeSlots(1), Units.STORE),
    JUMP(40, Operands.JUMP, true, 15, decodeSlots(1), Units.NONE),
    JUMP_IND(50, Operands.JUMP_IND, true, 22, decodeSlots(1), Units.NONE),
    LOAD_IMM(51, Operands.CONSTANT, false, 1, decodeSlots(1), Units.NONE),
    LOAD_U8(52, Operands.LOAD, Access.U8, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_I8(53, Operands.LOAD, Access.I8, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_U16(54, Operands.LOAD, Access.U16, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_I16(55, Operands.LOAD, Access.I16, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_U32(56, Operands.LOAD, Access.U32, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_I32(57, Operands.LOAD, Access.I32, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_U64(58, Operands.LOAD, Access.U64, false, 25, decodeSlots(1), Units.LOAD),
    STORE_U8(59, Operands.STORE, Access.U8, false, 25, decodeSlots(1), Units.STORE),
    STORE_U16(60, Operands.STORE, Access.U16, false, 25, decodeSlots(1), Units.STORE),
    STORE_U32(61, Operands.STORE, Access.U32, false, 25, decodeSlots(1), Units.STORE),
    STORE_U64(62, Operands.STORE, Access.U64, false, 25, decodeSlots(1), Units.STORE),
    STORE_IMM_IND_U8(70, Operands.STORE_IMM_IND, Access.U8, false, 25, decodeSlots(1), Units.STORE),
    STORE_IMM_IND_U16(71, Operands.STORE_IMM_IND, Access.U16, false, 25, decodeSlots(1), Units.STORE),
    STORE_IMM_IND_U32(72, Operands.STORE_IMM_IND, Access.U32, false, 25, decodeSlots(1), Units.STORE),
    STORE_IMM_IND_U64(73, Operands.STORE_IMM_IND, Access.U64, false, 25, decodeSlots(1), Units.STORE),
    LOAD_IMM_JUMP(80, Operands.CONSTANT_JUMP, true, 15, decodeSlots(1), Units.NONE),
    BRANCH_EQ_IMM(81, Operands.BRANCH_IMM, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_NE_IMM(82, Operands.BRANCH_IMM, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_LT_U_IMM(83, Operands.BRANCH_IMM, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_LE_U_IMM(84, Operands.BRANCH_IMM, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_GE_U_IMM(85, Operands.BRANCH_IMM, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_GT_U_IMM(86, Operands.BRANCH_IMM, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_LT_S_IMM(87, Operands.BRANCH_IMM, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_LE_S_IMM(88, Operands.BRANCH_IMM, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_GE_S_IMM(89, Operands.BRANCH_IMM, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_GT_S_IMM(90, Operands.BRANCH_IMM, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    MOVE_REG(100, Operands.UNARY, false, 0, decodeSlots(1), Units.NONE),
    COUNT_SET_BITS_64(101, Operands.UNARY, false, 1, decodeSlots(1), Units.ALU),
    COUNT_SET_BITS_32(102, Operands.UNARY, false, 1, decodeSlots(1), Units.ALU),
    LEADING_ZERO_BITS_64(103, Operands.UNARY, false, 1, decodeSlots(1), Units.ALU),
    LEADING_ZERO_BITS_32(104, Operands.UNARY, false, 1, decodeSlots(1), Units.ALU),
    TRAILING_ZERO_BITS_64(105, Operands.UNARY, false, 2, decodeSlots(1), Units.ALU2),
    TRAILING_ZERO_BITS_32(106, Operands.UNARY, false, 2, decodeSlots(1), Units.ALU2),
    SIGN_EXTEND_8(107, Operands.UNARY, false, 1, decodeSlots(1), Units.ALU),
    SIGN_EXTEND_16(108, Operands.UNARY, false, 1, decodeSlots(1), Units.ALU),
    ZERO_EXTEND_16(109, Operands.UNARY, false, 1, decodeSlots(1), Units.ALU),
    REVERSE_BYTES(110, Operands.UNARY, false, 1, overlap(1, 2), Units.ALU),
    STORE_IND_U8(120, Operands.STORE_IND, Access.U8, false, 25, decodeSlots(1), Units.STORE),
    STORE_IND_U16(121, Operands.STORE_IND, Access.U16, false, 25, decodeSlots(1), Units.STORE),
    STORE_IND_U32(122, Operands.STORE_IND, Access.U32, false, 25, decodeSlots(1), Units.STORE),
    STORE_IND_U64(123, Operands.STORE_IND, Access.U64, false, 25, decodeSlots(1), Units.STORE),
    LOAD_IND_U8(124, Operands.LOAD_IND, Access.U8, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_IND_I8(125, Operands.LOAD_IND, Access.I8, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_IND_U16(126, Operands.LOAD_IND, Access.U16, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_IND_I16(127, Operands.LOAD_IND, Access.I16, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_IND_U32(128, Operands.LOAD_IND, Access.U32, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_IND_I32(129, Operands.LOAD_IND, Access.I32, false, 25, decodeSlots(1), Units.LOAD),
    LOAD_IND_U64(130, Operands.LOAD_IND, Access.U64, false, 25, decodeSlots(1), Units.LOAD),
    ADD_IMM_32(131, Operands.BINARY_IMM, false, 2, overlap(2, 3), Units.ALU),
    AND_IMM(132, Operands.BINARY_IMM, false, 1, overlap(1, 2), Units.ALU),
    XOR_IMM(133, Operands.BINARY_IMM, false, 1, overlap(1, 2), Units.ALU),
    OR_IMM(134, Operands.BINARY_IMM, false, 1, overlap(1, 2), Units.ALU),
    MUL_IMM_32(135, Operands.BINARY_IMM, false, 4, overlap(2, 3), Units.MUL),
    SET_LT_U_IMM(136, Operands.BINARY_IMM, false, 3, decodeSlots(3), Units.ALU),
    SET_LT_S_IMM(137, Operands.BINARY_IMM, false, 3, decodeSlots(3), Units.ALU),
    SHLO_L_IMM_32(138, Operands.BINARY_IMM, false, 2, overlap(2, 3), Units.ALU),
    SHLO_R_IMM_32(139, Operands.BINARY_IMM, false, 2, overlap(2, 3), Units.ALU),
    SHAR_R_IMM_32(140, Operands.BINARY_IMM, false, 2, overlap(2, 3), Units.ALU),
    NEG_ADD_IMM_32(141, Operands.BINARY_IMM, false, 3, decodeSlots(4), Units.ALU),
    SET_GT_U_IMM(142, Operands.BINARY_IMM, false, 3, decodeSlots(3), Units.ALU),
    SET_GT_S_IMM(143, Operands.BINARY_IMM, false, 3, decodeSlots(3), Units.ALU),
    SHLO_L_IMM_ALT_32(144, Operands.BINARY_IMM, false, 2, decodeSlots(4), Units.ALU),
    SHLO_R_IMM_ALT_32(145, Operands.BINARY_IMM, false, 2, decodeSlots(4), Units.ALU),
    SHAR_R_IMM_ALT_32(146, Operands.BINARY_IMM, false, 2, decodeSlots(4), Units.ALU),
    CMOV_IZ_IMM(147, Operands.SELECT_IMM, false, 2, decodeSlots(3), Units.ALU),
    CMOV_NZ_IMM(148, Operands.SELECT_IMM, false, 2, decodeSlots(3), Units.ALU),
    ADD_IMM_64(149, Operands.BINARY_IMM, false, 1, overlap(1, 2), Units.ALU),
    MUL_IMM_64(150, Operands.BINARY_IMM, false, 3, overlap(1, 2), Units.MUL),
    SHLO_L_IMM_64(151, Operands.BINARY_IMM, false, 1, overlap(1, 2), Units.ALU),
    SHLO_R_IMM_64(152, Operands.BINARY_IMM, false, 1, overlap(1, 2), Units.ALU),
    SHAR_R_IMM_64(153, Operands.BINARY_IMM, false, 1, overlap(1, 2), Units.ALU),
    NEG_ADD_IMM_64(154, Operands.BINARY_IMM, false, 2, decodeSlots(3), Units.ALU),
    SHLO_L_IMM_ALT_64(155, Operands.BINARY_IMM, false, 1, decodeSlots(3), Units.ALU),
    SHLO_R_IMM_ALT_64(156, Operands.BINARY_IMM, false, 1, decodeSlots(3), Units.ALU),
    SHAR_R_IMM_ALT_64(157, Operands.BINARY_IMM, false, 1, decodeSlots(3), Units.ALU),
    ROT_R_64_IMM(158, Operands.BINARY_IMM, false, 1, overlap(1, 2), Units.ALU),
    ROT_R_64_IMM_ALT(159, Operands.BINARY_IMM, false, 1, decodeSlots(3), Units.ALU),
    ROT_R_32_IMM(160, Operands.BINARY_IMM, false, 2, overlap(2, 3), Units.ALU),
    ROT_R_32_IMM_ALT(161, Operands.BINARY_IMM, false, 2, decodeSlots(4), Units.ALU),
    BRANCH_EQ(170, Operands.BRANCH, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_NE(171, Operands.BRANCH, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_LT_U(172, Operands.BRANCH, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_LT_S(173, Operands.BRANCH, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_GE_U(174, Operands.BRANCH, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    BRANCH_GE_S(175, Operands.BRANCH, true, Opcode.BRANCH_CYCLES, decodeSlots(1), Units.ALU),
    LOAD_IMM_JUMP_IND(180, Operands.CONSTANT_JUMP_IND, true, 22, decodeSlots(1), Units.NONE),
    ADD_32(190, Operands.BINARY, false, 2, overlap(2, 3), Units.ALU),
    SUB_32(191, Operands.BINARY, false, 2, overlap(2, 3), Units.ALU),
    MUL_32(192, Operands.BINARY, false, 4, overlap(2, 3), Units.MUL),
    DIV_U_32(193, Operands.BINARY, false, 60, decodeSlots(4), Units.DIV),
    DIV_S_32(194, Operands.BINARY, false, 60, decodeSlots(4), Units.DIV),
    REM_U_32(195, Operands.BINARY, false, 60, decodeSlots(4), Units.DIV),
    REM_S_32(196, Operands.BINARY, false, 60, decodeSlots(4), Units.DIV),
    SHLO_L_32(197, Operands.BINARY, false, 2, overlapFirst(3, 4), Units.ALU),
    SHLO_R_32(198, Operands.BINARY, false, 2, overlapFirst(3, 4), Units.ALU),
    SHAR_R_32(199, Operands.BINARY, false, 2, overlapFirst(3, 4), Units.ALU),
    ADD_64(200, Operands.BINARY, false, 1, overlap(1, 2), Units.ALU),
    SUB_64(201, Operands.BINARY, false, 1, overlap(1, 2), Units.ALU),
    MUL_64(202, Operands.BINARY, false, 3, overlap(1, 2), Units.MUL),
    DIV_U_64(203, Operands.BINARY, false, 60, decodeSlots(4), Units.DIV),
    DIV_S_64(204, Operands.BINARY, false, 60, decodeSlots(4), Units.DIV),
    REM_U_64(205, Operands.BINARY, false, 60, decodeSlots(4), Units.DIV),
    REM_S_64(206, Operands.BINARY, false, 60, decodeSlots(4), Units.DIV),
    SHLO_L_64(207, Operands.BINARY, false, 1, overlapFirst(2, 3), Units.ALU),
    SHLO_R_64(208, Operands.BINARY, false, 1, overlapFirst(2, 3), Units.ALU),
    SHAR_R_64(209, Operands.BINARY, false, 1, overlapFirst(2, 3), Units.ALU),
    AND(210, Operands.BINARY, false, 1, overlap(1, 2), Units.ALU),
    XOR(211, Operands.BINARY, false, 1, overlap(1, 2), Units.ALU),
    OR(212, Operands.BINARY, false, 1, overlap(1, 2), Units.ALU),
    MUL_UPPER_S_S(213, Operands.BINARY, false, 4, decodeSlots(4), Units.MUL),
    MUL_UPPER_U_U(214, Operands.BINARY, false, 4, decodeSlots(4), Units.MUL),
    MUL_UPPER_S_U(215, Operands.BINARY, false, 6, decodeSlots(4), Units.MUL),
    SET_LT_U(216, Operands.BINARY, false, 3, decodeSlots(3), Units.ALU),
    SET_LT_S(217, Operands.BINARY, false, 3, decodeSlots(3), Units.ALU),
    CMOV_IZ(218, Operands.SELECT, false, 2, decodeSlots(2), Units.ALU),
    CMOV_NZ(219, Operands.SELECT, false, 2, decodeSlots(2), Units.ALU),
    ROT_L_64(220, Operands.BINARY, false, 1, overlapFirst(2, 3), Units.ALU),
    ROT_L_32(221, Operands.BINARY, false, 2, overlapFirst(3, 4), Units.ALU),
    ROT_R_64(222, Operands.BINARY, false, 1, overlapFirst(2, 3), Units.ALU),
    ROT_R_32(223, Operands.BINARY, false, 2, overlapFirst(3, 4), Units.ALU),
    AND_INV(224, Operands.BINARY, false, 2, decodeSlots(3), Units.ALU),
    OR_INV(225, Operands.BINARY, false, 2, decodeSlots(3), Units.ALU),
    XNOR(226, Operands.BINARY, false, 2, overlap(2, 3), Units.ALU),
    MAX(227, Operands.BINARY, false, 3, overlap(2, 3), Units.ALU),
    MAX_U(228, Operands.BINARY, false, 3, overlap(2, 3), Units.ALU),
    MIN(229, Operands.BINARY, false, 3, overlap(2, 3), Units.ALU),
    MIN_U(230, Operands.BINARY, false, 3, overlap(2, 3), Units.ALU);

    /** Marks the cycles of branches: 1 or 20, by the octets at their two successors. */
    public static final int BRANCH_CYCLES = -1;

    private static final int OCTETS = 256;
    /** By {@link #code()}; null where there is none. */
    private static final Opcode[] BY_CODE = new Opcode[OCTETS];

    static {
        for (var opcode : values()) {
            BY_CODE[opcode.code] = opcode;
        }
    }

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

    private record DecodeSlots(Overlap overlap, int overlapping, int otherwise) {}

    private final int code;
    private final Operands operands;
    private final Access access;
    private final boolean terminator;
    private final int cycles;
    private final DecodeSlots decodeSlots;
    private final Units units;
    private final String mnemonic = name().toLowerCase(Locale.ROOT);

    Opcode(int code, Operands operands, boolean terminator, int cycles, DecodeSlots decodeSlots, Units units) {
        this(code, operands, Access.NONE, terminator, cycles, decodeSlots, units);
    }

    Opcode(int code, Operands operands, Access access, boolean terminator, int cycles, DecodeSlots decodeSlots,
            Units units) {
        this.code = code;
        this.operands = operands;
        this.access = access;
        this.terminator = terminator;
        this.cycles = cycles;
        this.decodeSlots = decodeSlots;
        this.units = units;
    }

    private static DecodeSlots decodeSlots(int count) {
        return new DecodeSlots(Overlap.NEVER, count, count);
    }

    private static DecodeSlots overlap(int overlapping, int otherwise) {
        return new DecodeSlots(Overlap.ANY_SOURCE, overlapping, otherwise);
    }

    private static DecodeSlots overlapFirst(int overlapping, int otherwise) {
        return new DecodeSlots(Overlap.FIRST_SOURCE, overlapping, otherwise);
    }

    /** The opcode that an octet (0 to 255) stands for; null when it stands for nothing. */
    public static Opcode of(OpcodeOctets octets, int octet) {
        int code = octets.code(octet);
        return code < 0 ? null : BY_CODE[code];
    }

    /** {@link #of} every octet. Not to be changed. */
    static Opcode[] table(OpcodeOctets octets) {
        if (octets == OpcodeOctets.standard()) {
            return BY_CODE;
        }
        var table = new Opcode[OCTETS];
        Arrays.setAll(table, octet -> of(octets, octet));
        return table;
    }

    /**
     * The octet, 0 to 255, that stands for it in every revision so far. Programs are read by that of the rules in force:
     * {@link OpcodeOctets}.
     */
    @Override
    public int code() {
        return code;
    }

    @Override
    public Opcode ofCode(int other) {
        return BY_CODE[other];
    }

    /** The name in the specification. */
    @Override
    public String mnemonic() {
        return mnemonic;
    }

    /** Which operands it has, and what they are for. */
    public Operands operands() {
        return operands;
    }

    /** How its operands are encoded: that of {@link #operands()}. */
    public OperandForm form() {
        return operands.form();
    }

    /** Width and sign of its access to RAM; NONE when it has none. */
    public Access access() {
        return access;
    }

    /** Whether it ends its basic block. */
    public boolean terminator() {
        return terminator;
    }

    /** Latency, or {@link #BRANCH_CYCLES}. */
    public int cycles() {
        return cycles;
    }

    /** What it occupies while it runs, in the gas model. */
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
        return switch (decodeSlots.overlap) {
            case NEVER -> decodeSlots.otherwise;
            case ANY_SOURCE -> anyOverlaps ? decodeSlots.overlapping : decodeSlots.otherwise;
            case FIRST_SOURCE -> firstOverlaps ? decodeSlots.overlapping : decodeSlots.otherwise;
        };
    }
}
