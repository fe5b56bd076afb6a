package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.pvmjit.MemoryImage.Region;
import io.pvmjit.stress.Guests;
import io.pvmjit.stress.Setup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Engines, modules and instances on several threads: one at a time for an instance, and closing whatever runs. */
@Timeout(300)
class ThreadsTest {
    private static final MemoryImage PAGE =
            MemoryImage.of(List.of(Region.of(32, 1, PageAccess.WRITE, new byte[] {1, 2, 3})));
    /** Gas of the one block of {@link Guests#ENDLESS}. */
    private static final int ENDLESS_COST = endlessCost();

    private static int endlessCost() {
        try (var engine = Setup.INTERPRETER.engine();
                var module = engine.compile(Guests.ENDLESS)) {
            assertEquals(1, module.blockCosts().size());
            return module.blockCosts().getFirst().cost();
        }
    }

    /** Runs on another thread; what it throws reaches the caller. */
    private static <T> T elsewhere(Callable<T> task) throws Exception {
        try (var thread = Executors.newSingleThreadExecutor()) {
            return thread.submit(task).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    private static void assertInUse(Executable use) {
        var problem = assertThrows(IllegalStateException.class, use);
        assertTrue(problem.getMessage().startsWith("the instance is in use by Thread["), problem::getMessage);
    }

    /**
     * Lets an action meet an instance that runs on another thread. The guest runs until its gas is used up; when that
     * was too soon for the action to meet it, a guest with more gas follows.
     */
    private static void duringRun(Module module, Met action) throws Exception {
        for (long gas = 100_000_000; gas > 0; gas *= 4) {
            try (var instance = module.instantiate(PAGE);
                    var thread = Executors.newSingleThreadExecutor()) {
                var run = runElsewhere(thread, instance, gas);
                boolean met = action.meet(instance);
                assertEquals(new Exit.OutOfGas(), run.get());
                assertExhausted(instance, gas);
                if (met) {
                    return;
                }
            }
        }
        fail("no run was long enough to be met");
    }

    /** What to do with an instance that runs; false when its run was over before. */
    private interface Met {
        boolean meet(Instance instance) throws Exception;
    }

    /** Starts a run on another thread, which has the instance when this returns, until the run is over. */
    private static Future<Exit> runElsewhere(ExecutorService thread, Instance instance, long gas) throws Exception {
        var entered = new CountDownLatch(1);
        var run = thread.submit(() -> {
            try (var _ = instance.hold()) {
                entered.countDown();
                return instance.gas(gas).run();
            }
        });
        entered.await();
        // Let it get into the guest: only to make the test meet what it is about, nothing depends on it.
        Thread.sleep(1);
        return run;
    }

    /** The endless program charges its one block again and again: all gas is accounted for. */
    private static void assertExhausted(Instance instance, long gas) {
        assertEquals(gas % ENDLESS_COST, instance.gas());
        assertEquals(gas / ENDLESS_COST, instance.register(7));
    }

    /** True when the use was refused, false when the run was over by then. */
    private static boolean refused(Supplier<?> use) {
        try {
            use.get();
            return false;
        } catch (IllegalStateException e) {
            assertTrue(e.getMessage().startsWith("the instance is in use by Thread["), e::getMessage);
            return true;
        }
    }

    @ParameterizedTest
    @EnumSource
    void usesMeetARunningInstance(Setup setup) throws Exception {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.ENDLESS)) {
            duringRun(module, instance -> refused(instance::run));
            duringRun(module, instance -> refused(instance::resume));
            duringRun(module, instance -> refused(() -> instance.register(7)));
            duringRun(module, instance -> refused(instance::hold));
            duringRun(module, instance -> refused(() -> instance.memory().readable(32 << 12, 1)));
            duringRun(module, instance -> refused(() -> instance.memory().read(32 << 12, new byte[1])));
            duringRun(module, instance -> refused(() -> instance.memory().access(32)));
            duringRun(module, instance -> refused(() -> engine.compile(instance.memory(), 0, 1)));
            duringRun(module, instance -> {
                try (var other = module.instantiate(PAGE)) {
                    return refused(() -> other.memory().copyTo(32 << 12, instance.memory(), 32 << 12, 1))
                            && refused(() -> instance.memory().copyTo(32 << 12, other.memory(), 32 << 12, 1));
                }
            });
            assertEquals(0, engine.statistics().instancesAlive());
        }
    }

