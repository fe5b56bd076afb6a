package io.pvmjit.interpreter;

import io.pvmjit.BlockCost;
import io.pvmjit.program.Instruction;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/**
 * A program in the form that {@link InterpreterMachine} runs: instructions numbered from 0 in arrays, blocks numbered
 * from 0 and priced, targets of static jumps turned into block numbers. Immutable and thread-safe. Takes 16 octets an
 * instruction and 8 a block.
 */
final class DecodedProgram {
    /** In place of the number of a block: the jump panics. */
    static final int NO_BLOCK = -1;

    private static final Opcode[] OPCODES = Opcode.values();
    private static final int INSTRUCTION_OCTETS = 4 * Integer.BYTES;
    private static final int BLOCK_OCTETS = 2 * Integer.BYTES;

    private final Program program;
    /** Opcode's ordinal and the registers A, B and D, 8 bits each from the low end. */
    private final int[] operations;
    /** X; of {@code load_imm_64} the low half. */
    private final int[] first;
    /** Y, or of {@code load_imm_64} the high half of X, or the block of the target. */
    private final int[] second;
    private final int[] addresses;
    private final int[] blockInstructions;
    private final int[] blockCosts;

    DecodedProgram(Program program) {
        this.program = program;
        int count = program.instructionCount();
        operations = new int[count];
        first = new int[count];
        second = new int[count];
        addresses = new int[count];
        blockInstructions = new int[program.blockCount()];
        blockCosts = new int[program.blockCount()];

        int block = 0;
        for (int index = 0, pc = 0; index < count; index++) {
            addresses[index] = pc;
            if (program.isBlockStart(pc)) {
                blockInstructions[block++] = index;
            }
            pc += 1 + program.skip(pc);
        }
        for (int index = 0; index < count; index++) {
            store(index, program.decode(addresses[index]));
        }
        var gasModel = new GasModel(program);
        for (int i = 0; i < blockCosts.length; i++) {
            blockCosts[i] = gasModel.cost(blockAddress(i));
        }
    }

    private void store(int index, Instruction instruction) {
        operations[index] = instruction.opcode().ordinal()
                | instruction.a() << 8 | instruction.b() << 16 | instruction.d() << 24;
        first[index] = (int) instruction.x();
        second[index] = switch (instruction.opcode().operands()) {
            case JUMP, CONSTANT_JUMP -> blockAt(instruction.target());
            // A branch panics, taken or not, unless both its ways lead to blocks (Gray Paper A.4, branch).
            case BRANCH, BRANCH_IMM ->
                program.isBlockStart(instruction.next()) ? blockAt(instruction.target()) : NO_BLOCK;
            case CONSTANT_64 -> (int) (instruction.x() >>> 32);
            default -> (int) instruction.y();
        };
    }

    Program program() {
        return program;
    }

    int instructionCount() {
        return operations.length;
    }

    int blockCount() {
        return blockInstructions.length;
    }

    /** Estimate of the memory this takes beside the code itself. */
    long tableOctets() {
        return (long) INSTRUCTION_OCTETS * instructionCount() + (long) BLOCK_OCTETS * blockCount();
    }

    /** Number of the instruction that starts at pc (unsigned 64 bits); negative when none does. */
    int instructionAt(long pc) {
        return program.isStart(pc) ? Arrays.binarySearch(addresses, (int) pc) : -1;
    }

    /** Number of the block that starts at pc (unsigned 64 bits), or {@link #NO_BLOCK}. */
    int blockAt(long pc) {
        return program.isBlockStart(pc) ? blockOf(instructionAt(pc)) : NO_BLOCK;
    }

    /** Number of the block that contains an instruction. */
    int blockOf(int instruction) {
        int found = Arrays.binarySearch(blockInstructions, instruction);
        return found >= 0 ? found : -found - 2;
    }

    /** Number of the block behind this one, or {@link #NO_BLOCK} at the end of the code. */
    int blockBehind(int block) {
        return block + 1 < blockInstructions.length ? block + 1 : NO_BLOCK;
    }

    int firstInstruction(int block) {
        return blockInstructions[block];
    }

    int blockAddress(int block) {
        return addresses[blockInstructions[block]];
    }

    int blockCost(int block) {
        return blockCosts[block];
    }

    int address(int instruction) {
        return addresses[instruction];
    }

    int operation(int instruction) {
        return operations[instruction];
    }

    int first(int instruction) {
        return first[instruction];
    }

    int second(int instruction) {
        return second[instruction];
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

    /** All blocks and their prices: a view, because a hostile program may have 2^25 of them. */
    List<BlockCost> blockCosts() {
        return new BlockCosts();
    }

    private final class BlockCosts extends AbstractList<BlockCost> implements RandomAccess {
        @Override
        public BlockCost get(int index) {
            return new BlockCost(blockAddress(index), blockCost(index));
        }

        @Override
        public int size() {
            return blockCount();
        }
    }
}
