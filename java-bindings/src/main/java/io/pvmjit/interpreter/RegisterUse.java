package io.pvmjit.interpreter;

import io.pvmjit.Revision;
import io.pvmjit.program.Instruction;

/**
 * Which registers an instruction reads and writes, whether or not a run would change them, as sets: bit i stands for
 * register i. What the gas model (Gray Paper A.9) asks.
 */
final class RegisterUse {
    private RegisterUse() {}

    /** The registers read. Whether {@code cmov} reads its destination depends on the revision. */
    static int sources(Instruction instruction, Revision revision) {
        int a = 1 << instruction.a();
        int b = 1 << instruction.b();
        return switch (instruction.opcode()) {
            case LOAD_IMM, LOAD_U8, LOAD_I8, LOAD_U16, LOAD_I16, LOAD_U32, LOAD_I32, LOAD_U64, LOAD_IMM_JUMP -> 0;
            case STORE_IND_U8, STORE_IND_U16, STORE_IND_U32, STORE_IND_U64 -> a | b;
            case CMOV_IZ_IMM, CMOV_NZ_IMM -> revision.cmovReadsDestination() ? a | b : b;
            case CMOV_IZ, CMOV_NZ -> revision.cmovReadsDestination() ? a | b | 1 << instruction.d() : a | b;
            default -> switch (instruction.opcode().form()) {
                case NONE, IMM, REG_IMM64, IMM_IMM, OFF -> 0;
                case REG_IMM, REG_IMM_IMM, REG_IMM_OFF, REG_REG -> a;
                case REG_REG_IMM, REG_REG_IMM_IMM -> b;
                case REG_REG_OFF, REG_REG_REG -> a | b;
            };
        };
    }

    /** The registers written: one or none. */
    static int destinations(Instruction instruction) {
        int a = 1 << instruction.a();
        return switch (instruction.opcode()) {
            case JUMP_IND, STORE_U8, STORE_U16, STORE_U32, STORE_U64 -> 0;
            case STORE_IND_U8, STORE_IND_U16, STORE_IND_U32, STORE_IND_U64 -> 0;
            case LOAD_IMM_JUMP -> a;
            default -> switch (instruction.opcode().form()) {
                case NONE, IMM, IMM_IMM, OFF, REG_IMM_IMM, REG_IMM_OFF, REG_REG_OFF -> 0;
                case REG_IMM64, REG_IMM, REG_REG_IMM, REG_REG_IMM_IMM -> a;
                case REG_REG, REG_REG_REG -> 1 << instruction.d();
            };
        };
    }
}
