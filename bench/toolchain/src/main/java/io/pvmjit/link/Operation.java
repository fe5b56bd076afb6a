package io.pvmjit.link;

/**
 * An instruction of a program with what its relocation says of its target.
 *
 * @param place where it stands: an index of {@link CodeGraph}
 * @param words 1, or 2 for an auipc and jalr that are one call
 * @param target where it jumps to; {@link #NOWHERE} when that is not fixed
 * @param relocation of its immediate; null when the immediate is a number
 */
record Operation(int place, int words, Flow flow, RiscvInstruction instruction, int target,
        ElfObject.Relocation relocation) {
    static final int NOWHERE = -1;

    /** What happens after an instruction. */
    enum Flow {
        NEXT,
        BRANCH,
        JUMP,
        CALL,
        JUMP_INDIRECT,
        CALL_INDIRECT,
        RETURN,
        TRAP;

        /** Whether the next instruction can be what runs next; after a call it is, in the end. */
        boolean goesOn() {
            return this == NEXT || this == BRANCH || isCall();
        }

        boolean isCall() {
            return this == CALL || this == CALL_INDIRECT;
        }
    }

    RiscvOpcode opcode() {
        return instruction.opcode();
    }

    /** Where the next instruction stands. */
    int next() {
        return place + words;
    }

    /** The register that a call leaves the return address in. */
    int linkRegister() {
        return instruction.rd();
    }
}
