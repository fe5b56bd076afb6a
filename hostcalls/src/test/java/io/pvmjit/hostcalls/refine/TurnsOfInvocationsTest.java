package io.pvmjit.hostcalls.refine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Revision;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InterruptedInvocationException;
import io.pvmjit.hostcalls.Interrupter;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Invocations that take turns: stopped for others and resumed, with the same results; or given up in the queue. */
@Timeout(300)
class TurnsOfInvocationsTest {
    private static final long MUCH_GAS = 1L << 62;
    private static final Duration SHORT = Duration.ofMillis(5);
    private static final MemorySegment HALT = new OuterProgram().halt().serviceCode();
    private static final MemorySegment FETCH = new OuterProgram().call(2, 0, 0, 0, 8).halt().serviceCode();
    private static final int INVOKE = 14;

    /** An engine on which one runs at a time. */
    private static Engine narrow(Backend backend) {
        return Engine.create(EngineConfig.defaults().withBackend(backend).withTurns(1).withModuleCacheBytes(0));
    }

    /** An environment whose every item and preimage is what this answers. */
    private record Answering(long service, Supplier<MemorySegment> item) implements RefineEnvironment {
        @Override
        public MemorySegment preimage(long owner, byte[] hash) {
            return item.get();
        }

        @Override
        public MemorySegment fetch(int selector, long first, long second) {
            return item.get();
        }

        @Override
        public int exportOffset() {
            return 0;
        }
    }

    private static Refinement refine(Engine engine, RefineEnvironment environment, MemorySegment code) {
        return new RefineInvocation(engine).run(environment, code, Refinements.NO_ARGUMENTS, MUCH_GAS);
    }

