package io.pvmjit.link;

/** Which registers are read later, at every place of a program: sets as in {@link Registers}. */
final class Liveness {
    private final CodeGraph graph;
    /** Live before the operation at a place. */
    private final short[] before;

    Liveness(CodeGraph graph) {
        this.graph = graph;
        this.before = new short[graph.size() + 1];
        // Backwards, so that straight code needs one sweep and a loop of loops a few; every other time forwards, for code
        // that jumps back and back.
        while (sweep(graph.size() - 1, -1, -1) && sweep(0, graph.size(), 1)) {}
    }

    /** Updates every place in turn; whether anything changed. */
    private boolean sweep(int from, int to, int step) {
        boolean changed = false;
        for (int place = from; place != to; place += step) {
            var operation = graph.operation(place);
            if (operation == null) {
                continue;
            }
            short live = (short) (Registers.read(operation) | after(operation) & ~Registers.written(operation));
            changed |= live != before[place];
            before[place] = live;
        }
        return changed;
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
