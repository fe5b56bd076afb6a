package io.pvmjit.stress;

import static io.pvmjit.stress.Checks.IMAGE;
import static io.pvmjit.stress.Checks.closeAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.Module;
import io.pvmjit.PageAccess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Threads that change the access of pages as hosts do for guests: the kernel has no more maps than the engine counts. */
class MapStormTest {
    private static final int THREADS = 8;
    private static final int INSTANCES = 40;
    /** Maps that the JVM may make for itself meanwhile: stacks, heaps of allocators, code. */
    private static final int SLACK = 200;

    @Test
    void concurrentStormsLeaveNoMaps() throws Exception {
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(Backend.JIT));
                var module = engine.compile(Guests.LOAD);
                var threads = Executors.newFixedThreadPool(THREADS)) {
            long before = maps() - engine.statistics().mapsUsed();
            var storms = new ArrayList<Future<?>>();
            for (int thread = 0; thread < THREADS; thread++) {
                int seed = thread;
                storms.add(threads.submit((Callable<Void>) () -> storm(module, new SplittableRandom(seed))));
            }
            while (storms.stream().anyMatch(storm -> !storm.isDone())) {
                var statistics = engine.statistics();
                assertTrue(statistics.mapsUsed() <= statistics.mapLimit(), statistics::toString);
                Thread.sleep(10);
            }
            for (var storm : storms) {
                storm.get();
            }
            assertEquals(0, engine.statistics().instancesAlive());
            assertCounted(before, engine);
        }
    }

    private static Void storm(Module module, SplittableRandom random) throws Exception {
        for (int round = 0; round < 3; round++) {
            var open = new ArrayList<Instance>();
            for (int i = 0; i < INSTANCES; i++) {
                var instance = module.instantiate(IMAGE);
                open.add(instance);
                // Pages two apart, each touched when it can be: up to what makes the instance checked, and beyond.
                int count = random.nextInt(40);
                for (int page = 64; page < 64 + 2 * count; page += 2) {
                    assertTrue(instance.memory().protect(page, 1, PageAccess.WRITE, false));
                    assertTrue(instance.memory().write((long) page * MemoryImage.PAGE_SIZE, new byte[] {1}));
                }
                assertTrue(instance.memory().protect(64, 80, PageAccess.NONE, random.nextBoolean()));
            }
            open.forEach(Checks::assertRuns);
            closeAll(open);
        }
        return null;
    }

    private static void assertCounted(long before, Engine engine) throws IOException {
        long more = maps() - before;
        var statistics = engine.statistics();
        assertTrue(more <= statistics.mapsUsed() + SLACK, () -> more + " maps more than before, " + statistics);
    }

    private static long maps() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.count();
        }
    }
}