    @ParameterizedTest
    @EnumSource
    void closeWhileRunning(Setup setup) throws Exception {
        for (long gas = 100_000_000; gas > 0; gas *= 4) {
            var engine = setup.engine();
            var module = engine.compile(Guests.ENDLESS);
            var instance = module.instantiate();
            boolean refused;
            try (var thread = Executors.newSingleThreadExecutor()) {
                var run = runElsewhere(thread, instance, gas);
                engine.close();
                module.close();
                assertThrows(IllegalStateException.class, module::instantiate);
                refused = refused(() -> {
                    instance.close();
                    return null;
                });
                assertEquals(new Exit.OutOfGas(), run.get());
            }
            if (refused) {
                // It goes on, although nothing else is open, and is freed when it is closed.
                assertExhausted(instance, gas);
                assertEquals(new Exit.OutOfGas(), elsewhere(() -> instance.gas(50 * ENDLESS_COST).run()));
                assertEquals(gas / ENDLESS_COST + 50, instance.register(7));
                instance.close();
                return;
            }
        }
        fail("no run was long enough to be met");
    }

    /** Whoever closes a hold twice takes nothing away from the thread that has the instance by then. */
    @ParameterizedTest
    @EnumSource
    void aHoldLetsGoOnce(Setup setup) throws Exception {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.CALLS);
                var instance = module.instantiate(PAGE)) {
            var hold = instance.hold();
            var within = instance.hold();
            within.close();
            hold.close();
            elsewhere(() -> {
                try (var _ = instance.hold()) {
                    hold.close();
                    within.close();
                    elsewhere(() -> {
                        assertInUse(instance::gas);
                        return null;
                    });
                }
                return null;
            });
            assertEquals(0, instance.gas());
        }
    }

    /** Another thread would else let others in while the first one is inside, in machine code even. */
    @ParameterizedTest
    @EnumSource
    void aHoldIsClosedByItsThread(Setup setup) throws Exception {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.CALLS)) {
            var instance = module.instantiate(PAGE);
            var hold = instance.hold();
            elsewhere(() -> {
                var problem = assertThrows(IllegalStateException.class, hold::close);
                assertTrue(problem.getMessage().startsWith("another thread closes the hold of Thread["),
                        problem::getMessage);
                assertInUse(instance::gas);
                return null;
            });
            hold.close();
            elsewhere(instance::gas);
            var last = instance.hold();
            instance.close();
            assertDoesNotThrow(() -> elsewhere(() -> {
                last.close();
                return null;
            }));
        }
    }

    @ParameterizedTest
    @EnumSource
    void holdKeepsOthersOut(Setup setup) throws Exception {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.CALLS);
                var instance = module.instantiate(PAGE);
                var threads = Executors.newSingleThreadExecutor()) {
            instance.gas(1_000_000);
            try (var _ = instance.hold()) {
                assertEquals(new Exit.HostCall(7), instance.run());
                for (Executable use : List.<Executable>of(instance::run, instance::gas, instance::hold, instance::close,
                        () -> instance.memory().write(32 << 12, new byte[1]))) {
                    assertDoesNotThrow(() -> threads.submit(() -> {
                        assertInUse(use);
                        return null;
                    }).get());
                }
                try (var _ = instance.hold()) {
                    assertEquals(ExitKind.HOST_CALL, instance.resume());
                }
                // The inner hold gave nothing back that the outer one has.
                assertDoesNotThrow(() -> threads.submit(() -> {
                    assertInUse(instance::gas);
                    return null;
                }).get());
                assertEquals(2, instance.register(7));
            }
            assertEquals(ExitKind.HOST_CALL, threads.submit(instance::resume).get());
            assertEquals(3, instance.register(7));
        }
    }

    @ParameterizedTest
    @EnumSource
    void closeInsideHold(Setup setup) throws Exception {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.CALLS)) {
            var instance = module.instantiate(PAGE);
            try (var _ = instance.hold()) {
                instance.close();
                assertThrows(IllegalStateException.class, instance::gas);
                assertThrows(IllegalStateException.class, instance::hold);
                instance.close();
            }
            var problem = assertThrows(IllegalStateException.class, () -> elsewhere(instance::run));
            assertEquals("the instance is closed", problem.getMessage());
            assertEquals(0, engine.statistics().instancesAlive());
        }
    }

    @ParameterizedTest
    @EnumSource
    void instanceMovesBetweenThreads(Setup setup) throws Exception {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.CALLS);
                var instance = module.instantiate(PAGE)) {
            instance.gas(1_000_000_000);
            for (int i = 1; i <= 50; i++) {
                var count = new AtomicInteger();
                var thread = (i % 2 == 0 ? Thread.ofVirtual() : Thread.ofPlatform()).unstarted(() -> {
                    instance.resume();
                    instance.memory().write(32 << 12, new byte[] {(byte) instance.register(7)});
                    count.set((int) instance.register(7));
                });
                thread.start();
                thread.join();
                assertEquals(i, count.get());
                var octet = new byte[1];
                assertTrue(instance.memory().read(32 << 12, octet));
                assertEquals(i, octet[0]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void virtualThreads(Setup setup) throws Exception {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.STORE);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var results = new ArrayList<Future<Long>>();
            for (int i = 0; i < 300; i++) {
                long value = 0x0101_0101_0101_0101L * i;
                results.add(threads.submit(() -> {
                    try (var instance = module.instantiate()) {
                        instance.gas(1000).register(7, 0x2_3456).register(8, value);
                        assertEquals(new Exit.PageFault(0x2_3000), instance.run());
                        Thread.yield();
                        assertTrue(instance.memory().protect(0x23, 1, PageAccess.WRITE, true));
                        assertEquals(new Exit.HostCall(1), instance.run());
                        Thread.yield();
                        assertEquals(new Exit.Halt(), instance.run());
                        return instance.register(9);
                    }
                }));
            }
            for (int i = 0; i < results.size(); i++) {
                assertEquals(0x0101_0101_0101_0101L * i, results.get(i).get());
            }
            assertEquals(0, engine.statistics().instancesAlive());
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneInstanceManyThreads(Setup setup) throws Exception {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.CALLS);
                var instance = module.instantiate(PAGE);
                var threads = Executors.newFixedThreadPool(4)) {
            instance.gas(Long.MAX_VALUE);
            var ran = new AtomicInteger();
            Callable<Integer> task = () -> {
                int refusals = 0;
                for (int i = 0; i < 5_000; i++) {
                    refusals += refused(instance::resume) ? 1 : 0;
                    refusals += refused(() -> instance.memory().writable(32 << 12, 3)) ? 1 : 0;
                }
                return refusals;
            };
            for (var each : threads.invokeAll(List.of(task, task, task, task))) {
                ran.addAndGet(each.get());
            }
            // Who was refused did nothing, who was not did it whole.
            long cost = module.blockCosts().getFirst().cost();
            long charged = (Long.MAX_VALUE - instance.gas()) / cost;
            assertEquals(charged, instance.register(7));
            assertTrue(charged + ran.get() >= 20_000, () -> charged + " runs, " + ran + " refusals");
        }
    }

    @ParameterizedTest
    @EnumSource
    void instancesOfOneModuleOnManyThreads(Setup setup) throws Exception {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.WALK);
                var threads = Executors.newFixedThreadPool(8)) {
            var image = MemoryImage.of(List.of(Region.of(64, 16, PageAccess.WRITE, new byte[] {5})));
            Callable<Void> task = () -> {
                for (int i = 0; i < 300; i++) {
                    try (var instance = module.instantiate(image)) {
                        instance.gas(100_000).register(7, 64 << 12).register(8, i).register(9, 16);
                        assertEquals(new Exit.Halt(), instance.run());
                        assertEquals(5, instance.register(10));
                        instance.gas(100_000).register(7, 64 << 12).register(8, i).register(9, 16);
                        assertEquals(new Exit.Halt(), instance.run());
                        assertEquals(10 + 16L * i, instance.register(10));
                    }
                }
                return null;
            };
            for (var each : threads.invokeAll(List.of(task, task, task, task, task, task, task, task))) {
                each.get();
            }
            assertEquals(0, engine.statistics().instancesAlive());
        }
    }
}
