package io.pvmjit.internal.jit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.internal.system.SystemFiles;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Engines share what the kernel lets a process have: together they never come near it. */
class MapSharesTest {
    private static final long MAXIMUM = 80_000;
    private static final long ALL = 70_000;

    private final MapShares shares = new MapShares(MAXIMUM);

    @Test
    void defaults() {
        assertEquals(60_000, shares.take(0), "three quarters");
        assertEquals(10_000, shares.take(0), "what is left");
        assertEquals(MapShares.FLOOR, shares.take(0), "a small engine always works");
        shares.giveBack(10_000);
        assertEquals(10_000 - MapShares.FLOOR, shares.take(0));
        shares.giveBack(60_000);
        assertEquals(60_000, shares.take(0));
    }

    @Test
    void limitsThatAreSaid() {
        assertEquals(40_000, shares.take(40_000));
        assertEquals(30_000, shares.take(30_000));
        var problem = assertThrows(IllegalArgumentException.class, () -> shares.take(MapShares.FLOOR + 1));
        assertTrue(problem.getMessage().contains("70000 are promised"), problem::getMessage);
        assertEquals(MapShares.FLOOR, shares.take(MapShares.FLOOR));
        shares.giveBack(MapShares.FLOOR);
        shares.giveBack(30_000);
        assertThrows(IllegalArgumentException.class, () -> shares.take(30_001));
        assertEquals(30_000, shares.take(0));
        assertThrows(IllegalArgumentException.class, () -> new MapShares(MAXIMUM).take(ALL + 1));
        assertThrows(IllegalArgumentException.class, () -> shares.take(Long.MAX_VALUE));
    }

    // Engines. Others of this JVM may have taken a part.

    @ParameterizedTest
    @EnumSource(names = {"JIT", "CROSSCHECK"})
    void severalEngines(Backend backend) {
        var config = EngineConfig.defaults().withBackend(backend).withCodeArenaBytes(1 << 16);
        long maximum = SystemFiles.number(SystemFiles.firstLine("/proc/sys/vm/max_map_count"), 0);
        long ofOne;
        var open = new ArrayList<Engine>();
        try {
            long sum = 0;
            for (int i = 0; i < 4; i++) {
                var engine = Engine.create(config);
                open.add(engine);
                sum += engine.statistics().mapLimit();
                assertTrue(engine.statistics().mapLimit() >= MapShares.FLOOR);
            }
            ofOne = open.getFirst().statistics().mapLimit();
            assertTrue(sum <= maximum - maximum / 8 + 4 * MapShares.FLOOR, sum + " maps");
            assertThrows(IllegalArgumentException.class, () -> Engine.create(config.withMapLimit(maximum / 2)));
            // Whatever the backend is chosen by.
            assertThrows(IllegalArgumentException.class,
                    () -> Engine.create(EngineConfig.defaults().withMapLimit(maximum)));
            try (var small = Engine.create(config.withMapLimit(100))) {
                assertEquals(100, small.statistics().mapLimit());
            }
        } finally {
            open.forEach(Engine::close);
        }
        try (var engine = Engine.create(config)) {
            assertEquals(ofOne, engine.statistics().mapLimit(), "closed engines have given theirs back");
        }
    }

    /** What is refused keeps nothing. */
    @Test
    void enginesThatCannotBeMade() {
        var config = EngineConfig.defaults().withBackend(Backend.JIT);
        long before = limitOfTheNext(config);
        for (int i = 0; i < 3; i++) {
            assertThrows(IllegalArgumentException.class, () -> Engine.create(config.withCodeArenaBytes(Long.MAX_VALUE)));
        }
        assertEquals(before, limitOfTheNext(config));
    }

    private static long limitOfTheNext(EngineConfig config) {
        try (var engine = Engine.create(config)) {
            return engine.statistics().mapLimit();
        }
    }
}
