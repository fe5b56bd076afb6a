package io.pvmjit.link;

import io.pvmjit.link.Operation.Flow;
import java.util.BitSet;

/**
 * Finds branches around one move, which become conditional moves: two basic blocks less, and nothing to predict. With
 * that it is known where basic blocks begin.
 */
final class ConditionalMoves {
    private final CodeGraph graph;
    private final Liveness liveness;
    private final BitSet moves = new BitSet();
    private final BitSet blocks = new BitSet();

    ConditionalMoves(CodeGraph graph, Liveness liveness) {
        this.graph = graph;
        this.liveness = liveness;
        markBlocks(false);
        for (int place = 0; place < graph.size(); place++) {
            var operation = graph.operation(place);
            if (operation != null && operation.flow() == Flow.BRANCH && canMove(operation)) {
                moves.set(place);
            }
        }
        blocks.clear();
        markBlocks(true);
    }

    /** Where something jumps to: all but what only conditional moves skip. */
    private void markBlocks(boolean movesKnown) {
        for (int place = 0; place < graph.size(); place++) {
            var operation = graph.operation(place);
            if (operation == null) {
                continue;
            }
            if (graph.hasAddress(place)) {
                blocks.set(place);
            }
            if (operation.target() != Operation.NOWHERE && !(movesKnown && moves.get(place))) {
                blocks.set(operation.target());
            }
            if (operation.flow().isCall()) {
                blocks.set(operation.next());
            }
        }
    }

    private boolean canMove(Operation branch) {
        int skipped = branch.next();
        if (branch.target() != skipped + 1 || blocks.get(skipped)) {
            return false;
        }
        var move = graph.operation(skipped);
        var instruction = move.instruction();
        return instruction.opcode() == RiscvOpcode.ADDI && move.relocation() == null
                && instruction.rd() != Registers.ZERO
                && (instruction.immediate() == 0 || instruction.rs1() == Registers.ZERO)
                && (comparesWithZero(branch.instruction()) || free(branch) != 0);
    }

    /** Registers that can take the result of the comparison. */
    private int free(Operation branch) {
        var move = graph.operation(branch.next());
        return Registers.ALL & ~liveness.before(branch.target()) & ~Registers.read(branch) & ~Registers.read(move)
                & ~Registers.written(move);
    }

    /** The register of the PVM for the result of the comparison. */
    int scratch(Operation branch) {
        return Integer.numberOfTrailingZeros(free(branch));
    }

    /** Whether the branch at a place becomes a conditional move. */
    boolean isMove(int place) {
        return moves.get(place);
    }

    /** Places where basic blocks begin because something may jump there. */
    BitSet blocks() {
        return blocks;
    }

    /** Whether a branch asks whether one register is zero. */
    static boolean comparesWithZero(RiscvInstruction branch) {
        return (branch.opcode() == RiscvOpcode.BEQ || branch.opcode() == RiscvOpcode.BNE)
                && (branch.rs1() == Registers.ZERO) != (branch.rs2() == Registers.ZERO);
    }

    /** What is zero when the operands are equal, or the first is not below the second. */
    static Binary difference(RiscvOpcode comparison) {
        return switch (comparison) {
            case BEQ, BNE -> Binary.XOR;
            case BLT, BGE -> Binary.SLT;
            default -> Binary.SLTU;
        };
    }
}
