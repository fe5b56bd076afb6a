package io.pvmjit.interpreter;

import io.pvmjit.PipelineStep;
import java.util.ArrayList;
import java.util.List;

/** Takes down what becomes of each instruction of a block while {@link GasModel} simulates it. */
final class Timeline {
    private static final int PC = 0;
    private static final int DECODED = 1;
    private static final int STARTED = 2;
    private static final int FINISHED = 3;
    private static final int RETIRED = 4;

    private final List<int[]> steps = new ArrayList<>();
    /** The instruction in each cell of the ring. */
    private final int[][] cells = new int[Integer.SIZE][];

    /** An instruction that enters no cell. */
    void passed(int pc, long cycle) {
        int at = Math.toIntExact(cycle);
        steps.add(new int[] {pc, at, at, at, at});
    }

    void decoded(int cell, int pc, long cycle) {
        passed(pc, cycle);
        cells[cell] = steps.getLast();
    }

    void started(int cell, long cycle) {
        cells[cell][STARTED] = Math.toIntExact(cycle);
    }

    void finished(int cell, long cycle) {
        cells[cell][FINISHED] = Math.toIntExact(cycle);
    }

    void retired(int cell, long cycle) {
        cells[cell][RETIRED] = Math.toIntExact(cycle);
    }

    List<PipelineStep> steps() {
        return steps.stream().map(times -> new PipelineStep(
                times[PC], times[DECODED], times[STARTED], times[FINISHED], times[RETIRED])).toList();
    }
}
