package io.pvmjit.stress;

import static io.pvmjit.stress.Checks.IMAGE;
import static io.pvmjit.stress.Checks.PAGE;
import static io.pvmjit.stress.Checks.alternate;
import static io.pvmjit.stress.Checks.assertRuns;
import static io.pvmjit.stress.Checks.closeAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances whose regions take too many maps, so that access is checked in software: no guest can tell. */
class CheckedInstancesTest {
    @ParameterizedTest
    @EnumSource
    void regionsBeyondTheLimitMakeNoDifference(Setup setup) {
        int pages = 40;
        try (var engine = Engine.create(setup.config().withMapsPerInstance(16));
                var module = engine.compile(Guests.WALK);
                var instance = module.instantiate(IMAGE)) {
            var memory = instance.memory();
            long gas = 1_000_000;
            long cost = module.blockCosts().getFirst().cost();
            instance.gas(gas).register(7, 64 * PAGE).register(8, 5).register(9, pages);
            // The guest finds each page inaccessible, then read-only, then writable; behind it every second one is left
            // read-only. On the way the instance goes over to checks in software, in the middle of a block.
            for (int page = 64; page < 64 + pages; page++) {
                long address = (long) page * PAGE;
                assertEquals(new Exit.PageFault(address), instance.run());
                assertTrue(memory.protect(page, 1, PageAccess.READ, false));
                assertTrue(memory.fill(address, new byte[] {(byte) page}));
                assertEquals(new Exit.PageFault(address), instance.run());
                assertTrue(memory.protect(page, 1, PageAccess.WRITE, false));
                gas -= cost;
                assertEquals(gas, instance.gas());
                if (page % 2 == 0 && page > 64) {
                    assertTrue(memory.protect(page - 1, 1, PageAccess.READ, false));
                }
            }
            assertEquals(new Exit.Halt(), instance.run());
            assertEquals(gas - module.blockCosts().getLast().cost(), instance.gas());
            assertEquals(setup != Setup.INTERPRETER, instance.checked());
            long sum = 0;
            for (int page = 64; page < 64 + pages; page++) {
                sum += page;
                var octet = new byte[1];
                assertTrue(memory.read((long) page * PAGE, octet));
                assertEquals(page + 5, octet[0]);
                boolean writable = page % 2 == 0 || page == 64 + pages - 1;
                assertEquals(writable ? PageAccess.WRITE : PageAccess.READ, memory.access(page));
            }
            assertEquals(sum, instance.register(10));
        }
    }

