package io.pvmjit.internal.crosscheck;

import io.pvmjit.BlockCost;
import io.pvmjit.EngineStatistics;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.internal.lifetime.Leftovers;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Two backends side by side: every program is compiled by both, every machine is a pair that is driven alike and
 * compared at every stop. A difference is an {@link AssertionError} with a report: one of the two is wrong. What it
 * answers is what the native one answered. Thread-safe.
 */
public final class CrosscheckEngine implements BackendEngine {
    /** Octets of the longest array that every JVM can make. */
    private static final int LONGEST_BLOB = Integer.MAX_VALUE - 8;

    private final Rules rules;
    private final BackendEngine nativeEngine;
    private final BackendEngine oracle;
    private final Leftovers leftovers = new Leftovers();
    private boolean nativeClosed;

    /**
     * Takes over both engines.
     *
     * @param rules that both follow, for reports
     * @param nativeEngine the one that is checked
     * @param oracle the one it is checked against
     */
    public CrosscheckEngine(Rules rules, BackendEngine nativeEngine, BackendEngine oracle) {
        this.rules = rules;
        this.nativeEngine = nativeEngine;
        this.oracle = oracle;
    }

    @Override
    public BackendModule compile(MemorySegment blob, Gate gate) throws InvalidProgramException {
        leftovers.close();
        var program = new CrosscheckProgram(copy(blob), rules);
        var module = new CrosscheckModule(program, leftovers);
        try {
            compile(blob, module, gate);
        } catch (Throwable e) {
            synchronized (leftovers) {
                module.next = leftovers.first;
                leftovers.first = module;
            }
            leftovers.closeNowOrLater();
            throw e;
        }
        return module;
    }

    /** For reports. What is longer than an array the oracle would not take either. */
    private static byte[] copy(MemorySegment blob) {
        try {
            if (blob.byteSize() <= LONGEST_BLOB) {
                return blob.toArray(ValueLayout.JAVA_BYTE);
            }
        } catch (OutOfMemoryError _) {
            // No room either.
        }
        throw noRoom(blob);
    }

    private void compile(MemorySegment blob, CrosscheckModule module, Gate gate) {
        InvalidProgramException rejection = null;
        InvalidProgramException expectedRejection = null;
        try {
            module.nativeModule = nativeEngine.compile(blob, gate);
        } catch (InvalidProgramException e) {
            rejection = e;
        }
        try {
            module.oracle = oracle.compile(blob);
        } catch (InvalidProgramException e) {
            expectedRejection = e;
        }
        if ((rejection == null) != (expectedRejection == null)) {
            throw new AssertionError("the backends differ on a program blob of " + blob.byteSize()
                    + " octets\n  native: " + verdict(rejection) + "\n  oracle: " + verdict(expectedRejection));
        }
        if (rejection != null) {
            // Which of several broken rules is reported first is left to each.
            throw rejection;
        }
        try {
            requireEqualCosts(module.nativeModule.blockCosts(), module.oracle.blockCosts());
        } catch (OutOfMemoryError _) {
            throw noRoom(blob);
        }
    }

    private static ResourceLimitException noRoom(MemorySegment blob) {
        return new ResourceLimitException("the Java heap has no room for a program of " + blob.byteSize() + " octets");
    }

    private static String verdict(InvalidProgramException rejection) {
        return rejection == null ? "accepted" : "rejected, " + rejection.getMessage();
    }

    @Override
    public void onPressure(BooleanSupplier reclaim) {
        nativeEngine.onPressure(reclaim);
        oracle.onPressure(reclaim);
    }

    private static void requireEqualCosts(List<BlockCost> tested, List<BlockCost> expected) {
        int common = Math.min(tested.size(), expected.size());
        for (int i = 0; i < common; i++) {
            if (!tested.get(i).equals(expected.get(i))) {
                throw new AssertionError("the backends differ on basic block " + i + "\n  native: " + tested.get(i)
                        + "\n  oracle: " + expected.get(i));
            }
        }
        if (tested.size() != expected.size()) {
            throw new AssertionError("the backends differ on the number of basic blocks\n  native: " + tested.size()
                    + "\n  oracle: " + expected.size());
        }
    }

    /** Of the native backend. */
    @Override
    public EngineStatistics statistics() {
        leftovers.close();
        return nativeEngine.statistics();
    }

    @Override
    public void interruptAll() {
        oracle.interruptAll();
    }

    @Override
    public void close() {
        leftovers.close();
        if (!nativeClosed) {
            nativeEngine.close();
            nativeClosed = true;
        }
        oracle.close();
    }
}
