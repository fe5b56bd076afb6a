package io.pvmjit.hostcalls.refine;

import io.pvmjit.EngineRules;
import io.pvmjit.Memory;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.StandardProgram;
import io.pvmjit.rules.Rules;

/**
 * The heap of an outer machine before it runs, in page numbers.
 *
 * @param end first page of the heap plus the number of writable pages from there to the limit
 * @param limit what the end may not exceed
 */
public record Heap(long end, long limit) {
    /** The heap of a standard program: its writable data, then its zero pages, lie at its start without a gap. */
    public static Heap of(EngineRules rules, StandardProgram program) {
        long first = firstPage(program.readOnlyLength());
        long data = roundUp(program.readWriteLength(), MemoryImage.PAGE_SIZE) / MemoryImage.PAGE_SIZE;
        return new Heap(first + data + program.heapPages(), limit(rules, program.stackSize()));
    }

    /** The heap of RAM that no program laid out: as of one without read-only data and stack. Looks at every page. */
    public static Heap of(EngineRules rules, Memory memory) {
        long first = firstPage(0);
        long limit = limit(rules, 0);
        long writable = 0;
        for (long page = first; page < limit; page++) {
            writable += memory.access(page) == PageAccess.WRITE ? 1 : 0;
        }
        return new Heap(first + writable, limit);
    }

    private static long firstPage(long readOnlyLength) {
        return (2L * StandardProgram.ZONE_SIZE + roundUp(readOnlyLength, StandardProgram.ZONE_SIZE)) / MemoryImage.PAGE_SIZE;
    }

    private static long limit(EngineRules rules, long stackSize) {
        long stack = roundUp(stackSize, Rules.of(rules).heapStackUnit());
        return (StandardProgram.STACK_END - StandardProgram.ZONE_SIZE - stack) / MemoryImage.PAGE_SIZE;
    }

    private static long roundUp(long octets, long unit) {
        return (octets + unit - 1) / unit * unit;
    }
}
