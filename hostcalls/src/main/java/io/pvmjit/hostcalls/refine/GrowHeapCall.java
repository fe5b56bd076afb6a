package io.pvmjit.hostcalls.refine;

import io.pvmjit.PageAccess;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.Rules;
import io.pvmjit.rules.UnitCost;

/**
 * {@code grow_heap}: makes pages behind the heap writable. In a standard program the writable pages from the heap's first
 * on are contiguous, and nothing but this call changes the access of the outer machine's pages, so that their count is
 * kept here and not taken anew at every call.
 */
final class GrowHeapCall implements HostCall {
    private final UnitCost cost;
    private final Heap heap;
    private final boolean emptiesGas;
    private long end;

    /** @param heap where it is when the invocation starts */
    GrowHeapCall(Rules rules, Heap heap) {
        this.cost = rules.gasSchedule().of(GasSchedule.ByPages.GROW_HEAP);
        this.emptiesGas = rules.growHeapEmptiesGas();
        this.heap = heap;
        this.end = heap.end();
    }

    @Override
    public Outcome handle(HostContext call) {
        long wished = call.register(7);
        boolean grows = Long.compareUnsigned(wished, end) > 0 && Long.compareUnsigned(wished, heap.limit()) <= 0;
        if (!grows) {
            return call.charge(cost.base()) ? call.answer(end) : Outcome.OUT_OF_GAS;
        }
        long before = call.gas();
        if (!call.charge(cost, wished - end)) {
            if (!emptiesGas && Long.compareUnsigned(before, cost.base()) >= 0) {
                // By 0.8.0 nothing is charged and the answer stands already, as its vectors show.
                call.gas(before);
                call.register(7, end);
            }
            return Outcome.OUT_OF_GAS;
        }
        if (!call.memory().protect(end, wished - end, PageAccess.WRITE, true)) {
            throw new AssertionError("the heap cannot reach page " + wished);
        }
        end = wished;
        return Outcome.CONTINUE;
    }
}
