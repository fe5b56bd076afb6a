package io.pvmjit.link;

import java.util.ArrayDeque;
import java.util.BitSet;

/** Which registers are read later, at every place of a program: sets as in {@link Registers}. */
final class Liveness {
    private final CodeGraph graph;
    /** Live before the operation at a place. */
    private final short[] before;
    /** Places that jump, plus 1: for each target the first of them, and for each the next with the same target. */
    private final int[] firstJump;
    private final int[] nextJump;

    Liveness(CodeGraph graph) {
        this.graph = graph;
        this.before = new short[graph.size() + 1];
        this.firstJump = new int[graph.size()];
        this.nextJump = new int[graph.size()];
        var waiting = new ArrayDeque<Integer>();
        var queued = new BitSet(graph.size());
        for (int place = 0; place < graph.size(); place++) {
            var operation = graph.operation(place);
            if (operation == null) {
                continue;
            }
            if (operation.target() != Operation.NOWHERE) {
                nextJump[place] = firstJump[operation.target()];
                firstJump[operation.target()] = place + 1;
            }
            // The last first: straight code needs no second look.
            waiting.push(place);
            queued.set(place);
        }
        while (!waiting.isEmpty()) {
            int place = waiting.pop();
            queued.clear(place);
            var operation = graph.operation(place);
            short live = (short) (Registers.read(operation) | after(operation) & ~Registers.written(operation));
            if (live != before[place]) {
                before[place] = live;
                if (place > 0 && graph.operation(place - 1) != null && !queued.get(place - 1)) {
                    queued.set(place - 1);
                    waiting.push(place - 1);
                }
                for (int jump = firstJump[place]; jump != 0; jump = nextJump[jump - 1]) {
                    if (!queued.get(jump - 1)) {
                        queued.set(jump - 1);
                        waiting.push(jump - 1);
                    }
                }
            }
        }
    }

    /** Registers whose value at a place may matter. */
    int before(int place) {
        return before[place];
    }

    /** Registers whose value after an operation may matter. */
    int after(Operation operation) {
        return switch (operation.flow()) {
            case NEXT -> before[operation.next()];
            case BRANCH -> before[operation.next()] | before[operation.target()];
            case JUMP -> before[operation.target()];
            case CALL, CALL_INDIRECT, JUMP_INDIRECT -> Registers.ALL;
            case RETURN, TRAP -> Registers.NONE;
        };
    }
}
