package io.pvmjit.interpreter;

import io.pvmjit.program.Program;

/**
 * What the blocks of a program cost (Gray Paper A.9). A block is priced when it is asked for first, once. Thread-safe.
 *
 * <p>Takes one octet for each of the code: the price stands at the octets of its block, seven bits in each from the low end,
 * the eighth set in all but the last. It fits, because an instruction costs 100 gas at most, and one alone, whose octet is
 * the only one of its block, is a terminator and costs less than 2^7.
 */
final class BlockPrices {
    private static final int BITS = 7;
    private static final int MORE = 1 << BITS;

    private final Program program;
    private final byte[] octets;
    private GasModel model;

    BlockPrices(Program program) {
        this.program = program;
        this.octets = new byte[program.codeLength()];
    }

    /** The gas of the block that starts at pc, 1 or more. */
    synchronized int cost(int pc) {
        if (octets[pc] == 0) {
            if (model == null) {
                model = new GasModel(program);
            }
            keep(pc, model.cost(pc));
        }
        int cost = 0;
        int at = pc;
        int shift = 0;
        while ((octets[at] & MORE) != 0) {
            cost |= (octets[at++] & MORE - 1) << shift;
            shift += BITS;
        }
        return cost | octets[at] << shift;
    }

    private void keep(int pc, int cost) {
        int at = pc;
        int left = cost;
        while (left >= MORE) {
            octets[at++] = (byte) (left | MORE);
            left >>>= BITS;
        }
        octets[at] = (byte) left;
    }
}
