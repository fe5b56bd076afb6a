package io.pvmjit.internal.sharing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pvmjit.EngineConfig;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Resource;
import io.pvmjit.internal.backend.CodeEstimate;
import io.pvmjit.internal.backend.Faults;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.interpreter.InterpreterEngine;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors in the middle of compilation, and again when what they cut short is closed: no module is lost, and no quota. */
class LostModulesTest {
    private static final MemorySegment TRAP = MemorySegment.ofArray(new byte[] {0, 0, 1, 0, 1});
    private static final MemorySegment FALLTHROUGH = MemorySegment.ofArray(new byte[] {0, 0, 1, 1, 1});
    private static final long MUCH = 1 << 30;
    private static final CodeEstimate ESTIMATE = CodeEstimate.of(EngineConfig.defaults());

    private final InterpreterEngine backend = new InterpreterEngine(EngineConfig.defaults());
    private final Faults faults = new Faults();

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void ofTheCache(int closes) {
        var cache = new CachingEngine(faults.in(backend), ESTIMATE, 1 << 20, 1);
        faults.plan("BackendModule.footprint", "BackendModule.close");
        faults.plan(closes == 2 ? new String[] {"BackendModule.close"} : new String[0]);
        assertThrows(StackOverflowError.class, () -> cache.compile(TRAP));
        assertEquals(1, backend.statistics().modulesAlive());
        assertEquals(0, cache.cacheStatistics().entries());
        cache.compile(TRAP).close();
        cache.compile(FALLTHROUGH).close();
        assertEquals(1, backend.statistics().modulesAlive());
        assertEquals(0, cache.statistics().modulesAlive());
        cache.close();
        assertEquals(0, backend.statistics().modulesAlive());
        assertEquals(List.of(), faults.planned());
    }

    /** What makes room closes modules of others: that it does not is nothing to who has one compiled. */
    @Test
    void whileTheCacheMakesRoom() {
        var cache = new CachingEngine(faults.in(backend), ESTIMATE, 1, 1);
        var held = cache.compile(TRAP);
        faults.plan("BackendModule.close");
        assertThrows(StackOverflowError.class, held::close);
        faults.plan("BackendModule.close");
        var other = cache.compile(FALLTHROUGH);
        held.close();
        assertEquals(1, backend.statistics().modulesAlive());
        assertEquals(1, cache.statistics().modulesAlive());
        other.close();
        assertEquals(0, backend.statistics().modulesAlive());
        cache.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ofAnAccount(boolean compiled) {
        var budget = new Budget(MUCH, MUCH, MUCH);
        var engine = new AccountingEngine(ESTIMATE, budget, compiled ? faults.in(backend) : null,
                compiled ? new InterpreterEngine(EngineConfig.defaults()) : faults.in(backend));
        var spending = budget.open("a test");
        faults.plan("BackendModule.footprint", "BackendModule.close", "BackendModule.close");
        assertThrows(StackOverflowError.class, () -> engine.compile(TRAP, spending, Gate.OPEN));
        assertEquals(1, backend.statistics().modulesAlive());
        assertThrows(StackOverflowError.class, () -> engine.compile(TRAP, spending, Gate.OPEN));
        assertThrows(InvalidProgramException.class, () -> engine.compile(TRAP.asSlice(0, 1), spending, Gate.OPEN));
        assertEquals(0, engine.statistics().modulesAlive());
        for (var resource : Resource.values()) {
            assertEquals(0, spending.spent(resource));
        }
        engine.compile(TRAP, spending, Gate.OPEN).close();
        spending.close();
        engine.close();
        assertEquals(0, backend.statistics().modulesAlive());
        for (var resource : Resource.values()) {
            assertEquals(0, budget.used(resource));
        }
        assertEquals(List.of(), faults.planned());
    }
}
