package io.pvmjit.hostcalls.refine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.Dispatcher;
import io.pvmjit.hostcalls.HostCall.Outcome;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InterruptedInvocationException;
import io.pvmjit.hostcalls.Interrupter;
import io.pvmjit.hostcalls.InvocationObserver;
import io.pvmjit.hostcalls.InvocationResult;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Invocations that are interrupted, in the outer machine or an inner one: given up, or resumed as if nothing had been. */
@Timeout(300)
class InterruptionTest {
    private static final long MUCH_GAS = 1L << 62;
    private static final Duration SHORT = Duration.ofMillis(5);
    private static final byte[] SPIN = Assembler.assemble("spin: jump spin");

    /** Makes a machine of the preimage 1 and invokes it with so much gas; more may follow. */
    private static OuterProgram invoking(long gas) {
        return new OuterProgram().data("hash", Refinements.hash(1)).call(9, 1, "hash", 1000, 0, -1).call(10, 0, 0)
                .frame(gas).call(14, 0, "frame");
    }

    private static RefineEnvironment world(byte[] inner) {
        return Refinements.world(0, Map.of(1, inner));
    }

    private static InterruptedInvocationException refineInterrupted(Backend backend, RefineEnvironment environment,
            MemorySegment code, Interrupter interrupter) {
        try (var engine = Refinements.engine(backend)) {
            var thrown = assertThrows(InterruptedInvocationException.class, () -> new RefineInvocation(engine)
                    .run(environment, code, Refinements.NO_ARGUMENTS, MUCH_GAS, interrupter));
            Refinements.assertNothingLeft(engine);
            assertEquals("the refinement for service 7 was interrupted when it had used " + thrown.gasUsed() + " gas",
                    thrown.getMessage());
            return thrown;
        }
    }

    @ParameterizedTest
    @EnumSource
    void refinementsEndAtTheirDeadline(Backend backend) {
        var spin = new OuterProgram().spin().serviceCode();
        refineInterrupted(backend, Refinements.world(), spin, Interrupter.after(SHORT));
        var invoke = invoking(MUCH_GAS / 2).halt().serviceCode();
        var used = refineInterrupted(backend, world(SPIN), invoke, Interrupter.after(SHORT)).gasUsed();
        assertTrue(used < MUCH_GAS / 2, () -> used + " gas: the inner machine's, but what it had left");
        // Deadlines that have passed, however long ago.
        for (long seconds : new long[] {-1, Long.MIN_VALUE}) {
            var interrupter = Interrupter.after(Duration.ofSeconds(seconds));
            assertTrue(interrupter.interrupted());
            assertEquals(0, refineInterrupted(backend, world(SPIN), spin, interrupter).gasUsed());
        }
    }

    @ParameterizedTest
    @EnumSource
    void refinementsInTimeAreAsEver(Backend backend) {
        var code = invoking(1000).halt().serviceCode();
        try (var engine = Refinements.engine(backend)) {
            var invocation = new RefineInvocation(engine);
            var expected = invocation.run(world(Refinements.HALT), code, Refinements.NO_ARGUMENTS, Refinements.GAS);
            var actual = invocation.run(world(Refinements.HALT), code, Refinements.NO_ARGUMENTS, Refinements.GAS,
                    Interrupter.after(Duration.ofSeconds(Long.MAX_VALUE)));
            assertEquals(expected.gasUsed(), actual.gasUsed());
            assertArrayEquals(Refinements.output(expected), Refinements.output(actual));
        }
    }

    @ParameterizedTest
    @EnumSource
    void authorizationsEndAtTheirDeadline(Backend backend) {
        try (var engine = Refinements.engine(backend)) {
            var thrown = assertThrows(InterruptedInvocationException.class, () -> new IsAuthorizedInvocation(engine)
                    .run(Refinements.world(), new OuterProgram().spin().serviceCode(), 3,
                            Interrupter.after(Duration.ZERO)));
            assertEquals(0, thrown.gasUsed());
            Refinements.assertNothingLeft(engine);
        }
    }

