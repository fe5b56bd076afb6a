package io.pvmjit.hostcalls.refine;

import static io.pvmjit.hostcalls.refine.Refinements.CALL;
import static io.pvmjit.hostcalls.refine.Refinements.GAS;
import static io.pvmjit.hostcalls.refine.Refinements.HALT;
import static io.pvmjit.hostcalls.refine.Refinements.NO_ARGUMENTS;
import static io.pvmjit.hostcalls.refine.Refinements.TRAP;
import static io.pvmjit.hostcalls.refine.Refinements.assertNothingLeft;
import static io.pvmjit.hostcalls.refine.Refinements.hash;
import static io.pvmjit.hostcalls.refine.Refinements.world;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.EngineStatistics;
import io.pvmjit.ExitKind;
import io.pvmjit.InterruptedCompilationException;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.PvmException;
import io.pvmjit.Revision;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.Interrupter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever ends an invocation, the engine holds afterwards what it held before. */
class ReleaseTest {
    /** A fault of the embedder, which no catch clause of a library expects. */
    private static final class Fault extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** A world with something amiss. */
    private record Faulty(InMemoryEnvironment world, Where where, Throwable fault) implements RefineEnvironment {
        enum Where { SERVICE, PREIMAGE, FETCH, EXPORT_OFFSET, NOWHERE }

        private void fail(Where here) {
            if (where == here) {
                Faulty.<RuntimeException>raise(fault);
            }
        }

        @SuppressWarnings("unchecked")
        private static <T extends Throwable> void raise(Throwable fault) throws T {
            throw (T) fault;
        }

        @Override
        public long service() {
            fail(Where.SERVICE);
            return world.service();
        }

        @Override
        public MemorySegment preimage(long service, byte[] hash) {
            fail(Where.PREIMAGE);
            return world.preimage(service, hash);
        }

        @Override
        public MemorySegment fetch(int selector, long first, long second) {
            fail(Where.FETCH);
            return world.fetch(selector, first, second);
        }

        @Override
        public int exportOffset() {
            fail(Where.EXPORT_OFFSET);
            return world.exportOffset();
        }
    }

    /** Leaves over: modules with handles and without, and machines of all kinds; one has run, one stands at a fault. */
    private static OuterProgram leaving() {
        var program = new OuterProgram().data("trap_blob", TRAP).data("halt_blob", HALT).data("call_blob", CALL)
                .data("hash", hash(1));
        program.call(9, 0, "trap_blob", TRAP.length).call(9, 0, "halt_blob", HALT.length)
                .call(9, 0, "call_blob", CALL.length).call(9, 0, "call_blob", CALL.length);
        for (int handle : new int[] {0, 1, 2, 2, 0}) {
            program.call(10, handle, 0);
        }
        return program.call(13, 0, 16, 100, 2).call(13, 2, 1000, 3, 1).frame(1000).call(14, 2, "frame")
                .call(14, 1, "frame").call(14, 0, "frame").call(15, 1, 0).call(15, 1, 3).call(15, 0, 4);
    }

    /** A world in which every call of {@link #reaching} finds something. */
    private static InMemoryEnvironment aWorld() {
        return world(0, Map.of(1, HALT));
    }

    /** Reaches every method of the environment, each after the machines were made. */
    private static OuterProgram reaching() {
        return leaving().call(8, 0, 0).call(2, 0, 0, 0, 1, 0, 0).call(9, 1, "hash", 100, 0, -1)
                .call(7, -1, "hash", "buffer", 0, 9);
    }

    private static final UnaryOperator<HostCallTable> NOT_WATCHED = UnaryOperator.identity();

    private static Refinement run(Engine engine, RefineEnvironment environment, OuterProgram program, long gas,
            UnaryOperator<HostCallTable> observer) {
        return new RefineInvocation(engine, HostCalls.of(Revision.NEXT), observer)
                .run(environment, program.serviceCode(), NO_ARGUMENTS, gas);
    }

