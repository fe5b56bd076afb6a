package io.pvmjit.link;

/** Which registers are read later, at every place of a program: sets as in {@link Registers}. */
final class Liveness {
    private final CodeGraph graph;
    /** Live before the operation at a place. */
    private final short[] before;

    Liveness(CodeGraph graph) {
        this.graph = graph;
        this.before = new short[graph.size() + 1];
        // Backwards, so that straight code needs one sweep and a loop of loops a few.
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int place = graph.size() - 1; place >= 0; place--) {
                var operation = graph.operation(place);
                if (operation == null) {
                    continue;
                }
                short live = (short) (Registers.read(operation)
                        | after(operation) & ~Registers.written(operation));
                changed |= live != before[place];
                before[place] = live;
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