    @ParameterizedTest
    @EnumSource
    void checkedInstanceLeavesNothingToTheNext(Setup setup) {
        try (var engine = Engine.create(setup.config().withMapsPerInstance(4).withInstanceLimit(1));
                var module = engine.compile(Guests.LOAD)) {
            for (int round = 0; round < 5; round++) {
                try (var instance = module.instantiate(IMAGE)) {
                    assertEquals(setup == Setup.JIT_CHECKED, instance.checked());
                    assertFalse(instance.memory().readable(64 * PAGE, 1));
                    assertRuns(instance);
                    alternate(instance, 64, 8);
                    assertEquals(setup != Setup.INTERPRETER, instance.checked());
                    assertRuns(instance);
                }
                assertEquals(0, engine.statistics().instancesChecked());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void checkedAccessesAtEveryEdge(Setup setup) {
        try (var engine = Engine.create(setup.config().withMapsPerInstance(4));
                var store = engine.compile(Guests.STORE);
                var instance = store.instantiate()) {
            // 64 R, 65 W, 66 R, 67 W, 68 none, 69 W, and the last page of RAM.
            alternate(instance, 64, 4);
            instance.memory().protect(69, 1, PageAccess.WRITE, false);
            instance.memory().protect(MemoryImage.PAGE_COUNT - 1, 1, PageAccess.WRITE, false);
            assertEquals(setup != Setup.INTERPRETER, instance.checked());
            for (int offset = -9; offset <= 1; offset++) {
                assertStore(instance, 64 * PAGE + offset, offset < 0 ? 63 : 64);
                assertStore(instance, 65 * PAGE + offset, offset < 0 ? 64 : -1);
                assertStore(instance, 66 * PAGE + offset, offset < -7 ? -1 : 66);
                assertStore(instance, 67 * PAGE + offset, offset < 0 ? 66 : -1);
                assertStore(instance, 68 * PAGE + offset, offset < -7 ? -1 : 68);
                assertStore(instance, 69 * PAGE + offset, offset < 0 ? 68 : -1);
                assertStore(instance, 70 * PAGE + offset, offset < -7 ? -1 : 70);
                assertStore(instance, 16 * PAGE + offset, offset < 0 ? 0 : 16);
                // Over the end of RAM: the octets from address 0 on make it a panic.
                assertStore(instance, (1L << 32) + offset, offset < -7 ? -1 : 0);
            }
        }
    }

    /** Stores eight octets; the page that is to fault, -1 when none is, 0 for a panic. */
    private static void assertStore(Instance instance, long address, long faultPage) {
        var where = "store at 0x%x".formatted(address);
        instance.pc(0).gasCharged(false).gas(1000).register(7, address).register(8, 0x0102_0304_0506_0708L);
        var exit = instance.run();
        if (faultPage == 0) {
            assertEquals(new Exit.Panic(), exit, where);
        } else if (faultPage > 0) {
            assertEquals(new Exit.PageFault(faultPage * PAGE), exit, where);
        } else {
            assertEquals(new Exit.HostCall(1), exit, where);
            var octets = new byte[8];
            assertTrue(instance.memory().read(address, octets), where);
            for (int i = 0; i < 8; i++) {
                assertEquals(8 - i, octets[i], where);
            }
            instance.memory().write(address, new byte[8]);
        }
    }

    // In a JVM of its own: what would go wrong takes the process with it.

    /** Alternates the access of very many pages in several instances, then has the JVM map more. */
    static final class AlternatePages {
        private static final int PAGES = 32_000;

        private AlternatePages() {}

        static void main(String[] arguments) throws Exception {
            int mapsPerInstance = Integer.parseInt(arguments[0]);
            try (var engine = Engine.create(Setup.DEFAULT.config().withMapsPerInstance(mapsPerInstance));
                    var module = engine.compile(Guests.LOAD)) {
                var open = new ArrayList<Instance>();
                for (int i = 0; i < 4; i++) {
                    open.add(module.instantiate(IMAGE));
                    alternate(open.getLast(), 64, PAGES);
                }
                var threads = new ArrayList<Thread>();
                for (int i = 0; i < 100; i++) {
                    threads.add(Thread.ofPlatform().start(() -> System.out.println("thread")));
                }
                for (var thread : threads) {
                    thread.join();
                }
                System.gc();
                for (var instance : open) {
                    assertRuns(instance);
                    instance.pc(0).gasCharged(false).gas(1000).register(7, (64L + PAGES) * PAGE);
                    assertEquals(new Exit.PageFault((64L + PAGES) * PAGE), instance.run());
                }
                System.out.println("MAPS " + Leaks.Figures.now(0).maps() + ", " + engine.statistics());
                assertTrue(engine.statistics().instancesChecked() >= 3, () -> engine.statistics().toString());
                closeAll(open);
                assertEquals(0, engine.statistics().instancesChecked());
                for (int i = 0; i < 4; i++) {
                    try (var instance = module.instantiate(IMAGE)) {
                        assertFalse(instance.checked());
                        assertRuns(instance);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10_000, Integer.MAX_VALUE})
    void alternatingPages(int mapsPerInstance) throws Exception {
        var result = ChildJvm.run(AlternatePages.class, List.of(ChildJvm.NATIVE_ACCESS, "-Xmx64m"),
                String.valueOf(mapsPerInstance)).requireSuccess();
        assertEquals(1, result.linesAfter("MAPS ").size(), result::output);
        System.out.println("at most " + mapsPerInstance + " maps each: " + result.linesAfter("MAPS ").getFirst());
    }
}