    /** A service whose name nobody has seen: it goes before those that have run. */
    private static RefineEnvironment newcomer(long service) {
        return new InMemoryEnvironment(service, Map.of(), Map.of(), 0);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Compiles a long program, and invokes one that works, calls and faults. */
    private static MemorySegment work() {
        var program = new OuterProgram().data("long", Refinements.hash(2)).data("hash", Refinements.hash(1))
                .call(9, 1, "long", 1 << 20, 0, -1).call(9, 1, "hash", 1000, 0, -1).call(10, 1, 0).frame(100_000_000);
        for (int n = 0; n < 7; n++) {
            program.call(INVOKE, 0, "frame");
        }
        return program.lines("load_imm_64 a0, results\nload_imm a1, 1136\nload_imm_64 ra, 0xffff0000\njump_ind ra")
                .serviceCode();
    }

    /** @param pause rounds from one of its calls to the next, a power of two */
    private static byte[] inner(int rounds, int pause) {
        return Assembler.assemble("""
                    load_imm t0, %d
                    fallthrough
                next:
                    mul_imm_64 t2, t0, 12345
                    xor t1, t1, t2
                    add_imm_64 t0, t0, -1
                    and_imm s0, t0, %d
                    branch_ne_imm s0, 0, next
                    ecalli 42
                    branch_ne_imm t0, 0, next
                    store_ind_u64 [a1 + 0x20000], t1
                    jump_ind ra
                """.formatted(rounds, pause - 1));
    }

    /** New invocations come again and again, and each stops one that works; what these come to stays the same. */
    @ParameterizedTest
    @EnumSource
    void resultsAreTheSameInAStorm(Backend backend) throws Exception {
        int wanted = backend == Backend.JIT ? 40 : backend == Backend.INTERPRETER ? 20 : 5;
        var code = work();
        var world = Refinements.world(0, Map.of(
                // Milliseconds: what is shorter stops for nobody.
                1, backend == Backend.JIT ? inner(1 << 22, 1 << 19) : inner(1 << 15, 1 << 14),
                2, Assembler.assemble("add_64 a0, a0, a1\n".repeat(10_000) + "jump_ind ra")));
        try (var engine = narrow(backend); var threads = Executors.newFixedThreadPool(4)) {
            var expected = refine(engine, world, code);
            assertEquals(1, Refinements.results(expected)[1], "the handle of the inner program");
            var calls = new AtomicLong();
            var works = new AtomicLong();
            UnaryOperator<HostCallTable> counting = table -> table.wrap(call -> context -> {
                calls.addAndGet(context.number() == INVOKE ? 1 : 0);
                return call.handle(context);
            });
            var invocation = new RefineInvocation(engine, new HostCalls(engine.rules()), counting);
            var enough = new AtomicBoolean();
            var workers = new ArrayList<Future<?>>();
            for (int i = 0; i < 3; i++) {
                workers.add(threads.submit(() -> {
                    while (!enough.get()) {
                        var actual = invocation.run(world, code, Refinements.NO_ARGUMENTS, MUCH_GAS);
                        works.incrementAndGet();
                        assertEquals(expected.gasUsed(), actual.gasUsed());
                        assertArrayEquals(Refinements.output(expected), Refinements.output(actual));
                    }
                    return null;
                }));
            }
            // Of a call that was stopped in the midst there are two.
            for (long n = 1000; calls.get() - 7 * (works.get() + 3) < wanted; n++) {
                assertTrue(workers.stream().noneMatch(Future::isDone));
                assertInstanceOf(WorkResult.Output.class, refine(engine, newcomer(n), HALT).result());
            }
            enough.set(true);
            for (var worker : workers) {
                worker.get();
            }
            Refinements.assertNothingLeft(engine);
        }
    }

    /** Services that compile a long program in their only host call of number 9, by rules with compile and without. */
    private static Stream<Arguments> compilations() {
        var program = Assembler.assemble("add_64 a0, a0, a1\n".repeat(10_000) + "jump_ind ra");
        var fromPreimage = new OuterProgram().data("hash", Refinements.hash(1)).call(9, 1, "hash", 1 << 20, 0, -1).halt();
        var fromRam = new OuterProgram().data("long", program).call(9, 0, "long", program.length).halt();
        var machine = new OuterProgram().data("long", program).call(9, "long", program.length, 0).halt();
        return Stream.of(Backend.JIT, Backend.CROSSCHECK).flatMap(backend -> Stream.of(
                Arguments.of(backend, Revision.NEXT, fromPreimage, program),
                Arguments.of(backend, Revision.NEXT, fromRam, program),
                Arguments.of(backend, Revision.V0_8_0, machine, program)));
    }

    /** Asked to stop before it compiles, one waits in the midst of the call: it goes on, or was never in it. */
    @ParameterizedTest
    @MethodSource("compilations")
    void compilationsWaitForTheirTurn(Backend backend, Revision revision, OuterProgram outer, byte[] program)
            throws Exception {
        var code = outer.serviceCode();
        var config = EngineConfig.defaults().withBackend(backend).withRevision(revision).withTurns(1)
                .withModuleCacheBytes(0);
        try (var engine = Engine.create(config); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Supplier<MemorySegment> preimage = () -> MemorySegment.ofArray(program);
            var expected = refine(engine, new Answering(1, preimage), code);
            assertEquals(0, Refinements.results(expected)[0], "the first handle, or machine");
            for (boolean interrupted : new boolean[] {false, true}) {
                var entered = new CountDownLatch(1);
                var leave = new CountDownLatch(1);
                UnaryOperator<HostCallTable> stopping = table -> table.wrap(call -> context -> {
                    entered.countDown();
                    awaitLatch(leave);
                    return call.handle(context);
                });
                var interrupter = new Interrupter();
                // Of a service that is not known to be short: such are not asked.
                long service = interrupted ? 100 : 101;
                var one = threads.submit(() -> new RefineInvocation(engine, new HostCalls(engine.rules()), stopping)
                        .run(new Answering(service, preimage), code, Refinements.NO_ARGUMENTS, MUCH_GAS, interrupter));
                awaitLatch(entered);
                Thread.sleep(SHORT);
                // While the second one is in the queue the first is asked, which then waits in the middle of its call.
                whileOneWaits(engine, leave, () -> {
                    if (interrupted) {
                        interrupter.interrupt();
                        var cause = assertThrows(ExecutionException.class, one::get).getCause();
                        assertTrue(assertInstanceOf(InterruptedInvocationException.class, cause).gasUsed() < 1000);
                    }
                    return null;
                });
                if (!interrupted) {
                    assertEquals(expected.gasUsed(), one.get().gasUsed());
                    assertArrayEquals(Refinements.output(expected), Refinements.output(one.get()));
                }
            }
            Refinements.assertNothingLeft(engine);
        }
    }

    @Test
    void invocationsOnAnAccountOfOthersEndWhileTheyWaitToCompile() throws Exception {
        var invocation = new ArgumentInvocation(0, MUCH_GAS, Refinements.NO_ARGUMENTS, HostCallTable.empty());
        var blob = new OuterProgram().lines("add_64 a0, a0, a1\n".repeat(10_000)).halt().jamBlob();
        try (var engine = narrow(Backend.JIT);
                var threads = Executors.newVirtualThreadPerTaskExecutor();
                var account = engine.open("somebody's")) {
            var begun = new CountDownLatch(1);
            var queued = new CountDownLatch(1);
            var one = threads.submit(() -> {
                assertTrue(account.turn().begin());
                begun.countDown();
                awaitLatch(queued);
                account.turn().interrupt();
                return invocation.run(account, blob);
            });
            awaitLatch(begun);
            Thread.sleep(SHORT);
            whileOneWaits(engine, queued, () -> {
                var cause = assertThrows(ExecutionException.class, one::get).getCause();
                assertEquals(0, assertInstanceOf(InterruptedInvocationException.class, cause).gasUsed());
                return null;
            });
        }
    }

    private static void whileOneWaits(Engine engine, Callable<Void> test) throws Exception {
        whileOneWaits(engine, new CountDownLatch(0), test);
    }

    /**
     * With a refinement that has the only turn, waiting for something outside.
     *
     * @param queued opened when it waits, if only for its turn
     */
    private static void whileOneWaits(Engine engine, CountDownLatch queued, Callable<Void> test) throws Exception {
        var entered = new CountDownLatch(1);
        var leave = new CountDownLatch(1);
        var world = new Answering(2, () -> {
            entered.countDown();
            awaitLatch(leave);
            return null;
        });
        var one = new FutureTask<>(() -> refine(engine, world, FETCH));
        var thread = Thread.ofPlatform().start(one);
        try {
            for (int seen = 0; seen < 5; seen = thread.getState() == Thread.State.WAITING ? seen + 1 : 0) {
                Thread.sleep(1);
            }
            queued.countDown();
            awaitLatch(entered);
            test.call();
        } finally {
            leave.countDown();
        }
        one.get();
    }

    @ParameterizedTest
    @EnumSource
    void deadlinesPassInTheQueue(Backend backend) throws Exception {
        try (var engine = narrow(backend)) {
            whileOneWaits(engine, () -> {
                var thrown = assertThrows(InterruptedInvocationException.class, () -> new RefineInvocation(engine)
                        .run(newcomer(2), HALT, Refinements.NO_ARGUMENTS, MUCH_GAS, Interrupter.after(SHORT)));
                assertEquals(0, thrown.gasUsed());
                assertThrows(InterruptedInvocationException.class, () -> new IsAuthorizedInvocation(engine)
                        .run(newcomer(2), HALT, 3, Interrupter.after(SHORT)));
                return null;
            });
            Refinements.assertNothingLeft(engine);
        }
    }

    @Test
    void anEngineEndsThoseInTheQueue() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor(); var engine = narrow(Backend.JIT)) {
            var spin = new OuterProgram().spin().serviceCode();
            var all = new ArrayList<Future<Refinement>>();
            for (int i = 0; i < 20; i++) {
                long service = 10 + i;
                all.add(threads.submit(() -> refine(engine, newcomer(service), spin)));
            }
            for (var each : all) {
                while (!each.isDone()) {
                    engine.interruptAll();
                    Thread.sleep(1);
                }
                var thrown = assertThrows(ExecutionException.class, each::get);
                assertInstanceOf(InterruptedInvocationException.class, thrown.getCause());
            }
            Refinements.assertNothingLeft(engine);
        }
    }

    @Test
    void exceptionsGiveTheTurnBack() {
        try (var engine = narrow(Backend.JIT)) {
            for (int i = 0; i < 3; i++) {
                assertThrows(IllegalStateException.class, () -> refine(engine, new Answering(1, () -> {
                    throw new IllegalStateException("the environment's");
                }), FETCH));
                assertInstanceOf(WorkResult.Output.class, refine(engine, newcomer(2), HALT).result());
            }
        }
    }

    /** The world of one refines, too: on the thread that has the only turn, and on another one. */
    @Test
    void environmentsMayRefine() throws Exception {
        try (var engine = narrow(Backend.JIT); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var inside = new AtomicInteger();
            Callable<Refinement> nested = () -> refine(engine, newcomer(2), HALT);
            var result = refine(engine, new Answering(1, () -> {
                try {
                    assertInstanceOf(WorkResult.Output.class, nested.call().result());
                    assertInstanceOf(WorkResult.Output.class, threads.submit(nested).get().result());
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
                inside.incrementAndGet();
                return null;
            }), FETCH);
            assertInstanceOf(WorkResult.Output.class, result.result());
            assertEquals(1, inside.get());
        }
    }

    /** More of them wait than there are carriers, and virtual threads run. */
    @Test
    void waitingHoldsNoCarrier() throws Exception {
        try (var engine = narrow(Backend.JIT); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<Refinement>>();
            whileOneWaits(engine, () -> {
                for (int i = 0; i < 4 * Runtime.getRuntime().availableProcessors(); i++) {
                    long service = 10 + i;
                    all.add(threads.submit(() -> refine(engine, newcomer(service), HALT)));
                }
                assertTrue(threads.submit(() -> true).get());
                return null;
            });
            for (var each : all) {
                assertInstanceOf(WorkResult.Output.class, each.get().result());
            }
        }
    }
}
