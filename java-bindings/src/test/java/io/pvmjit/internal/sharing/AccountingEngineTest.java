package io.pvmjit.internal.sharing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.EngineConfig;
import io.pvmjit.EngineStatistics;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.QuotaException;
import io.pvmjit.Resource;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.CodeEstimate;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.interpreter.InterpreterEngine;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** What is taken for a module, and that nothing stays taken, whatever compilation comes to. */
class AccountingEngineTest {
    private static final MemorySegment TRAP = MemorySegment.ofArray(new byte[] {0, 0, 1, 0, 1});
    private static final long MUCH = 1 << 30;

    private final InterpreterEngine interpreter = new InterpreterEngine(EngineConfig.defaults());

    /** A compiler that does what it is told. */
    private record Compiler(RuntimeException failure) implements BackendEngine {
        @Override
        public BackendModule compile(MemorySegment blob, Gate gate) {
            throw failure;
        }

        @Override
        public EngineStatistics statistics() {
            return new EngineStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0);
        }

        @Override
        public void interruptAll() {}

        @Override
        public void close() {}
    }

    private AccountingEngine engine(RuntimeException failure, Budget budget) {
        return new AccountingEngine(CodeEstimate.of(EngineConfig.defaults()), budget, new Compiler(failure), interpreter);
    }

    private static void assertNothingTaken(Budget budget) {
        for (var resource : Resource.values()) {
            assertEquals(0, budget.used(resource), resource::toString);
        }
    }

    @Test
    void whatTheArenaHasNoPieceForIsInterpreted() {
        var budget = new Budget(MUCH, MUCH, MUCH);
        var spending = budget.open("a test");
        var engine = engine(new ResourceLimitException("the code arena is in pieces"), budget);
        var module = engine.compile(TRAP, spending, Gate.OPEN);
        assertEquals(1, engine.statistics().fallBacks());
        assertEquals(1, engine.statistics().modulesAlive());
        assertEquals(0, spending.spent(Resource.CODE));
        assertTrue(spending.spent(Resource.HEAP) > TRAP.byteSize());
        assertTrue(spending.spent(Resource.MEMORY) > TRAP.byteSize());
        module.close();
        spending.close();
        assertNothingTaken(budget);
    }

    @Test
    void noHeapForItEither() {
        var budget = new Budget(MUCH, MUCH, 1);
        var spending = budget.open("a test");
        var engine = engine(new ResourceLimitException("the code arena is in pieces"), budget);
        var problem = assertThrows(QuotaException.class, () -> engine.compile(TRAP, spending, Gate.OPEN));
        assertEquals(Resource.HEAP, problem.resource());
        spending.close();
        assertNothingTaken(budget);
    }

    @Test
    void invalidPrograms() {
        var budget = new Budget(MUCH, MUCH, MUCH);
        var spending = budget.open("a test");
        var engine = engine(new InvalidProgramException("for no reason", 3), budget);
        assertThrows(InvalidProgramException.class, () -> engine.compile(TRAP, spending, Gate.OPEN));
        assertEquals(0, engine.statistics().fallBacks());
        spending.close();
        assertNothingTaken(budget);
    }

    @Test
    void errors() {
        var budget = new Budget(MUCH, MUCH, MUCH);
        var spending = budget.open("a test");
        var engine = engine(new IllegalStateException("a bug"), budget);
        assertThrows(IllegalStateException.class, () -> engine.compile(TRAP, spending, Gate.OPEN));
        spending.close();
        assertNothingTaken(budget);
    }
}
