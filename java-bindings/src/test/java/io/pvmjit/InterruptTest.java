package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.stress.Guests;
import io.pvmjit.stress.Setup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs that another thread interrupts: they stop, may go on, and nobody can tell. */
@Timeout(300)
class InterruptTest {
    private static final long MUCH_GAS = 1L << 62;

    private static final class World implements AutoCloseable {
        final Engine engine;
        final Module module;
        final Instance instance;

        World(Setup setup, byte[] program) {
            engine = setup.engine();
            module = engine.compile(program);
            instance = module.instantiate();
        }

        long cost() {
            return module.blockCosts().getFirst().cost();
        }

        @Override
        public void close() {
            instance.close();
            module.close();
            engine.close();
        }
    }

    /** Runs an endless guest on another thread, lets an action meet it, and checks how it stopped. */
    private static void stopEndless(Setup setup, boolean virtual, Stop stop) throws Exception {
        try (var world = new World(setup, Guests.ENDLESS);
                var threads = virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newCachedThreadPool()) {
            var instance = world.instance.gas(MUCH_GAS);
            for (int round = 0; round < 5; round++) {
                var entered = new CountDownLatch(1);
                var run = threads.submit(() -> {
                    try (var _ = instance.hold()) {
                        entered.countDown();
                        return instance.run();
                    }
                });
                entered.await();
                Thread.sleep(round % 2);
                stop.stop(world);
                assertEquals(new Exit.Interrupted(), run.get());
                long used = MUCH_GAS - instance.gas();
                assertEquals(0, used % world.cost());
                assertEquals(used / world.cost(), instance.register(7));
                assertEquals(0, instance.pc());
                assertEquals(0, instance.exitPc());
                assertEquals(0, instance.exitArgument());
                assertFalse(instance.gasCharged());
            }
        }
    }

    private interface Stop {
        void stop(World world);
    }

    @ParameterizedTest
    @EnumSource
    void endlessLoopsEnd(Setup setup) throws Exception {
        stopEndless(setup, false, world -> world.instance.interrupt());
        stopEndless(setup, true, world -> world.instance.interrupt());
    }