    /** Observers have the machine before its turn has it: who interrupts it by then has interrupted the refinement. */
    @ParameterizedTest
    @EnumSource
    void interruptsBeforeTheRunAreNotLost(Backend backend) {
        try (var engine = Refinements.engine(backend)) {
            var observer = new InvocationObserver() {
                @Override
                public HostCallTable begin(ArgumentInvocation invocation, StandardProgram program, Instance instance) {
                    instance.interrupt();
                    return invocation.calls();
                }

                @Override
                public void end(Instance instance, Exit exit) {}
            };
            var thrown = assertThrows(InterruptedInvocationException.class, () -> new RefineInvocation(
                    engine, new HostCalls(engine.rules()), observer).run(Refinements.world(),
                            new OuterProgram().trap().serviceCode(), Refinements.NO_ARGUMENTS, 1000));
            assertEquals(0, thrown.gasUsed());
            Refinements.assertNothingLeft(engine);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEngineCanEndItsRefinements(Backend backend) throws Exception {
        var started = new CountDownLatch(2);
        var engine = Refinements.engine(backend);
        var spin = new OuterProgram().call(0).spin().serviceCode();
        var invocation = new RefineInvocation(engine, new HostCalls(engine.rules()), table -> table.wrap(call -> context -> {
            started.countDown();
            return call.handle(context);
        }));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var runs = new ArrayList<Future<Refinement>>();
            for (int n = 0; n < 2; n++) {
                runs.add(
                        threads.submit(() -> invocation.run(Refinements.world(), spin, Refinements.NO_ARGUMENTS, MUCH_GAS)));
            }
            started.await();
            engine.close();
            engine.interruptAll();
            for (var run : runs) {
                assertInstanceOf(InterruptedInvocationException.class,
                        assertThrows(Exception.class, run::get).getCause());
            }
        }
        assertThrows(IllegalStateException.class, engine::statistics);
    }

    /** A standard program on an engine of its own, with the host calls of refinement. */
    private static void withRefinement(Backend backend, RefineEnvironment environment, byte[] jamBlob, Consumer<Run> test) {
        var program = StandardProgram.parse(jamBlob);
        try (var engine = Refinements.engine(backend);
                var module = engine.compile(program.programBlob());
                var instance = module.instantiate(program.image(Refinements.NO_ARGUMENTS));
                var context = new RefineContext(engine, environment)) {
            var calls = new HostCalls(engine.rules()).refine(context, Heap.of(engine.rules(), program));
            test.accept(new Run(program, instance, new ArgumentInvocation(0, MUCH_GAS, Refinements.NO_ARGUMENTS, calls)));
        }
    }

    private record Run(StandardProgram program, Instance instance, ArgumentInvocation invocation) {
        /** Runs to the end, however often it is interrupted; how often it was. */
        int toTheEnd() {
            int interrupts = 0;
            var exit = invocation.start(instance, program);
            while (exit instanceof Exit.Interrupted) {
                interrupts++;
                exit = new Dispatcher(invocation.calls()).run(instance);
            }
            assertEquals(new Exit.Halt(), exit);
            return interrupts;
        }

        InvocationResult.Output output() {
            return assertInstanceOf(InvocationResult.Output.class, invocation.result(instance, new Exit.Halt()));
        }
    }

    /** Invokes an inner machine that works, calls and faults, until it halts; interrupts come from another thread. */
    @ParameterizedTest
    @EnumSource
    void interruptedRefinementsGoOn(Backend backend) {
        int wanted = backend == Backend.CROSSCHECK ? 20 : 300;
        var inner = Assembler.assemble("""
                    load_imm t0, %d
                    fallthrough
                next:
                    mul_imm_64 t2, t0, 12345
                    xor t1, t1, t2
                    add_imm_64 t0, t0, -1
                    and_imm s0, t0, 0x3fff
                    branch_ne_imm s0, 0, next
                    ecalli 42
                    branch_ne_imm t0, 0, next
                    store_ind_u64 [a1 + 0x20000], t1
                    jump_ind ra
                """.formatted(1 << 16));
        var program = invoking(100_000_000);
        for (int n = 0; n < 6; n++) {
            program.call(14, 0, "frame");
        }
        var blob = program.lines("load_imm_64 a0, results\nload_imm a1, 1136\nload_imm_64 ra, 0xffff0000\njump_ind ra")
                .jamBlob();
        var expected = new InvocationResult.Output[1];
        withRefinement(backend, world(inner), blob, run -> {
            assertEquals(0, run.toTheEnd());
            expected[0] = run.output();
        });
        int interrupts = 0;
        while (interrupts < wanted) {
            var count = new int[1];
            withRefinement(backend, world(inner), blob, run -> {
                var stop = new AtomicBoolean();
                var interrupter = CompletableFuture.runAsync(() -> {
                    while (!stop.get()) {
                        run.instance.interrupt();
                        LockSupport.parkNanos(backend == Backend.CROSSCHECK ? 5_000_000 : 100_000);
                    }
                });
                try {
                    count[0] = run.toTheEnd();
                } finally {
                    stop.set(true);
                    interrupter.join();
                }
                // Results and frame, which hold what every invoke came to; and the gas.
                assertArrayEquals(expected[0].output(), run.output().output());
                assertEquals(expected[0].gasUsed(), run.output().gasUsed());
            });
            interrupts += count[0];
        }
    }

    /** What stopped in the midst of an invoke stands in front of it, with the gas that the inner machine has not used. */
    @ParameterizedTest
    @EnumSource
    void stopsInFrontOfTheInvoke(Backend backend) {
        withRefinement(backend, world(SPIN), invoking(10_000).halt().jamBlob(), run -> {
            var table = run.invocation.calls().wrap(call -> context -> {
                if (context.number() == 14) {
                    context.instance().interrupt();
                }
                return call.handle(context);
            });
            var instance = run.instance;
            var invocation = new ArgumentInvocation(0, MUCH_GAS, Refinements.NO_ARGUMENTS, table);
            assertEquals(new Exit.Interrupted(), invocation.start(instance, run.program));
            assertThrows(InterruptedInvocationException.class, () -> invocation.result(instance, new Exit.Interrupted()));
            long gas = instance.gas();
            // It is the call again, for whoever serves it next, and nothing of it has been paid.
            assertEquals(new Exit.HostCall(14), instance.run());
            assertEquals(gas, instance.gas());
            instance.pc(instance.exitPc());
            assertEquals(new Exit.Halt(), new Dispatcher(run.invocation.calls()).run(instance));
            assertEquals(4, OuterProgram.results(run.output().output())[2], "the inner machine was out of gas");
            assertTrue(gas - instance.gas() >= 10_000 - 100, "which the outer one has paid");
        });
    }

    @Test
    void anInterrupterServesOneInvocation() {
        try (var engine = Engine.create();
                var module = engine.compile(SPIN);
                var instance = module.instantiate();
                var other = module.instantiate()) {
            var interrupter = new Interrupter();
            try (var _ = interrupter.watch(instance)) {
                assertThrows(IllegalStateException.class, () -> interrupter.watch(other));
                assertFalse(interrupter.interrupted());
                interrupter.interrupt();
                assertTrue(interrupter.interrupted());
                assertEquals(new Exit.Interrupted(), instance.gas(MUCH_GAS).run());
                assertEquals(MUCH_GAS, instance.gas());
            }
            // Nobody is watched any more; and what is watched later stops at once.
            interrupter.interrupt();
            assertEquals(new Exit.OutOfGas(), instance.gas(0).run());
            try (var _ = interrupter.watch(other)) {
                assertEquals(new Exit.Interrupted(), other.gas(MUCH_GAS).run());
            }
        }
    }

    /** The example of the README of this module. */
    private static Exit runInSlices(Dispatcher dispatcher, Instance instance, Duration slice) {
        while (true) {
            try (var _ = Interrupter.after(slice).watch(instance)) {
                var exit = dispatcher.run(instance);
                if (!(exit instanceof Exit.Interrupted)) {
                    return exit;
                }
            }
            Thread.yield();
        }
    }

    /** More endless guests than there are carriers, and still another virtual thread gets to run: it ends them. */
    @Test
    void slicesLeaveRoomForOthers() throws Exception {
        int guests = 2 * Runtime.getRuntime().availableProcessors();
        var enough = new AtomicBoolean();
        var dispatcher = new Dispatcher(HostCallTable.builder()
                .add(1, _ -> enough.get() ? Outcome.HALT : Outcome.CONTINUE)
                .build());
        try (var engine = Engine.create();
                var module = engine.compile(Assembler.assemble("loop: ecalli 1\njump loop"));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var runs = new ArrayList<Future<Exit>>();
            for (int n = 0; n < guests; n++) {
                runs.add(threads.submit(() -> {
                    try (var instance = module.instantiate()) {
                        return runInSlices(dispatcher, instance.gas(MUCH_GAS), Duration.ofMillis(2));
                    }
                }));
            }
            threads.submit(() -> enough.set(true)).get();
            for (var run : runs) {
                assertEquals(new Exit.Halt(), run.get());
            }
        }
    }
}
