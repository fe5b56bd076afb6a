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
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
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

    /** Compiles a program with another number in it again and again; keeps the modules, or drops them. */
    private static MemorySegment compiler(int codeLength, boolean keeps) {
        var code = new byte[codeLength];
        Arrays.fill(code, (byte) Opcode.JUMP_IND.code());
        code[0] = (byte) Opcode.LOAD_IMM_64.code();
        code[1] = 4;
        Arrays.fill(code, 2, 10, (byte) 0);
        code[codeLength - 1] = (byte) Opcode.TRAP.code();
        var starts = new BitSet();
        starts.set(0);
        starts.set(10, codeLength);
        var blob = Program.encode(code, starts, new long[0], 0);
        int number = blob.length - (codeLength + 7) / 8 - codeLength + 2;
        return OuterProgram.serviceCode(Assembler.assembleStandard("""
                .data
                blob: .hex %s
                .code
                fallthrough
                next:
                    add_imm_64 s0, s0, 1
                    store_u64 [blob + %d], s0
                    load_imm a0, 0
                    load_imm a1, blob
                    load_imm a2, %d
                    ecalli 9
                    load_imm a0, 1
                    load_imm a1, %d
                    ecalli 15
                    jump next
                """.formatted(HexFormat.of().formatHex(blob), number, blob.length, keeps ? 1000 : 0)), 0);
    }

    /** Makes machines, and all pages of them accessible. */
    private static MemorySegment eater() {
        return OuterProgram.serviceCode(Assembler.assembleStandard("""
                .rodata
                blob: .hex 0000010001
                .code
                    load_imm a0, 0
                    load_imm a1, blob
                    load_imm a2, 5
                    ecalli 9
                    fallthrough
                next:
                    load_imm a0, 0
                    load_imm a1, 0
                    ecalli 10
                    load_imm a1, 16
                    load_imm a2, 1000
                    load_imm a3, 2
                    ecalli 13
                    jump next
                """), 0);
    }

    /** Makes a machine, runs it with RAM, and answers what it answers. */
    private static MemorySegment honest() {
        var inner = Assembler.assemble("""
                    fallthrough
                next:
                    add_64 t1, t1, a0
                    add_imm_64 a0, a0, -1
                    store_ind_u64 [a1], t1
                    branch_ne_imm a0, 0, next
                    load_ind_u64 a0, [a1]
                    jump_ind ra
                """);
        var program = new OuterProgram().data("inner", inner);
        program.call(9, 0, "inner", inner.length).call(10, 0, 0).call(13, 0, 32, 40, 2).frame(100_000);
        program.lines("load_imm_64 t0, 300\nstore_u64 [frame + 64], t0\nload_imm_64 t0, 0x20ff0\nstore_u64 [frame + 72], t0");
        program.call(14, 0, "frame").lines("load_u64 a0, [frame + 64]\nload_u64 t0, [frame]\nadd_64 a0, a0, t0");
        return program.lines("store_u64 [results + 40], a0").lines(
                "load_imm_64 a0, results\nload_imm a1, 48\nload_imm_64 ra, 0xffff0000\njump_ind ra").serviceCode();
    }

    @ParameterizedTest
    @EnumSource
    void whoTakesTooMuchRamIsNamed(Backend backend) {
        try (var engine = engine(backend)) {
            var problem = assertThrows(QuotaException.class,
                    () -> new RefineInvocation(engine).run(world(41), eater(), NO_ARGUMENTS, GAS));
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
        var code = honest();
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
        var hostile = new MemorySegment[] {compiler(4000, true), eater(), compiler(40, false), compiler(2000, false)};
        var honest = honest();
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
