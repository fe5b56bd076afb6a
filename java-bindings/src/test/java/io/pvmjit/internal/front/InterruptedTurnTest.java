package io.pvmjit.internal.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Account;
import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.Module;
import io.pvmjit.Turn;
import io.pvmjit.stress.Guests;
import io.pvmjit.stress.Setup;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Interrupts around the moment when an instance is given its turn: an embedder's count, the turn's own requests do not. */
@Timeout(300)
class InterruptedTurnTest {
    private static final long GAS = 1_000_000;

    /** An invocation of an endless guest whose instance has no turn yet. */
    private static final class World implements AutoCloseable {
        final Engine engine;
        final Module module;
        final Instance instance;
        private Account account;

        World(Setup setup) {
            engine = setup.engine();
            module = engine.compile(MemorySegment.ofArray(Guests.ENDLESS));
            instance = module.instantiate().gas(GAS);
        }

        Turn begin() {
            account = engine.open("an invocation");
            assertTrue(account.turn().begin());
            return account.turn();
        }

        Exit run(Turn turn) {
            turn.serve(instance);
            return goOn(turn);
        }

        Exit goOn(Turn turn) {
            var exit = instance.run();
            while (turn.goesOn(exit)) {
                exit = instance.run();
            }
            return exit;
        }

        @Override
        public void close() {
            if (account != null) {
                account.close();
            }
            instance.close();
            module.close();
            engine.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInstanceThatWasInterruptedBefore(Setup setup) {
        try (var world = new World(setup)) {
            world.instance.interrupt();
            stopsBeforeItsRun(world, world.begin());
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEngineThatWasInterruptedBefore(Setup setup) {
        try (var world = new World(setup)) {
            world.engine.interruptAll();
            stopsBeforeItsRun(world, world.begin());
        }
    }

    private static void stopsBeforeItsRun(World world, Turn turn) {
        assertInstanceOf(Exit.Interrupted.class, world.run(turn));
        assertTrue(turn.interrupted());
        assertEquals(GAS, world.instance.gas());
    }

    @ParameterizedTest
    @EnumSource
    void whatHasStoppedARunBeforeStopsNoOther(Setup setup) {
        try (var world = new World(setup)) {
            world.instance.interrupt();
            assertInstanceOf(Exit.Interrupted.class, world.instance.run());
            world.engine.interruptAll();
            assertInstanceOf(Exit.Interrupted.class, world.instance.run());
            world.instance.gas(1000);
            var turn = world.begin();
            assertInstanceOf(Exit.OutOfGas.class, world.run(turn));
            assertFalse(turn.interrupted());
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatItsTurnAsksForIsNoInterrupt(Setup setup) {
        try (var world = new World(setup)) {
            world.instance.gas(1000);
            var turn = world.begin();
            turn.serve(world.instance);
            ((FrontTurn) turn).stop();
            turn.serve(world.instance);
            assertInstanceOf(Exit.OutOfGas.class, world.goOn(turn));
            assertFalse(turn.interrupted());
        }
    }

    /** One interrupt and many requests of the turn's own, at any moment: it alone ends the run, and always does. */
    @ParameterizedTest
    @EnumSource
    void atAnyMoment(Setup setup) throws Exception {
        try (var threads = Executors.newFixedThreadPool(2)) {
            var barrier = new CyclicBarrier(3);
            for (int round = 0; round < 300; round++) {
                boolean interrupts = round % 2 == 0;
                boolean all = round % 4 == 0;
                try (var world = new World(setup)) {
                    world.instance.gas(interrupts ? 1L << 62 : 20_000);
                    var turn = world.begin();
                    var interrupter = threads.submit(() -> {
                        barrier.await();
                        if (all) {
                            world.engine.interruptAll();
                        } else if (interrupts) {
                            world.instance.interrupt();
                        }
                        return null;
                    });
                    var asker = threads.submit(() -> {
                        barrier.await();
                        for (int n = 0; n < 20; n++) {
                            ((FrontTurn) turn).stop();
                        }
                        return null;
                    });
                    barrier.await();
                    var exit = world.run(turn);
                    assertEquals(interrupts, exit instanceof Exit.Interrupted);
                    assertEquals(interrupts, turn.interrupted());
                    interrupter.get();
                    asker.get();
                }
            }
        }
    }
}
