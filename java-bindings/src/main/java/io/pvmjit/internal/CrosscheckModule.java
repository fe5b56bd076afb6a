package io.pvmjit.internal;

import io.pvmjit.BlockCost;
import io.pvmjit.MemoryImage;
import io.pvmjit.ModuleStatistics;
import java.util.List;

/** A program of both backends of a {@link CrosscheckEngine}; answers are those of the native one. */
final class CrosscheckModule implements BackendModule {
    private final CrosscheckProgram program;
    private final BackendModule nativeModule;
    private final BackendModule oracle;
    private boolean nativeClosed;

    /** @param program kept for reports */
    CrosscheckModule(CrosscheckProgram program, BackendModule nativeModule, BackendModule oracle) {
        this.program = program;
        this.nativeModule = nativeModule;
        this.oracle = oracle;
    }

    @Override
    public Machine instantiate(MemoryImage image, Spending spending) {
        var tested = nativeModule.instantiate(image, spending);
        Machine expected = null;
        try {
            expected = oracle.instantiate(image, spending);
            var machine = new CrosscheckMachine(program, tested, expected, image);
            machine.requireEqual("making a machine");
            return machine;
        } catch (Throwable e) {
            tested.close();
            if (expected != null) {
                expected.close();
            }
            throw e;
        }
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
        if (!nativeClosed) {
            nativeModule.close();
            nativeClosed = true;
        }
        oracle.close();
    }
}
