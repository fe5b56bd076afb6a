package io.pvmjit.internal.backend;

import io.pvmjit.BlockCost;
import io.pvmjit.MemoryImage;
import io.pvmjit.ModuleStatistics;
import io.pvmjit.PipelineStep;
import java.util.List;

/** A compiled or decoded program of one backend: immutable and thread-safe, closed once when nothing uses it. */
public interface BackendModule {
    /**
     * Makes a machine.
     *
     * @param spending who pays for what it takes of the Java heap
     */
    BackendMachine instantiate(MemoryImage image, Spending spending);

    /** What it takes, as far as that is known when it is made. */
    Footprint footprint();

    /** A machine of it runs with checks in software from now on: code is made for that. */
    default void runsChecked() {}

    /** Whether it was compiled before, for somebody else. */
    default boolean isShared() {
        return false;
    }

    /** Whether an instruction starts at pc (unsigned 64 bits). */
    boolean isStart(long pc);

    List<BlockCost> blockCosts();

    /** What becomes of each instruction of the block that starts at pc, in the gas model: for backends that simulate it. */
    default List<PipelineStep> timeline(int blockPc) {
        throw new UnsupportedOperationException("this backend does not simulate the gas model: the interpreter does");
    }

    ModuleStatistics statistics();

    /** Machine code as text, a line per instruction; empty where there is none. */
    String listing();

    /** Called once; again after an error, for which it may do no part twice. Takes nothing from the Java heap. */
    void close();
}
