package io.pvmjit.stress;

import static io.pvmjit.stress.Checks.IMAGE;
import static io.pvmjit.stress.Checks.PAGE;
import static io.pvmjit.stress.Checks.closeAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.PageAccess;
import io.pvmjit.QuotaException;
import io.pvmjit.Quotas;
import io.pvmjit.Resource;
import io.pvmjit.ResourceLimitException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Guests whose RAM is larger than the heap: in JVMs of their own. */
class SmallHeapTest {
    /** Keeps two thousand instances, and writes to 64 MiB of RAM in one of them; the heap could not hold that. */
    static final class ManyInstances {
        private ManyInstances() {}

        static void main(String[] arguments) throws Exception {
            var large = MemoryImage.of(List.of(Region.of(64, 16_384, PageAccess.WRITE, new byte[0])));
            try (var engine = Setup.DEFAULT.engine();
                    var module = engine.compile(Guests.LOAD);
                    var walk = engine.compile(Guests.WALK)) {
                var open = new ArrayList<Instance>();
                for (int i = 0; i < 2_000; i++) {
                    open.add(module.instantiate(IMAGE));
                }
                assertEquals(2_000, engine.statistics().instancesAlive());
                open.forEach(Checks::assertRuns);
                try (var instance = walk.instantiate(large)) {
                    instance.gas(100_000_000).register(7, 64 * PAGE).register(8, 1).register(9, 16_384);
                    assertEquals(new Exit.Halt(), instance.run());
                }
                System.out.println("MANY " + Leaks.Figures.now(open.size()));
                closeAll(open);
                assertEquals(0, engine.statistics().instancesAlive());
            }
        }
    }

    @Test
    void manyInstancesInASmallHeap() throws Exception {
        var result = ChildJvm.run(ManyInstances.class, List.of(ChildJvm.NATIVE_ACCESS, "-Xmx16m")).requireSuccess();
        assertEquals(1, result.linesAfter("MANY ").size(), result::output);
        System.out.println("2,000 instances: " + result.linesAfter("MANY ").getFirst());
    }

    /** Has guests of the interpreter write to more RAM than there is heap. */
    static final class FillHeap {
        private FillHeap() {}

        static void main(String[] arguments) {
            try (var engine = Setup.INTERPRETER.engine();
                    var module = engine.compile(Guests.WALK)) {
                // Where the heap is full, what checks that must not allocate: no assertions from a library here.
                int refusals = 0;
                for (int round = 0; round < 5; round++) {
                    try (var instance = module.instantiate()) {
                        instance.memory().protect(64, 100_000, PageAccess.WRITE, false);
                        instance.gas(1_000_000_000).register(7, 64 * PAGE).register(8, 1).register(9, 100_000);
                        for (int i = 0; i < 3; i++) {
                            try {
                                instance.run();
                            } catch (ResourceLimitException e) {
                                refusals += e.getMessage().contains("-Xmx") ? 1 : 0;
                            }
                        }
                        // What it had written is still there.
                        instance.memory().protect(64 + 1_000, 100_000, PageAccess.NONE, true);
                        var octet = new byte[1];
                        assertTrue(instance.memory().read(64 * PAGE, octet));
                        assertEquals(1, octet[0]);
                    }
                    try (var instance = module.instantiate(IMAGE)) {
                        instance.gas(1000).register(7, 32 * PAGE).register(9, 1);
                        assertEquals(new Exit.Halt(), instance.run());
                    }
                }
                assertEquals(15, refusals);
                System.out.println("FILLED");
            }
        }
    }

    @Test
    void interpreterInASmallHeap() throws Exception {
        var result = ChildJvm.run(FillHeap.class, List.of("-Xmx32m", "-XX:+UseSerialGC")).requireSuccess();
        assertTrue(result.output().contains("FILLED"), result::output);
    }

    /** Fills the heap by what guests may reach and by what they write, with no quota that ends it before. */
    static final class FillPageTables {
        private FillPageTables() {}

        static void main(String[] arguments) {
            var config = Setup.INTERPRETER.config().withQuotas(Quotas.defaults().withHeap(1L << 40).withMemory(1L << 40));
            try (var engine = Engine.create(config);
                    var module = engine.compile(Guests.WALK);
                    var instance = module.instantiate(IMAGE)) {
                var open = new ArrayList<Instance>();
                int refusals = 0;
                while (refusals == 0) {
                    try {
                        open.add(module.instantiate());
                        for (int page = 16; page < MemoryImage.PAGE_COUNT; page += 1024) {
                            open.getLast().memory().protect(page, 1, PageAccess.WRITE, true);
                        }
                    } catch (ResourceLimitException _) {
                        refusals++;
                    }
                }
                while (!open.isEmpty()) {
                    open.removeLast().close();
                }
                instance.gas(1000).register(7, 32 * PAGE).register(9, 1);
                assertEquals(new Exit.Halt(), instance.run());
                System.out.println("FILLED");
            }
        }
    }

    @Test
    void pageTablesInASmallHeap() throws Exception {
        var result = ChildJvm.run(FillPageTables.class, List.of("-Xmx32m", "-XX:+UseSerialGC")).requireSuccess();
        assertTrue(result.output().contains("FILLED"), result::output);
    }

    /** Copies more RAM of the interpreter than there is heap, to the JIT, and has as much of it compiled. */
    static final class CopyMore {
        private static final int PAGES = 20_000;

        private CopyMore() {}

        static void main(String[] arguments) {
            var image = MemoryImage.of(List.of(Region.of(64, PAGES, PageAccess.WRITE, new byte[0])));
            try (var interpreter = Setup.INTERPRETER.engine();
                    var jit = Setup.JIT.engine();
                    var account = interpreter.open("a test");
                    var module = interpreter.compile(MemorySegment.ofArray(Guests.WALK), account);
                    var other = jit.compile(Guests.WALK);
                    var source = module.instantiate(image);
                    var target = other.instantiate(image)) {
                var last = new byte[] {1, 2, 3};
                assertTrue(source.memory().write((64L + PAGES) * PAGE - 3, last));
                assertTrue(source.memory().copyTo(64L * PAGE + 1, target.memory(), 64L * PAGE, (long) PAGES * PAGE - 1));
                var copied = new byte[3];
                assertTrue(target.memory().read((64L + PAGES) * PAGE - 4, copied));
                assertArrayEquals(last, copied);
                long before = account.spent(Resource.HEAP);
                var refused = assertThrows(QuotaException.class,
                        () -> interpreter.compile(source.memory(), 64L * PAGE, (long) PAGES * PAGE, account));
                assertEquals((long) PAGES * PAGE, refused.wanted());
                assertEquals(before, account.spent(Resource.HEAP));
                System.out.println("COPIED");
            }
        }
    }

    @Test
    void copiesLargerThanTheHeap() throws Exception {
        var result = ChildJvm.run(CopyMore.class, List.of(ChildJvm.NATIVE_ACCESS, "-Xmx64m", "-XX:+UseSerialGC"))
                .requireSuccess();
        assertTrue(result.output().contains("COPIED"), result::output);
    }
}
