package io.pvmjit.internal.crosscheck;

import io.pvmjit.BlockCost;
import io.pvmjit.MemoryImage;
import io.pvmjit.ModuleStatistics;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.Footprint;
import io.pvmjit.internal.backend.Spending;
import io.pvmjit.internal.lifetime.Leftovers;
import java.util.List;

/** A program of both backends of a {@link CrosscheckEngine}; answers are those of the native one. */
final class CrosscheckModule extends Leftovers.Thing implements BackendModule {
    private final CrosscheckProgram program;
    private final Leftovers leftovers;
    /** Null as long as it is not made, and when it is closed; the other likewise. */
    BackendModule nativeModule;
    BackendModule oracle;

    /**
     * One that gets its halves later.
     *
     * @param program kept for reports
     * @param leftovers of the engine
     */
    CrosscheckModule(CrosscheckProgram program, Leftovers leftovers) {
        this.program = program;
        this.leftovers = leftovers;
    }

    @Override
    public BackendMachine instantiate(MemoryImage image, Spending spending) {
        leftovers.close();
        var machine = new CrosscheckMachine(program, image);
        try {
            machine.nativeMachine = nativeModule.instantiate(image, spending);
            machine.oracle = oracle.instantiate(image, spending);
            machine.requireEqual("making a machine");
        } catch (Throwable e) {
            synchronized (leftovers) {
                machine.next = leftovers.first;
                leftovers.first = machine;
            }
            leftovers.closeNowOrLater();
            throw e;
        }
        return machine;
    }

    @Override
    public boolean isStart(long pc) {
        boolean tested = nativeModule.isStart(pc);
        if (tested != oracle.isStart(pc)) {
            throw new AssertionError("the backends differ on whether an instruction starts at "
                    + Long.toUnsignedString(pc) + ": native " + tested + ", oracle " + !tested);
        }
        return tested;
    }

    /** Compared when the program was compiled. */
    @Override
    public List<BlockCost> blockCosts() {
        return nativeModule.blockCosts();
    }

    @Override
    public ModuleStatistics statistics() {
        return nativeModule.statistics();
    }

    /** Of both, and of the blob. */
    @Override
    public Footprint footprint() {
        var tested = nativeModule.footprint();
        var expected = oracle.footprint();
        long blob = program.blob().length;
        return new Footprint(tested.code(), tested.memory() + expected.memory() + blob, expected.heap() + blob);
    }

    @Override
    public String listing() {
        return nativeModule.listing();
    }

    @Override
    public void close() {
        if (nativeModule != null) {
            nativeModule.close();
            nativeModule = null;
        }
        if (oracle != null) {
            oracle.close();
            oracle = null;
        }
    }
}