    @ParameterizedTest
    @EnumSource
    void allRunsOfAnEngineEnd(Setup setup) throws Exception {
        stopEndless(setup, false, world -> world.engine.interruptAll());
        // After closing too, as long as anything is alive; and when nothing is, there is nothing to do.
        stopEndless(setup, false, world -> {
            world.engine.close();
            world.engine.interruptAll();
        });
        var engine = setup.engine();
        engine.close();
        engine.interruptAll();
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptWaitsForTheNextRun(Setup setup) {
        try (var world = new World(setup, Guests.CALLS)) {
            var instance = world.instance.gas(1000);
            for (int calls = 0; calls < 3; calls++) {
                long gas = instance.gas();
                long pc = instance.pc();
                var registers = instance.registers();
                // Two before the run are one.
                instance.interrupt();
                instance.interrupt();
                assertEquals(new Exit.Interrupted(), instance.run());
                assertEquals(gas, instance.gas());
                assertEquals(pc, instance.pc());
                assertEquals(pc, instance.exitPc());
                assertEquals(calls > 0, instance.gasCharged());
                assertArrayEquals(registers, instance.registers());
                assertEquals(new Exit.HostCall(7), instance.run());
                assertEquals(calls + 1, instance.register(7));
            }
            // It comes before everything, gas that has ended included.
            instance.pc(0).gas(0).gasCharged(false).interrupt();
            assertEquals(ExitKind.INTERRUPTED, instance.resume());
            assertEquals(ExitKind.OUT_OF_GAS, instance.resume());
            instance.pc(1).interrupt();
            assertEquals(ExitKind.INTERRUPTED, instance.resume());
            assertEquals(ExitKind.PANIC, instance.resume());
        }
    }

    @ParameterizedTest
    @EnumSource
    void stopsInnerMachines(Setup setup) throws Exception {
        try (var world = new World(setup, Guests.CALLS);
                var endless = world.engine.compile(Guests.ENDLESS);
                var inner = endless.instantiate();
                var threads = Executors.newSingleThreadExecutor()) {
            var outer = world.instance.gas(MUCH_GAS);
            assertEquals(ExitKind.HOST_CALL, outer.resume());
            for (int round = 0; round < 20; round++) {
                // One that came before the last inner run may have reached the inner machine as well: it ends here.
                inner.gas(0).resume();
                assertEquals(ExitKind.OUT_OF_GAS, inner.resume());
                inner.gas(MUCH_GAS).register(7, 0);
                var entered = new CountDownLatch(1);
                var run = threads.submit(() -> {
                    try (var _ = outer.hold()) {
                        entered.countDown();
                        return outer.resumeInner(inner);
                    }
                });
                entered.await();
                Thread.sleep(round % 2);
                outer.interrupt();
                assertEquals(ExitKind.INTERRUPTED, run.get());
                // The interrupt is spent.
                assertEquals(ExitKind.HOST_CALL, outer.resume());
                assertEquals(inner.register(7), (MUCH_GAS - inner.gas()) / inner.module().blockCosts().getFirst().cost());
            }
            // An interrupt that came before keeps the inner machine from running.
            inner.gas(0).resume();
            inner.gas(MUCH_GAS);
            long gas = inner.gas();
            outer.interrupt();
            assertEquals(ExitKind.INTERRUPTED, outer.resumeInner(inner));
            assertEquals(gas, inner.gas());
            // One of the inner machine alone stops that.
            inner.interrupt();
            assertEquals(ExitKind.INTERRUPTED, outer.resumeInner(inner));
            assertEquals(ExitKind.HOST_CALL, outer.resume());
            // One that waited for itself would be interrupted without end.
            assertThrows(IllegalArgumentException.class, () -> outer.resumeInner(outer));
        }
    }

    @ParameterizedTest
    @EnumSource
    void closedInstancesAreLeftAlone(Setup setup) {
        try (var world = new World(setup, Guests.CALLS)) {
            world.instance.close();
            world.instance.interrupt();
            try (var next = world.module.instantiate()) {
                world.instance.interrupt();
                assertEquals(new Exit.HostCall(7), next.gas(1000).run());
            }
        }
    }

    /** Instances are made, run and closed while others interrupt them, one by one and all together. */
    @ParameterizedTest
    @EnumSource
    void interruptsRaceCloses(Setup setup) throws Exception {
        var current = new AtomicReference<Instance>();
        var stop = new AtomicBoolean();
        try (var threads = Executors.newFixedThreadPool(2)) {
            var engine = setup.engine();
            var tasks = new ArrayList<Future<?>>();
            tasks.add(threads.submit(() -> {
                while (!stop.get()) {
                    var instance = current.get();
                    if (instance != null) {
                        instance.interrupt();
                    }
                }
            }));
            tasks.add(threads.submit(() -> {
                while (!stop.get()) {
                    engine.interruptAll();
                    Thread.sleep(0, 50_000);
                }
                return null;
            }));
            try (var module = engine.compile(Guests.CALLS)) {
                for (int i = 0; i < 500; i++) {
                    try (var instance = module.instantiate()) {
                        current.set(instance);
                        instance.gas(1000);
                        while (instance.resume() == ExitKind.INTERRUPTED) {
                            // One that is interrupted all the time makes its way nevertheless.
                        }
                        assertEquals(7, instance.exitArgument());
                        assertEquals(1, instance.register(7));
                    }
                }
            } finally {
                engine.close();
                stop.set(true);
            }
            for (var task : tasks) {
                task.get();
            }
        }
    }

    /** What the kinds are called must not change what {@code invoke} answers. */
    @ParameterizedTest
    @EnumSource
    void isNoResultOfInvoke(ExitKind kind) {
        var results = List.of(ExitKind.HALT, ExitKind.PANIC, ExitKind.PAGE_FAULT, ExitKind.HOST_CALL, ExitKind.OUT_OF_GAS);
        assertTrue(kind == ExitKind.INTERRUPTED || results.indexOf(kind) == kind.ordinal());
    }
}
