package io.pvmjit.internal.front;

import io.pvmjit.BlockCost;
import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.Module;
import io.pvmjit.ModuleStatistics;
import io.pvmjit.PipelineStep;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.Spending;
import io.pvmjit.internal.lifetime.References;
import java.util.List;
import java.util.function.Supplier;

/** A module of the API: keeps the module of its backend, and with it the engine, as long as anything uses it. */
final class FrontModule implements Module {
    private final FrontEngine engine;
    private final Spending spending;
    /** Set once, before anybody has the module; null when making it was cut short. */
    BackendModule implementation;
    private final References references;
    /** What errors left behind while it was made, for want of heap or stack; guarded by this monitor. */
    private FrontInstance left;
    /** The next one that was left to the engine. */
    FrontModule nextLeft;
    /** Of the one thread that gives the last reference back. */
    private boolean freed;

    /** Has the caller's reference to the engine, and gets its implementation later. */
    FrontModule(FrontEngine engine, Spending spending) {
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

    @Override
    public Instance instantiate(MemoryImage image) {
        closeLeft();
        var instance = new FrontInstance(this, new RamCharge(spending));
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

    private synchronized FrontInstance nextLeft() {
        var first = left;
        if (first != null) {
            left = first.nextLeft;
        }
        return first;
    }

    /**
     * Code with checks is made for the first instance that runs checked: its room is taken before. Where there is none,
     * whoever is checked for its many page faults does without.
     */
    void payForChecks(BackendMachine machine) {
        if (machine.checked() && !engine.config().alwaysChecked()) {
            try {
                implementation.runsChecked();
            } catch (ResourceLimitException e) {
                if (!machine.checkByHardware()) {
                    throw e;
                }
            }
        }
    }

    @Override
    public boolean isStart(long pc) {
        return whileOpen(() -> implementation.isStart(pc));
    }

    @Override
    public List<BlockCost> blockCosts() {
        return whileOpen(implementation::blockCosts);
    }

    @Override
    public List<PipelineStep> timeline(int blockPc) {
        return whileOpen(() -> implementation.timeline(blockPc));
    }

    @Override
    public ModuleStatistics statistics() {
        return whileOpen(implementation::statistics);
    }

    @Override
    public String listing() {
        return whileOpen(implementation::listing);
    }

    /** As {@link FrontEngine#interruptionsOfAll()}. */
    int interruptionsOfAll() {
        return engine.interruptionsOfAll();
    }

    @Override
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

    @Override
    public void close() {
        closeLeft();
        references.close();
    }
}
