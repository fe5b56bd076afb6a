package io.pvmjit.interpreter;

import io.pvmjit.BlockCost;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.program.Program;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A program as {@link InterpreterMachine} runs it: decoded where and when it is entered, a stretch at a time. Decoded
 * stretches are kept in a table by their address, each in the one place that its address has, until another one comes
 * there. Thread-safe.
 *
 * <p>So a program that is never run takes little more than twice its octets, and one that is run takes more only where it
 * is, from an allowance that all programs of an engine share.
 */
final class DecodedProgram {
    /** Places of a table that no allowance is asked for. */
    private static final int SMALLEST_TABLE = 64;
    private static final int LARGEST_TABLE = 1 << 14;
    /** 2^32 divided by the golden ratio: spreads addresses that are near to each other. */
    private static final int SPREAD = 0x9E3779B1;

    /** Made in advance: where it is thrown there is no room for another. */
    private static final ResourceLimitException NO_HEAP = ResourceLimitException.withoutTrace(
            "the Java heap has no room for decoded instructions: raise -Xmx or close modules");

    private final Program program;
    private final BlockPrices prices;
    private final AtomicLong allowance;
    /** A power of two; null before the first run. What threads put into it at once, one of them has put into it. */
    private Stretch[] table;

    // Guarded by this object's monitor.
    private int replaced;
    private long taken;

    /** @param allowance octets that tables of all programs may still take of the Java heap */
    DecodedProgram(Program program, AtomicLong allowance) {
        this.program = program;
        this.prices = new BlockPrices(program);
        this.allowance = allowance;
    }

    Program program() {
        return program;
    }

    /** The stretch from an address on, where an instruction starts. */
    Stretch stretch(int pc) {
        var places = table;
        if (places != null) {
            var found = places[place(pc, places)];
            if (found != null && found.pc() == pc) {
                return found;
            }
        }
        return decode(pc);
    }

    private static int place(int pc, Stretch[] places) {
        return pc * SPREAD >>> Integer.numberOfLeadingZeros(places.length) + 1;
    }

    private synchronized Stretch decode(int pc) {
        try {
            if (table == null) {
                table = new Stretch[Math.min(SMALLEST_TABLE, Integer.highestOneBit(program.codeLength()) * 2)];
            }
            var stretch = Stretch.decode(program, pc);
            int place = place(pc, table);
            if (table[place] != null && ++replaced > table.length) {
                grow();
                place = place(pc, table);
            }
            table[place] = stretch;
            return stretch;
        } catch (OutOfMemoryError _) {
            throw NO_HEAP;
        }
    }

    /** Makes the table twice as large, as long as that is allowed. */
    private void grow() {
        replaced = 0;
        int length = 2 * table.length;
        long more = (long) length * Stretch.OCTETS - taken;
        if (length > LARGEST_TABLE) {
            return;
        }
        if (allowance.addAndGet(-more) < 0) {
            allowance.addAndGet(more);
            return;
        }
        taken += more;
        var larger = new Stretch[length];
        for (var stretch : table) {
            if (stretch != null) {
                larger[place(stretch.pc(), larger)] = stretch;
            }
        }
        table = larger;
    }

    /** Gives back what the table has of the allowance. */
    synchronized void close() {
        allowance.addAndGet(taken);
        taken = 0;
        table = null;
    }

    /** The gas of the block that contains the first instruction of a stretch. */
    int cost(Stretch stretch) {
        int cost = stretch.cost();
        if (cost == 0) {
            cost = prices.cost(program.blockAt(stretch.pc()));
            stretch.cost(cost);
        }
        return cost;
    }

    /** The memory this takes beside the code itself and what is from the allowance, at most. */
    long tableOctets() {
        long bits = 2 * (program.codeLength() / Byte.SIZE + Long.BYTES);
        long places = Math.min(SMALLEST_TABLE, 2L * program.codeLength());
        return program.codeLength() + bits + (long) program.entrySize() * program.jumpTableLength()
                + places * Stretch.OCTETS;
    }

    /** All blocks and their prices: a view, because a hostile program may have 2^25 of them. */
    List<BlockCost> blockCosts() {
        return new BlockCosts(program.blockStarts());
    }

    private final class BlockCosts extends AbstractList<BlockCost> implements RandomAccess {
        private final int[] starts;

        BlockCosts(int[] starts) {
            this.starts = starts;
        }

        @Override
        public BlockCost get(int index) {
            return new BlockCost(starts[index], prices.cost(starts[index]));
        }

        @Override
        public int size() {
            return starts.length;
        }
    }
}
