package io.pvmjit;

import io.pvmjit.internal.BackendModule;
import io.pvmjit.internal.Machine;
import io.pvmjit.internal.References;
import io.pvmjit.internal.Spending;
import java.util.List;
import java.util.function.Supplier;

/**
 * A compiled program: immutable, shared by any number of instances and threads.
 *
 * <p>Closing refuses further work at once; the code is freed when the last instance is closed.
 */
public final class Module implements AutoCloseable {
    private final Engine engine;
    private final Spending spending;
    private final BackendModule implementation;
    private final References references;
    /** Of the one thread that gives the last reference back. */
    private boolean freed;

    Module(Engine engine, Spending spending, BackendModule implementation) {
        this.engine = engine;
        this.spending = spending;
        this.implementation = implementation;
        this.references = new References(this::free);
    }

    private void free() {
        if (!freed) {
            implementation.close();
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
        retain();
        try {
            return instance(image, new RamCharge(spending, image));
        } catch (Throwable e) {
            references.releaseOrLeave();
            throw e;
        }
    }

    private Instance instance(MemoryImage image, RamCharge charge) {
        Machine machine = null;
        try {
            machine = implementation.instantiate(image, spending);
            if (image.accessiblePages() != 0) {
                payForChecks(machine);
            }
            return new Instance(this, machine, charge);
        } catch (Throwable e) {
            if (machine != null) {
                machine.close();
            }
            charge.release();
            throw e;
        }
    }

    /** Code with checks is made for the first instance that runs checked: its room is taken before. */
    void payForChecks(Machine machine) {
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

    public ModuleStatistics statistics() {
        return whileOpen(implementation::statistics);
    }

    /** The machine code as text, a line for each guest instruction; empty on backends without. For people and tests. */
    public String listing() {
        return whileOpen(implementation::listing);
    }

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
        references.close();
    }
}
