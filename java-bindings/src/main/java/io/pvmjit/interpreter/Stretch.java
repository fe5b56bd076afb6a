package io.pvmjit.interpreter;

import io.pvmjit.program.Instruction;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.util.Arrays;

/**
 * Some instructions one behind the other in the form that {@link InterpreterMachine} runs: up to the end of their block, to
 * a host call, or as many as fit. Thread-safe.
 */
final class Stretch {
    /** In place of the address of a block: the jump panics. */
    static final int NO_BLOCK = -1;
    /** Instructions of a stretch, at most. */
    static final int CAPACITY = 16;
    /** Octets of the Java heap that a stretch takes, at most. */
    static final int OCTETS = CAPACITY * 4 * Integer.BYTES + 56;

    private static final Opcode[] OPCODES = Opcode.values();
    // Of each instruction four words: operation, X, Y, address. Of load_imm_64 Y is the high half of X; of jumps and
    // branches it is the address of the target.
    private static final int WORDS = 4;

    private final int[] words;
    private final int end;
    private final int behind;
    /** Of the block that contains the first instruction; 0 when not known yet. */
    private int cost;

    private Stretch(int[] words, int end, int behind) {
        this.words = words;
        this.end = end;
        this.behind = behind;
    }

    /** From an address on, where an instruction starts. */
    static Stretch decode(Program program, int pc) {
        var words = new int[CAPACITY * WORDS];
        int length = 0;
        int next = pc;
        boolean last = false;
        while (!last && length < CAPACITY) {
            var instruction = program.decode(next);
            store(program, instruction, words, length++);
            next = instruction.next();
            last = instruction.opcode().terminator() || instruction.opcode() == Opcode.ECALLI;
        }
        var kept = length == CAPACITY ? words : Arrays.copyOf(words, length * WORDS);
        return new Stretch(kept, next, program.isBlockStart(next) ? next : NO_BLOCK);
    }

    private static void store(Program program, Instruction instruction, int[] words, int index) {
        int at = index * WORDS;
        words[at] = instruction.opcode().ordinal()
                | instruction.a() << 8 | instruction.b() << 16 | instruction.d() << 24;
        words[at + 1] = (int) instruction.x();
        words[at + 2] = switch (instruction.opcode().operands()) {
            case JUMP, CONSTANT_JUMP -> block(program, instruction.target());
            // A branch panics, taken or not, unless both its ways lead to blocks (Gray Paper A.4, branch).
            case BRANCH, BRANCH_IMM ->
                program.isBlockStart(instruction.next()) ? block(program, instruction.target()) : NO_BLOCK;
            case CONSTANT_64 -> (int) (instruction.x() >>> 32);
            default -> (int) instruction.y();
        };
        words[at + 3] = instruction.pc();
    }

    private static int block(Program program, long target) {
        return program.isBlockStart(target) ? (int) target : NO_BLOCK;
    }

    /** Instructions in it, 1 to {@link #CAPACITY}. */
    int length() {
        return words.length / WORDS;
    }

    /** The address of the first instruction. */
    int pc() {
        return words[3];
    }

    /** The address behind the last instruction. */
    int end() {
        return end;
    }

    /** The address of the block behind, or {@link #NO_BLOCK}: where a terminator at the end of this leads to. */
    int blockBehind() {
        return behind;
    }

    /** The gas of the block that contains the first instruction, 1 or more; 0 when not known yet. */
    int cost() {
        return cost;
    }

    /** Keeps that gas. Threads may do so at the same time: it is the same for all. */
    void cost(int value) {
        cost = value;
    }

    /** The address of an instruction; of the one behind the last, too. */
    int address(int index) {
        return index < length() ? words[index * WORDS + 3] : end;
    }

    int operation(int index) {
        return words[index * WORDS];
    }

    /** X; of {@code load_imm_64} the low half. */
    int first(int index) {
        return words[index * WORDS + 1];
    }

    /** Y, or of {@code load_imm_64} the high half of X, or the target. */
    int second(int index) {
        return words[index * WORDS + 2];
    }

    static Opcode opcode(int operation) {
        return OPCODES[operation & 0xFF];
    }

    static int registerA(int operation) {
        return operation >>> 8 & 0xFF;
    }

    static int registerB(int operation) {
        return operation >>> 16 & 0xFF;
    }

    static int registerD(int operation) {
        return operation >>> 24;
    }
}
