package io.pvmjit;

import static io.pvmjit.TestMemory.LAST_PAGE;
import static io.pvmjit.TestMemory.PAGE;
import static io.pvmjit.TestMemory.SIZE;
import static io.pvmjit.TestMemory.imageAccess;
import static io.pvmjit.TestMemory.octets;
import static io.pvmjit.TestMemory.pattern;
import static io.pvmjit.TestMemory.withMemory;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.stress.Setup;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The access of pages, as the host sets it and host and guest see it. */
class ProtectTest {
    @ParameterizedTest
    @EnumSource
    void protectArguments(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            long[][] refused = {
                {0, 1}, {15, 1}, {15, 2}, {0, 1 << 20}, {1 << 20, 1}, {LAST_PAGE, 2}, {16, (1 << 20) - 15}, {SIZE, 1},
                {SIZE + 16, 1}, {16, SIZE}, {16, SIZE + 1}, {16, -1}, {-1, 1}, {-1, 2}, {Long.MIN_VALUE, 1},
                {Long.MIN_VALUE + 16, 1}, {16, Long.MIN_VALUE}, {Long.MAX_VALUE, Long.MAX_VALUE}, {Long.MAX_VALUE, 1},
                {-16, 32}
            };
            for (var access : List.of(PageAccess.READ, PageAccess.WRITE)) {
                for (boolean zero : new boolean[] {false, true}) {
                    for (var range : refused) {
                        assertFalse(memory.protect(range[0], range[1], access, zero), () -> Arrays.toString(range));
                    }
                }
            }
            long[][] refusedAlways = {
                {1 << 20, 1}, {LAST_PAGE, 2}, {0, (1 << 20) + 1}, {-1, 1}, {0, -1}, {0, SIZE}, {SIZE, 0}, {-1, 0}
            };
            for (var range : refusedAlways) {
                assertFalse(memory.protect(range[0], range[1], PageAccess.NONE, true), () -> Arrays.toString(range));
            }
            for (long page : new long[] {0, 15, 16, 32, LAST_PAGE, 1 << 20}) {
                for (var access : PageAccess.values()) {
                    assertTrue(memory.protect(page, 0, access, true), () -> "no pages at " + page);
                }
            }
            for (int page = 0; page < 64; page++) {
                assertSame(imageAccess(page), memory.access(page));
            }
            assertArrayEquals(pattern(2 * PAGE, 2), octets(memory, 32 * PAGE, 2 * PAGE), "nothing was zeroed");
            assertTrue(memory.protect(0, 16, PageAccess.NONE, true));
            assertTrue(memory.protect(0, 1 << 20, PageAccess.NONE, false));
            assertFalse(memory.readable(32 * PAGE, 1));
            assertThrows(NullPointerException.class, () -> memory.protect(32, 1, null, true));
            assertTrue(memory.protect(16, (1 << 20) - 16, PageAccess.READ, true));
            assertTrue(memory.readable(1 << 16, SIZE - (1 << 16)));
            assertFalse(memory.readable((1 << 16) - 1, 2));
            assertEquals(0, octets(memory, 32 * PAGE, 1)[0]);
        });
    }

    @ParameterizedTest
    @EnumSource
    void protectKeepsOrZeroesContents(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            var octets = pattern(2 * PAGE, 2);
            assertTrue(memory.protect(32, 2, PageAccess.NONE, false));
            assertFalse(memory.readable(32 * PAGE, 1));
            assertTrue(memory.protect(32, 2, PageAccess.READ, false));
            assertArrayEquals(octets, octets(memory, 32 * PAGE, 2 * PAGE), "kept while inaccessible");
            assertFalse(memory.writable(32 * PAGE, 1));
            assertTrue(memory.protect(33, 1, PageAccess.WRITE, true));
            assertArrayEquals(new byte[PAGE], octets(memory, 33 * PAGE, PAGE));
            assertTrue(memory.protect(32, 1, PageAccess.NONE, true));
            assertTrue(memory.protect(32, 1, PageAccess.WRITE, false));
            assertArrayEquals(new byte[PAGE], octets(memory, 32 * PAGE, PAGE), "zeroed while it became inaccessible");
            // Hidden, then zeroed while hidden, then shown.
            assertTrue(memory.write(32 * PAGE, octets));
            assertTrue(memory.protect(32, 2, PageAccess.NONE, false));
            assertTrue(memory.protect(33, 1, PageAccess.NONE, true));
            assertTrue(memory.protect(32, 2, PageAccess.READ, false));
            assertArrayEquals(Arrays.copyOf(octets, PAGE), octets(memory, 32 * PAGE, PAGE));
            assertArrayEquals(new byte[PAGE], octets(memory, 33 * PAGE, PAGE));
            // Neighbours are as they were.
            assertArrayEquals(pattern(PAGE, 3), octets(memory, 34 * PAGE, PAGE));
            assertArrayEquals(pattern(PAGE, 1), octets(memory, 16 * PAGE, PAGE));
            // The guest sees the same.
            instance.gas(1000).register(7, 33 * PAGE);
            assertEquals(new Exit.Halt(), instance.run());
            assertEquals(0, instance.register(8));
        });
    }

    @ParameterizedTest
    @EnumSource
    void randomProtections(Setup setup) {
        var random = new SplittableRandom(11);
        withMemory(setup, (instance, memory) -> {
            int first = 48;
            int count = 40;
            var access = new PageAccess[count];
            Arrays.fill(access, PageAccess.NONE);
            var value = new byte[count];
            for (int i = 0; i < 3_000; i++) {
                int page = random.nextInt(count);
                int pages = random.nextInt(1, count - page + 1);
                if (random.nextInt(3) == 0) {
                    var octet = (byte) random.nextInt();
                    boolean writable = access[page] == PageAccess.WRITE;
                    assertEquals(writable, memory.write((long) (first + page) * PAGE, new byte[] {octet}));
                    value[page] = writable ? octet : value[page];
                } else {
                    var wanted = PageAccess.of(random.nextInt(3));
                    boolean zero = random.nextInt(4) == 0;
                    assertTrue(memory.protect(first + page, pages, wanted, zero));
                    Arrays.fill(access, page, page + pages, wanted);
                    if (zero) {
                        Arrays.fill(value, page, page + pages, (byte) 0);
                    }
                }
                int probe = random.nextInt(count);
                long address = (long) (first + probe) * PAGE;
                assertSame(access[probe], memory.access(first + probe));
                if (access[probe] != PageAccess.NONE) {
                    assertEquals(value[probe], octets(memory, address, 1)[0]);
                }
                instance.gas(1000).pc(0).gasCharged(false).register(7, address).register(8, -1);
                var expected = access[probe] == PageAccess.NONE ? new Exit.PageFault(address) : new Exit.Halt();
                assertEquals(expected, instance.run());
                assertEquals(access[probe] == PageAccess.NONE ? -1 : value[probe] & 0xff, instance.register(8));
            }
        });
    }
}
