package io.pvmjit;

import java.util.List;

/**
 * A compiled program: immutable, shared by any number of instances and threads. Embedders do not implement it.
 *
 * <p>Closing refuses further work at once; the code is freed when the last instance is closed.
 *
 * <p>{@link java.lang.Module} has the same simple name, so that {@code import io.pvmjit.*;} alone leaves it ambiguous: a
 * program that names this type says {@code import io.pvmjit.Module;} as well, or lets {@code var} name it.
 */
public interface Module extends AutoCloseable {
    /** {@link #instantiate(MemoryImage)} without accessible RAM. */
    default Instance instantiate() {
        return instantiate(MemoryImage.empty());
    }

    /**
     * Makes a machine: registers, gas and pc 0, RAM as the image says. Its accessible pages count as memory of the
     * invocation that the module was compiled for.
     *
     * @throws ResourceLimitException when instances, maps or memory are used up
     * @throws IllegalStateException when the module is closed
     */
    Instance instantiate(MemoryImage image);

    /** Whether a run may start at pc (unsigned): an instruction starts there. Else a run there panics. */
    boolean isStart(long pc);

    /** Every basic block and its gas, by rising pc (Gray Paper A.9). */
    List<BlockCost> blockCosts();

    /**
     * Where the gas of a basic block comes from: what becomes of each of its instructions in the pipeline of the gas model.
     * On the interpreter alone.
     *
     * @param blockPc where a block starts, as {@link #blockCosts} has it
     * @throws IllegalArgumentException when none starts there
     * @throws UnsupportedOperationException on other backends
     */
    List<PipelineStep> timeline(int blockPc);

    /** What it is made of. */
    ModuleStatistics statistics();

    /** The machine code as text, a line for each guest instruction; empty on backends without. For people and tests. */
    String listing();

    /** The engine that compiled it. */
    Engine engine();

    /**
     * Refuses further work; instances that are open go on. Does nothing when closed before. Takes nothing from the Java
     * heap; after an error, such as at the end of the stack, calling it again does what is left.
     */
    @Override
    void close();
}
