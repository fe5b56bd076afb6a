package io.pvmjit.hostcalls.refine;

import static io.pvmjit.hostcalls.refine.Refinements.NO_ARGUMENTS;
import static io.pvmjit.hostcalls.refine.Refinements.assertNothingLeft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.QuotaException;
import io.pvmjit.Quotas;
import io.pvmjit.Resource;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCallTable;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Guests that take what they can get: each meets its own bounds, and others do not notice. */
class HungryGuestsTest {
    private static final long MIB = 1 << 20;
    private static final long GAS = 10_000_000;
    private static final int HONEST_ROUNDS = 20;
    private static final Quotas QUOTAS = Quotas.defaults()
            .withInvocations(16)
            .withMemory(128 * MIB)
            .withMemoryPerInvocation(24 * MIB)
            .withCodePerInvocation(3 * MIB);

    private static Engine engine(Backend backend) {
        return Engine.create(EngineConfig.defaults()
                .withBackend(backend)
                .withCodeArenaBytes(8 * MIB)
                .withModuleCacheBytes(MIB)
                .withQuotas(QUOTAS));
    }

    private static InMemoryEnvironment world(long service) {
        return new InMemoryEnvironment(service, Map.of(), Map.of(), 0);
    }

    @ParameterizedTest
    @EnumSource
    void whoTakesTooMuchRamIsNamed(Backend backend) {
        try (var engine = engine(backend)) {
            var problem = assertThrows(QuotaException.class,
                    () -> new RefineInvocation(engine).run(world(41), HungryPrograms.eater(), NO_ARGUMENTS, GAS));
            assertEquals("refinement of service 41", problem.invocation());
            assertSame(Resource.MEMORY, problem.resource());
            assertEquals(QUOTAS.memoryPerInvocation(), problem.limit());
            assertTrue(problem.spent() + problem.wanted() > problem.limit());
            assertEquals(0, engine.statistics().instancesAlive());
            assertEquals(0, engine.statistics().modulesAlive());
            assertEquals(0, engine.statistics().memoryUsed());
        }
    }

    @ParameterizedTest
    @EnumSource
    void otherInvocationsAreNamed(Backend backend) {
        var config = EngineConfig.defaults().withBackend(backend).withQuotas(QUOTAS.withMemoryPerInvocation(64 << 10));
        try (var engine = Engine.create(config)) {
            var large = Assembler.assembleStandard(".heap_pages 100\n.code\ntrap\n");
            var problem = assertThrows(QuotaException.class, () -> new IsAuthorizedInvocation(engine)
                    .run(world(5), OuterProgram.serviceCode(large, 0), 3));
            assertEquals("authorization for core 3", problem.invocation());
            var invocation = new ArgumentInvocation(5, GAS, NO_ARGUMENTS, HostCallTable.empty());
            problem = assertThrows(QuotaException.class, () -> invocation.run(engine, large));
            assertEquals("argument invocation at entry 5", problem.invocation());
            try (var account = engine.open("accumulation of service 9")) {
                problem = assertThrows(QuotaException.class, () -> invocation.run(account, large));
                assertEquals("accumulation of service 9", problem.invocation());
            }
            assertEquals(0, engine.statistics().memoryUsed());
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatHasNoRoomForCodeIsTheSame(Backend backend) {
        var code = HungryPrograms.honest();
        Refinement expected;
        try (var engine = engine(backend)) {
            expected = new RefineInvocation(engine).run(world(5), code, NO_ARGUMENTS, GAS);
        }
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(backend).withModuleCacheBytes(0)
                .withQuotas(Quotas.defaults().withCodePerInvocation(1)))) {
            assertSameRefinement(expected, new RefineInvocation(engine).run(world(5), code, NO_ARGUMENTS, GAS));
            assertEquals(backend == Backend.INTERPRETER ? 0 : 2, engine.statistics().fallBacks());
            assertNothingLeft(engine);
        }
    }

    private static void assertSameRefinement(Refinement expected, Refinement actual) {
        assertEquals(expected.gasUsed(), actual.gasUsed());
        assertArrayEquals(Refinements.output(expected), Refinements.output(actual));
    }

    @ParameterizedTest
    @EnumSource
    void anHonestOneBesideThem(Backend backend) throws Exception {
        var hostile = new MemorySegment[] {HungryPrograms.compiler(4000, true), HungryPrograms.eater(),
            HungryPrograms.compiler(40, false), HungryPrograms.compiler(2000, false)};
        var honest = HungryPrograms.honest();
        try (var engine = engine(backend); var threads = Executors.newFixedThreadPool(8)) {
            var expected = new RefineInvocation(engine).run(world(5), honest, NO_ARGUMENTS, GAS);
            assertInstanceOf(WorkResult.Output.class, expected.result());
            long sumAndGasLeft = Refinements.results(expected)[5];
            assertTrue(sumAndGasLeft > 45150 && sumAndGasLeft < 45150 + 100_000, () -> Long.toString(sumAndGasLeft));
            var over = new AtomicBoolean();
            var refusals = IntStream.range(0, 8)
                    .mapToObj(i -> threads.submit(task(engine, 100 + i, hostile[i % hostile.length], over)))
                    .toList();
            for (int round = 0; round < HONEST_ROUNDS; round++) {
                var refinement = new RefineInvocation(engine).run(world(5), honest, NO_ARGUMENTS, GAS);
                assertSameRefinement(expected, refinement);
            }
            over.set(true);
            int sum = 0;
            for (Future<Integer> refused : refusals) {
                sum += refused.get();
            }
            assertTrue(sum > 0, "the eaters met their bounds");
            assertEquals(0, engine.statistics().modulesAlive());
            assertEquals(0, engine.statistics().instancesAlive());
            assertEquals(0, engine.statistics().memoryUsed());
        }
    }

    /** Refines until it is over; how often it was refused something. */
    private static Callable<Integer> task(Engine engine, long service, MemorySegment code, AtomicBoolean over) {
        return () -> {
            int refused = 0;
            do {
                try {
                    var refinement = new RefineInvocation(engine).run(world(service), code, NO_ARGUMENTS, GAS);
                    assertInstanceOf(WorkResult.OutOfGas.class, refinement.result());
                } catch (QuotaException e) {
                    assertEquals("refinement of service " + service, e.invocation());
                    refused++;
                }
            } while (!over.get());
            return refused;
        };
    }
}
