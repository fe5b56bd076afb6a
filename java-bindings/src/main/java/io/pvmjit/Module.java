package io.pvmjit;

import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.Spending;
import io.pvmjit.internal.lifetime.References;
import java.util.List;
import java.util.function.Supplier;

/**
 * A compiled program: immutable, shared by any number of instances and threads.
 *
 * <p>Closing refuses further work at once; the code is freed when the last instance is closed.
 *
 * <p>{@link java.lang.Module} has the same simple name, so that {@code import io.pvmjit.*;} alone leaves it ambiguous: a
 * program that names this type says {@code import io.pvmjit.Module;} as well, or lets {@code var} name it.
 */
public final class Module implements AutoCloseable {
    private final Engine engine;
    private final Spending spending;
    /** Set once, before anybody has the module; null when making it was cut short. */
    BackendModule implementation;
    private final References references;
    /** What errors left behind while it was made, for want of heap or stack; guarded by this monitor. */
    private Instance left;
    /** The next one that was left to the engine. */
    Module nextLeft;
    /** Of the one thread that gives the last reference back. */
    private boolean freed;

    /** Has the caller's reference to the engine, and gets its implementation later. */
    Module(Engine engine, Spending spending) {
        this.engine = engine;
        this.spending = spending;
        this.references = new References(this::free);
    }

    private void free() {
        if (!freed) {
            if (implementation != null) {
                implementation.close();
            }
            freed = true;
        }
        engine.release();
    }

    /** {@link #instantiate(MemoryImage)} without accessible RAM. */
    public Instance instantiate() {
        return instantiate(MemoryImage.empty());
    }

    /**
     * Makes a machine: registers, gas and pc 0, RAM as the image says. Its accessible pages count as memory of the
     * invocation that the module was compiled for.
     *
     * @throws ResourceLimitException when instances, maps or memory are used up
     * @throws IllegalStateException when the module is closed
     */
    public Instance instantiate(MemoryImage image) {
        closeLeft();
        var instance = new Instance(this, new RamCharge(spending));
        retain();
        try {
            instance.charge.take(image);
            instance.machine = implementation.instantiate(image, spending);
            instance.memory.machine = instance.machine;
            if (image.accessiblePages() != 0) {
                payForChecks(instance.machine);
            }
            instance.owner = null;
            return instance;
        } catch (Throwable e) {
            // No call before it is in the list: the stack may be at its end.
            instance.owner = null;
            synchronized (this) {
                instance.nextLeft = left;
                left = instance;
            }
            try {
                closeLeft();
            } catch (VirtualMachineError _) {
                // The next one who instantiates or closes does it.
            }
            throw e;
        }
    }

    private void closeLeft() {
        for (var each = nextLeft(); each != null; each = nextLeft()) {
            try {
                each.close();
            } catch (Throwable e) {
                synchronized (this) {
                    each.nextLeft = left;
                    left = each;
                }
                throw e;
            }
        }
    }

    private synchronized Instance nextLeft() {
        var first = left;
        if (first != null) {
            left = first.nextLeft;
        }
        return first;
    }

    /** Code with checks is made for the first instance that runs checked: its room is taken before. */
    void payForChecks(BackendMachine machine) {
        if (machine.checked() && !engine.config().alwaysChecked()) {
            implementation.runsChecked();
        }
    }

    /** Whether a run may start at pc (unsigned): an instruction starts there. Else a run there panics. */
    public boolean isStart(long pc) {
        return whileOpen(() -> implementation.isStart(pc));
    }

    /** Every basic block and its gas, by rising pc (Gray Paper A.9). */
    public List<BlockCost> blockCosts() {
        return whileOpen(implementation::blockCosts);
    }

    /**
     * Where the gas of a basic block comes from: what becomes of each of its instructions in the pipeline of the gas model.
     * On the interpreter alone.
     *
     * @param blockPc where a block starts, as {@link #blockCosts} has it
     * @throws IllegalArgumentException when none starts there
     * @throws UnsupportedOperationException on other backends
     */
    public List<PipelineStep> timeline(int blockPc) {
        return whileOpen(() -> implementation.timeline(blockPc));
    }

    /** What it is made of. */
    public ModuleStatistics statistics() {
        return whileOpen(implementation::statistics);
    }

    /** The machine code as text, a line for each guest instruction; empty on backends without. For people and tests. */
    public String listing() {
        return whileOpen(implementation::listing);
    }

    /** The engine that compiled it. */
    public Engine engine() {
        return engine;
    }

    private <T> T whileOpen(Supplier<T> action) {
        retain();
        try {
            return action.get();
        } finally {
            references.releaseOrLeave();
        }
    }

    private void retain() {
        if (!references.tryRetain()) {
            throw new IllegalStateException("the module is closed");
        }
    }

    /** Gives back the reference of an instance that is gone. Where that fails it has it still. */
    void release() {
        references.release();
    }

    /**
     * Refuses further work; instances that are open go on. Does nothing when closed before. Takes nothing from the Java
     * heap; after an error, such as at the end of the stack, calling it again does what is left.
     */
    @Override
    public void close() {
        closeLeft();
        references.close();
    }
}