    @ParameterizedTest
    @EnumSource
    void atEveryEnd(Backend backend) {
        try (var engine = Refinements.engine(backend)) {
            assertInstanceOf(WorkResult.Output.class, run(engine, aWorld(), leaving().halt(), GAS, NOT_WATCHED)
                    .result());
            assertNothingLeft(engine);
            assertInstanceOf(WorkResult.Panic.class, run(engine, aWorld(), leaving().trap(), GAS, NOT_WATCHED)
                    .result());
            assertNothingLeft(engine);
            assertInstanceOf(WorkResult.Panic.class, run(engine, aWorld(), leaving().call(8, 0, 1).halt(), GAS,
                    NOT_WATCHED).result());
            assertNothingLeft(engine);
            assertInstanceOf(WorkResult.OutOfGas.class, run(engine, aWorld(), leaving().spin(), GAS, NOT_WATCHED)
                    .result());
            assertNothingLeft(engine);
        }
    }

    /** Wherever the gas ends, in a block or at a call. */
    @ParameterizedTest
    @EnumSource
    void atEveryPlaceWhereGasCanEnd(Backend backend) {
        try (var engine = Refinements.engine(backend)) {
            var needed = run(engine, aWorld(), reaching().halt(), GAS, NOT_WATCHED);
            assertInstanceOf(WorkResult.Output.class, needed.result());
            int steps = 60;
            for (int i = 0; i <= steps; i++) {
                long gas = needed.gasUsed() * i / steps;
                var refinement = run(engine, aWorld(), reaching().halt(), gas, NOT_WATCHED);
                assertEquals(i < steps, refinement.result() instanceof WorkResult.OutOfGas, refinement::toString);
                assertTrue(refinement.gasUsed() <= gas);
                assertNothingLeft(engine);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whenTheEnvironmentFails(Backend backend) {
        try (var engine = Refinements.engine(backend)) {
            for (var where : Faulty.Where.values()) {
                for (var fault : List.of(new Fault(), new StackOverflowError(), new IOException("checked"),
                        new InvalidProgramException("a program of the embedder's own", 0))) {
                    var environment = new Faulty(aWorld(), where, fault);
                    if (where == Faulty.Where.NOWHERE) {
                        run(engine, environment, reaching().halt(), GAS, NOT_WATCHED);
                    } else {
                        assertSame(fault, assertThrows(Throwable.class,
                                () -> run(engine, environment, reaching().halt(), GAS, NOT_WATCHED)), where.toString());
                    }
                    assertNothingLeft(engine);
                }
            }
        }
    }

    /** Where the call that asks is one that compiles, and in the invocation without machines. */
    @ParameterizedTest
    @EnumSource
    void whenTheEnvironmentFailsWithWhatCompilationThrows(Backend backend) {
        try (var engine = Refinements.engine(backend)) {
            var compiling = new OuterProgram().data("hash", hash(1)).call(9, 1, "hash", 100, 0, -1).halt().serviceCode();
            var fetching = new OuterProgram().call(2, 0, 0, 0, 8).halt().serviceCode();
            for (var fault : List.of(new InvalidProgramException("a program of the embedder's own", 0),
                    new InterruptedCompilationException())) {
                var world = new Faulty(aWorld(), Faulty.Where.PREIMAGE, fault);
                // Whoever makes the call again makes it for ever.
                var interrupter = Interrupter.after(Duration.ofSeconds(10));
                assertSame(fault, assertThrows(PvmException.class, () -> new RefineInvocation(engine)
                        .run(world, compiling, NO_ARGUMENTS, GAS, interrupter)));
                var configuration = new Faulty(aWorld(), Faulty.Where.FETCH, fault);
                assertSame(fault, assertThrows(PvmException.class, () -> new IsAuthorizedInvocation(engine)
                        .run(configuration, fetching, 0)));
                assertNothingLeft(engine);
            }
        }
    }

    /** An environment may refine on the same engine, in the middle of a refinement. */
    @ParameterizedTest
    @EnumSource
    void withARefinementWithin(Backend backend) {
        try (var engine = Refinements.engine(backend)) {
            var alone = run(engine, aWorld(), reaching().halt(), GAS, NOT_WATCHED);
            var within = new ArrayList<Long>();
            UnaryOperator<HostCallTable> observer = table -> table.wrap(call -> context -> {
                var outcome = call.handle(context);
                within.add(run(engine, aWorld(), reaching().halt(), GAS, NOT_WATCHED).gasUsed());
                return outcome;
            });
            assertEquals(alone.gasUsed(), run(engine, aWorld(), reaching().halt(), GAS, observer).gasUsed());
            assertTrue(within.size() > 20 && within.stream().allMatch(gas -> gas == alone.gasUsed()), within::toString);
            assertNothingLeft(engine);
        }
    }

    /** A handler of the embedder's that fails at the n-th call, before or after it is served. */
    @ParameterizedTest
    @EnumSource
    void whenAHandlerFails(Backend backend) {
        try (var engine = Refinements.engine(backend)) {
            for (int n = 0; n < 20; n++) {
                int failing = n;
                for (boolean before : new boolean[] {true, false}) {
                    var fault = new Fault();
                    var calls = new ArrayList<Long>();
                    UnaryOperator<HostCallTable> observer = table -> table.wrap(call -> context -> {
                        boolean now = calls.size() == failing;
                        calls.add(context.number());
                        if (now && before) {
                            throw fault;
                        }
                        HostCall.Outcome outcome = call.handle(context);
                        if (now) {
                            throw fault;
                        }
                        return outcome;
                    });
                    assertSame(fault, assertThrows(Fault.class, () -> run(engine, aWorld(), reaching().halt(), GAS,
                            observer)));
                    assertEquals(failing + 1, calls.size());
                    assertNothingLeft(engine);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whenTheObserverFails(Backend backend) {
        try (var engine = Refinements.engine(backend)) {
            var fault = new Fault();
            assertSame(fault, assertThrows(Fault.class, () -> run(engine, aWorld(), leaving().halt(), GAS, _ -> {
                throw fault;
            })));
            assertNothingLeft(engine);
        }
    }

    /** Machines and modules of other users stay what they are. */
    @ParameterizedTest
    @EnumSource
    void onlyItsOwn(Backend backend) {
        try (var engine = Refinements.engine(backend);
                var module = engine.compile(HALT);
                var instance = module.instantiate()) {
            EngineStatistics before = engine.statistics();
            run(engine, aWorld(), leaving().trap(), GAS, NOT_WATCHED);
            assertEquals(before.modulesAlive(), engine.statistics().modulesAlive());
            assertEquals(before.instancesAlive(), engine.statistics().instancesAlive());
            assertEquals(before.codeBytesUsed(), engine.statistics().codeBytesUsed());
            assertEquals(ExitKind.HALT, instance.gas(22).register(0, 0xffff0000L).resume());
        }
    }

    /** With the cache, too, nothing is held afterwards; what it keeps is bounded. */
    @ParameterizedTest
    @EnumSource(names = {"JIT", "INTERPRETER"})
    void withTheCache(Backend backend) {
        var config = EngineConfig.defaults().withBackend(backend).withModuleCacheBytes(1 << 16);
        try (var engine = Engine.create(config)) {
            var first = run(engine, aWorld(), leaving().halt(), GAS, NOT_WATCHED);
            for (int i = 0; i < 50; i++) {
                var program = leaving().lines("load_imm a0, " + i).halt();
                var refinement = run(engine, aWorld(), i % 2 == 0 ? program : leaving().halt(), GAS, NOT_WATCHED);
                assertInstanceOf(WorkResult.Output.class, refinement.result());
                assertEquals(first.gasUsed() / 10, refinement.gasUsed() / 10);
                assertEquals(0, engine.statistics().modulesAlive());
                assertEquals(0, engine.statistics().instancesAlive());
                assertTrue(engine.cacheStatistics().bytes() <= 1 << 16);
            }
            assertTrue(engine.cacheStatistics().hits() > 50);
        }
    }
}
