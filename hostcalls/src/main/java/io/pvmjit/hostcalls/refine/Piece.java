package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall.Outcome;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import java.lang.foreign.MemorySegment;

/** How {@code fetch} and {@code historical_lookup} hand out a piece of an item. */
final class Piece {
    private Piece() {}

    /**
     * Copies {@code item[min(offset, |item|)..]}, at most {@code length} octets, to RAM at {@code target}, all unsigned,
     * and answers the item's length. Without an item (null) the answer is NONE.
     */
    static Outcome copy(HostContext call, MemorySegment item, long target, long offset, long length) {
        if (item == null) {
            return call.answer(HostResults.NONE);
        }
        long from = minimum(offset, item.byteSize());
        long octets = minimum(length, item.byteSize() - from);
        return call.memory().write(target, item, from, octets) ? call.answer(item.byteSize()) : Outcome.PANIC;
    }

    /** The lesser of two unsigned numbers. */
    static long minimum(long a, long b) {
        return Long.compareUnsigned(a, b) < 0 ? a : b;
    }
}
