package io.pvmjit.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.BlockCost;
import io.pvmjit.EngineConfig;
import io.pvmjit.ExitKind;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.ModuleStatistics;
import io.pvmjit.Revision;
import io.pvmjit.internal.sharing.Unbounded;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.TestProgram;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The interpreter as a backend: what it counts, describes and prices, on many threads. */
class InterpreterEngineTest {
    private static final int A = 1;

    /** 0: add_imm_64 A, A, 1. 6: store_imm_ind_u64 at register 2. 16: branch_ne_imm A, 1000 to 0. 26: trap. */
    private static final TestProgram COUNTING = new TestProgram().immediate(Opcode.ADD_IMM_64, A, A, 1)
            .twoImmediates(Opcode.STORE_IMM_IND_U64, 2, 0, 5).offset(Opcode.BRANCH_NE_IMM, A, 1000, 0)
            .none(Opcode.TRAP).jumpTable(2, 26);

    private final InterpreterEngine engine = new InterpreterEngine(EngineConfig.defaults());

    @Test
    void countsWhatIsAlive() {
        var blob = MemorySegment.ofArray(COUNTING.blob());
        var one = engine.compile(blob);
        var other = engine.compile(blob);
        var machine = one.instantiate(TestMachine.memory(), Unbounded.spending());
        assertThrows(InvalidProgramException.class, () -> engine.compile(MemorySegment.ofArray(new byte[0])));
        assertEquals(2, engine.statistics().modulesAlive());
        assertEquals(1, engine.statistics().instancesAlive());
        machine.close();
        one.close();
        assertEquals(1, engine.statistics().modulesAlive());
        assertEquals(0, engine.statistics().instancesAlive());
        other.close();
        engine.close();
        assertEquals(0, engine.statistics().modulesAlive());
    }

    @Test
    void describesModules() {
        var module = engine.compile(MemorySegment.ofArray(COUNTING.blob()));
        var statistics = module.statistics();
        assertEquals(new ModuleStatistics(27, 1, 4, 2, 0, statistics.tableBytes()), statistics);
        assertEquals("", module.listing());
        assertTrue(module.isStart(16));
        assertFalse(module.isStart(17));
        assertFalse(module.isStart(-1));
        // The store and the branch; the branch is cheap, its other way being a trap.
        assertEquals(List.of(new BlockCost(0, 25), new BlockCost(26, 2)), module.blockCosts());
    }

    @Test
    void pricesByRevision() {
        var program = new TestProgram().immediate(Opcode.LOAD_U64, 3, 0).binary(Opcode.CMOV_IZ, 3, 1, 2)
                .none(Opcode.TRAP);
        var blob = MemorySegment.ofArray(program.blob());
        var old = new InterpreterEngine(EngineConfig.defaults().withRevision(Revision.V0_8_0));
        assertEquals(List.of(new BlockCost(0, 25)), old.compile(blob).blockCosts());
        assertEquals(List.of(new BlockCost(0, 27)), engine.compile(blob).blockCosts());
    }

    /** Blobs off the heap, which are not kept. */
    @Test
    void nativeBlobs() {
        var blob = COUNTING.blob();
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocateFrom(ValueLayout.JAVA_BYTE, blob);
            var module = engine.compile(segment);
            segment.fill((byte) 0);
            var machine = module.instantiate(TestMachine.memory(), Unbounded.spending());
            machine.gas(1_000_000);
            machine.register(2, TestMachine.WRITABLE);
            assertEquals(ExitKind.PANIC, machine.run());
            assertEquals(1000, machine.register(A));
        }
    }

    @Test
    void oneModuleOnManyThreads() throws Exception {
        var module = engine.compile(MemorySegment.ofArray(COUNTING.blob()));
        Callable<Long> counting = () -> {
            var machine = module.instantiate(TestMachine.memory(), Unbounded.spending());
            machine.gas(1_000_000);
            machine.register(2, TestMachine.WRITABLE);
            assertEquals(ExitKind.PANIC, machine.run());
            long left = machine.gas();
            machine.close();
            return left;
        };
        try (var threads = Executors.newFixedThreadPool(4)) {
            var tasks = IntStream.range(0, 64).mapToObj(_ -> counting).toList();
            for (var result : threads.invokeAll(tasks)) {
                assertEquals(1_000_000 - 1000 * 25 - 2, result.get());
            }
        }
        assertEquals(0, engine.statistics().instancesAlive());
    }
}
