package io.pvmjit.link;

/**
 * One decoded RISC-V instruction.
 *
 * @param rd register that is written, 0 (which drops it) where there is none
 * @param rs1 first register that is read, 0 where there is none
 * @param rs2 second register that is read, 0 where there is none
 * @param immediate sign-extended; of lui and auipc the value of the upper bits; of a shift its distance
 */
record RiscvInstruction(RiscvOpcode opcode, int rd, int rs1, int rs2, int immediate) {
    private static final String[] REGISTER_NAMES = {
        "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
        "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"
    };

    /** The name of a register in the psABI. */
    static String registerName(int register) {
        return REGISTER_NAMES[register];
    }

    /** Decodes a word; null when it is no instruction that we know. */
    static RiscvInstruction decode(int word) {
        var opcode = RiscvOpcode.of(word);
        if (opcode == null) {
            return null;
        }
        int rd = word >> 7 & 31;
        int rs1 = word >> 15 & 31;
        int rs2 = word >> 20 & 31;
        return switch (opcode.format()) {
            case U -> new RiscvInstruction(opcode, rd, 0, 0, word & ~0xfff);
            case J -> new RiscvInstruction(opcode, rd, 0, 0, (word >> 31) << 20 | word & 0xff000
                    | (word >> 20 & 1) << 11 | (word >> 21 & 0x3ff) << 1);
            case I -> new RiscvInstruction(opcode, rd, rs1, 0, word >> 20);
            case B -> new RiscvInstruction(opcode, 0, rs1, rs2, (word >> 31) << 12 | (word >> 7 & 1) << 11
                    | (word >> 25 & 0x3f) << 5 | (word >> 8 & 0xf) << 1);
            case S -> new RiscvInstruction(opcode, 0, rs1, rs2, (word >> 25) << 5 | word >> 7 & 0x1f);
            case R -> new RiscvInstruction(opcode, rd, rs1, rs2, 0);
            case SHIFT_64 -> new RiscvInstruction(opcode, rd, rs1, 0, word >> 20 & 63);
            case SHIFT_32 -> new RiscvInstruction(opcode, rd, rs1, 0, word >> 20 & 31);
            case UNARY -> new RiscvInstruction(opcode, rd, rs1, 0, 0);
            case HOST_CALL -> new RiscvInstruction(opcode, 0, 0, 0, word >> 20);
            case NONE, WHOLE -> new RiscvInstruction(opcode, 0, 0, 0, 0);
        };
    }
}
