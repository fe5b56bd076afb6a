package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.MemoryImage.Region;
import io.pvmjit.stress.Guests;
import io.pvmjit.stress.Setup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Closing on several threads at once, and while others use what is being closed: each use is done whole or refused. */
@Timeout(300)
class RacingClosesTest {
    private static final MemoryImage PAGE =
            MemoryImage.of(List.of(Region.of(32, 1, PageAccess.WRITE, new byte[] {1, 2, 3})));

    @ParameterizedTest
    @EnumSource
    void racingCloses(Setup setup) throws Exception {
        int closers = 4;
        var barrier = new CyclicBarrier(closers);
        try (var threads = Executors.newFixedThreadPool(closers)) {
            for (int round = 0; round < 100; round++) {
                var engine = setup.engine();
                var module = engine.compile(Guests.ADD);
                var instance = module.instantiate(PAGE);
                var results = new ArrayList<Future<?>>();
                for (int i = 0; i < closers; i++) {
                    int first = i;
                    results.add(threads.submit(() -> {
                        barrier.await();
                        for (int j = 0; j < 3; j++) {
                            switch ((first + j) % 3) {
                                case 0 -> engine.close();
                                case 1 -> module.close();
                                default -> instance.close();
                            }
                        }
                        return null;
                    }));
                }
                for (var result : results) {
                    result.get();
                }
                assertThrows(IllegalStateException.class, engine::statistics);
                assertThrows(IllegalStateException.class, module::statistics);
                assertThrows(IllegalStateException.class, instance::gas);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void usesRacingCloses(Setup setup) throws Exception {
        var barrier = new CyclicBarrier(4);
        try (var threads = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 100; round++) {
                var engine = setup.engine();
                var module = engine.compile(Guests.ADD);
                var compiles = threads.submit(() -> {
                    barrier.await();
                    return untilClosed(() -> engine.compile(Guests.STORE).close());
                });
                var statistics = threads.submit(() -> {
                    barrier.await();
                    return untilClosed(() -> {
                        assertFalse(module.blockCosts().isEmpty());
                        engine.statistics();
                    });
                });
                var instances = threads.submit(() -> {
                    barrier.await();
                    return untilClosed(() -> {
                        try (var instance = module.instantiate(PAGE)) {
                            instance.gas(100).register(7, 1).register(8, 2);
                            assertEquals(new Exit.Halt(), instance.run());
                            assertEquals(3, instance.register(7));
                        }
                    });
                });
                barrier.await();
                if (round % 2 == 0) {
                    engine.close();
                    module.close();
                } else {
                    module.close();
                    engine.close();
                }
                assertEquals("the engine is closed", compiles.get());
                assertTrue(statistics.get().matches("the (engine|module) is closed"), statistics.get());
                assertEquals("the module is closed", instances.get());
            }
        }
    }

    /** Repeats an action until it is refused; the message of the refusal. */
    private static String untilClosed(Runnable action) {
        while (true) {
            try {
                action.run();
            } catch (IllegalStateException e) {
                return e.getMessage();
            }
        }
    }
}
