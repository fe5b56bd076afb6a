package io.pvmjit.internal;

import io.pvmjit.BlockCost;
import io.pvmjit.EngineStatistics;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Two backends side by side: every program is compiled by both, every machine is a pair that is driven alike and
 * compared at every stop. A difference is an {@link AssertionError} with a report: one of the two is wrong. What it
 * answers is what the native one answered. A StackOverflowError while two modules are compared may leave the native one
 * behind. Thread-safe.
 */
public final class CrosscheckEngine implements BackendEngine {
    private final Rules rules;
    private final BackendEngine nativeEngine;
    private final BackendEngine oracle;
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

    /** A module, or why there is none. */
    private record Outcome(BackendModule module, InvalidProgramException rejection) {
        static Outcome of(BackendEngine engine, MemorySegment blob, Gate gate) {
            try {
                return new Outcome(engine.compile(blob, gate), null);
            } catch (InvalidProgramException e) {
                return new Outcome(null, e);
            }
        }

        void close() {
            if (module != null) {
                module.close();
            }
        }

        @Override
        public String toString() {
            return module != null ? "accepted" : "rejected, " + rejection.getMessage();
        }
    }

    @Override
    public BackendModule compile(MemorySegment blob, Gate gate) throws InvalidProgramException {
        var tested = Outcome.of(nativeEngine, blob, gate);
        Outcome expected = null;
        try {
            expected = Outcome.of(oracle, blob, Gate.OPEN);
            if ((tested.module() == null) != (expected.module() == null)) {
                throw new AssertionError("the backends differ on a program blob of " + blob.byteSize()
                        + " octets\n  native: " + tested + "\n  oracle: " + expected);
            }
            if (tested.module() == null) {
                // Which of several broken rules is reported first is left to each.
                throw tested.rejection();
            }
            requireEqualCosts(tested.module().blockCosts(), expected.module().blockCosts());
            return new CrosscheckModule(
                    new CrosscheckProgram(blob.toArray(ValueLayout.JAVA_BYTE), rules), tested.module(), expected.module());
        } catch (Throwable e) {
            tested.close();
            if (expected != null) {
                expected.close();
            }
            throw e;
        }
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
        return nativeEngine.statistics();
    }

    @Override
    public void interruptAll() {
        nativeEngine.interruptAll();
    }

    @Override
    public void close() {
        if (!nativeClosed) {
            nativeEngine.close();
            nativeClosed = true;
        }
        oracle.close();
    }
}
