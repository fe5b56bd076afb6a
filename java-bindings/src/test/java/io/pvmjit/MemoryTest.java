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
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.MemoryImage.Region;
import io.pvmjit.stress.Guests;
import io.pvmjit.stress.Setup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** RAM as the host sees it: ranges that a guest may have chosen, and copies. */
class MemoryTest {
    /** By the definition: no octet but accessible ones, and none from 2^32 on; both are unsigned. */
    private static boolean granted(long address, long length, PageAccess wanted) {
        if (length == 0) {
            return true;
        }
        if (Long.compareUnsigned(address, SIZE) >= 0 || Long.compareUnsigned(length, SIZE - address) > 0) {
            return false;
        }
        for (long page = address / PAGE; page <= (address + length - 1) / PAGE; page++) {
            if (imageAccess(page).compareTo(wanted) < 0) {
                return false;
            }
        }
        return true;
    }

    private static final long[] ADDRESSES = {
        0, 1, 0xffff, 0x1_0000, 0x1_0fff, 0x1_1000, 0x1_ffff, 0x2_0000, 0x2_0001, 0x2_0fff, 0x2_1000, 0x2_1fff,
        0x2_2000, 0x2_2fff, 0x2_3000, 0x7fff_ffff, 0x8000_0000L, 0xffff_dfffL, 0xffff_e000L, 0xffff_f000L, SIZE - 2,
        SIZE - 1, SIZE, SIZE + 1, SIZE + 0x2_0000, 2 * SIZE - 1, Long.MAX_VALUE, Long.MIN_VALUE,
        Long.MIN_VALUE + 0x2_0000, -SIZE, -SIZE + 0x2_0000, -2, -1
    };

    private static final long[] LENGTHS = {
        0, 1, 2, 3, 0xfff, 0x1000, 0x1001, 0x2000, 0x2001, 0x3000, 0x3001, 0x1_0000, 0x7fff_ffff, 0x8000_0000L,
        SIZE - 1, SIZE, SIZE + 1, 2 * SIZE, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1, -SIZE, -0x2_0000,
        -4096, -2, -1
    };

    @ParameterizedTest
    @EnumSource
    void rangesOfTheGuestsChoice(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            // Room for ranges that are granted; the others must not even look at it.
            var buffer = MemorySegment.ofArray(new byte[3 * PAGE]);
            for (long address : ADDRESSES) {
                for (long length : LENGTHS) {
                    var range = "0x%x octets at 0x%x".formatted(length, address);
                    boolean readable = granted(address, length, PageAccess.READ);
                    boolean writable = granted(address, length, PageAccess.WRITE);
                    assertEquals(readable, memory.readable(address, length), range);
                    assertEquals(writable, memory.writable(address, length), range);
                    assertEquals(readable, memory.read(address, buffer, 0, length), range);
                    assertEquals(writable, memory.write(address, buffer, 0, length), range);
                    assertEquals(readable && writable, memory.copyTo(address, memory, address, length), range);
                    if (length != 0 && !readable) {
                        assertNull(instance.module().engine().compile(memory, address, length), range);
                    }
                }
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void rangesAreUnsigned(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            assertFalse(memory.readable(-1, 2), "2^64 - 1, which would wrap to 0");
            assertFalse(memory.readable(SIZE - 1, 2), "the last octet and one beyond");
            assertTrue(memory.readable(SIZE - 1, 1));
            assertTrue(memory.writable(SIZE - 2 * PAGE, 2 * PAGE));
            assertFalse(memory.readable(SIZE - PAGE, -1));
            assertFalse(memory.readable(0x2_0000, 1L << 63));
            assertFalse(memory.readable(1L << 63, 1L << 63), "a sum of 2^64");
            assertFalse(memory.readable(0x2_0000, SIZE));
            for (long address : ADDRESSES) {
                assertTrue(memory.readable(address, 0));
                assertTrue(memory.writable(address, 0));
                assertTrue(memory.read(address, new byte[0]));
                assertTrue(memory.write(address, new byte[0]));
                assertTrue(memory.fill(address, new byte[0]));
                assertTrue(memory.copyTo(address, memory, ~address, 0));
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void accessOfPages(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            for (long page = 0; page <= LAST_PAGE; page += page < 64 ? 1 : 4093) {
                assertSame(imageAccess(page), memory.access(page), "page " + page);
            }
            for (long page = LAST_PAGE - 2; page <= LAST_PAGE; page++) {
                assertSame(imageAccess(page), memory.access(page), "page " + page);
            }
            for (long page : new long[] {1L << 20, SIZE, SIZE + 32, Long.MAX_VALUE, Long.MIN_VALUE, -SIZE + 32, -1}) {
                assertSame(PageAccess.NONE, memory.access(page), () -> "page " + page);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void refusedOperationsDoNothing(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            var before = octets(memory, 32 * PAGE, 3 * PAGE);
            assertFalse(memory.write(33 * PAGE, new byte[PAGE + 1]), "the page behind is read-only");
            assertFalse(memory.write(31 * PAGE + 1, new byte[PAGE]), "the page in front is inaccessible");
            assertFalse(memory.fill(34 * PAGE, new byte[PAGE + 1]), "the page behind is inaccessible");
            assertFalse(memory.copyTo(16 * PAGE, memory, 33 * PAGE, 2 * PAGE), "neither is");
            assertFalse(memory.copyTo(32 * PAGE, memory, 33 * PAGE, PAGE + 1), "the target is not writable");
            assertFalse(memory.copyTo(34 * PAGE, memory, 32 * PAGE, PAGE + 1), "the source is not readable");
            assertArrayEquals(before, octets(memory, 32 * PAGE, 3 * PAGE));
            var target = new byte[PAGE + 1];
            assertFalse(memory.read(34 * PAGE, target));
            assertArrayEquals(new byte[PAGE + 1], target);
        });
    }

    @ParameterizedTest
    @EnumSource
    void buffersThatAreTooShort(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            var buffer = MemorySegment.ofArray(new byte[100]);
            var before = octets(memory, 32 * PAGE, 200);
            long address = 32 * PAGE;
            long[][] ranges = {
                {0, 101}, {1, 100}, {100, 1}, {101, 0}, {-1, 1}, {-1, 0}, {Long.MIN_VALUE, 1}, {Long.MAX_VALUE, 1},
                {Long.MAX_VALUE, 0}
            };
            for (var range : ranges) {
                assertThrows(IndexOutOfBoundsException.class, () -> memory.read(address, buffer, range[0], range[1]),
                        () -> Arrays.toString(range));
                assertThrows(IndexOutOfBoundsException.class, () -> memory.write(address, buffer, range[0], range[1]),
                        () -> Arrays.toString(range));
            }
            // What the guest does wrong comes first: it must not make the host throw.
            assertFalse(memory.read(0, buffer, 0, 101));
            assertFalse(memory.write(0, buffer, 101, 1));
            assertArrayEquals(before, octets(memory, address, 200));
            assertArrayEquals(new byte[100], buffer.toArray(ValueLayout.JAVA_BYTE));
            assertThrows(IllegalArgumentException.class, () -> memory.read(address, buffer.asReadOnly(), 0, 1));
            assertThrows(NullPointerException.class, () -> memory.read(address, null, 0, 1));
            assertThrows(NullPointerException.class, () -> memory.write(address, null, 0, 1));
            // The instance is free again after each of these.
            assertEquals(0, instance.register(0));
        });
    }

    @ParameterizedTest
    @EnumSource
    void buffersOnAndOffTheHeap(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            var octets = pattern(PAGE + 100, 7);
            long address = 32 * PAGE + 50;
            var arena = Arena.ofConfined();
            var longs = MemorySegment.ofArray(new long[1024]);
            var allocated = arena.allocate(8192);
            for (var buffer : List.of(longs, allocated)) {
                MemorySegment.copy(octets, 0, buffer, ValueLayout.JAVA_BYTE, 8, octets.length);
                assertTrue(memory.write(address, buffer, 8, octets.length));
                assertArrayEquals(octets, octets(memory, address, octets.length));
                buffer.fill((byte) 0);
                assertTrue(memory.read(address, buffer, 16, octets.length));
                assertArrayEquals(octets, buffer.asSlice(16, octets.length).toArray(ValueLayout.JAVA_BYTE));
                assertEquals(0, buffer.get(ValueLayout.JAVA_BYTE, 15));
                assertEquals(0, buffer.get(ValueLayout.JAVA_BYTE, 16 + octets.length));
                assertTrue(memory.write(address, new byte[octets.length]));
            }
            assertTrue(memory.write(address, allocated.asReadOnly(), 0, 8));
            arena.close();
            assertThrows(IllegalStateException.class, () -> memory.read(address, allocated, 0, 1));
            assertThrows(IllegalStateException.class, () -> memory.write(address, allocated, 0, 1));
            assertEquals(0, instance.register(0), "the instance is free again");
        });
    }

    @ParameterizedTest
    @EnumSource
    void fillReachesReadOnlyPages(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            var octets = pattern(2 * PAGE, 8);
            assertFalse(memory.write(34 * PAGE, new byte[1]));
            assertTrue(memory.fill(33 * PAGE, octets), "one writable page and one read-only page");
            assertArrayEquals(octets, octets(memory, 33 * PAGE, octets.length));
            assertTrue(memory.fill(16 * PAGE + 7, new byte[] {42}));
            assertEquals(42, octets(memory, 16 * PAGE + 7, 1)[0]);
            assertSame(PageAccess.READ, memory.access(16));
            assertSame(PageAccess.WRITE, memory.access(33));
            assertSame(PageAccess.READ, memory.access(34));
            assertFalse(memory.writable(34 * PAGE, 1));
            assertFalse(memory.fill(0, new byte[1]));
            assertFalse(memory.fill(-1, new byte[1]));
            assertFalse(memory.fill(SIZE - 1, new byte[2]));
            instance.gas(1000).register(7, 16 * PAGE + 7);
            assertEquals(new Exit.Halt(), instance.run());
            assertEquals(42, instance.register(8));
        });
    }

    @ParameterizedTest
    @EnumSource
    void overlappingCopies(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            var random = new SplittableRandom(9);
            for (int i = 0; i < 500; i++) {
                var expected = pattern(2 * PAGE, i);
                assertTrue(memory.write(32 * PAGE, expected));
                int length = random.nextInt(1, i % 2 == 0 ? 64 : PAGE + 1000);
                int from = random.nextInt(2 * PAGE - length + 1);
                int to = Math.clamp(from + random.nextInt(-length, length + 1), 0, 2 * PAGE - length);
                System.arraycopy(expected.clone(), from, expected, to, length);
                assertTrue(memory.copyTo(32 * PAGE + from, memory, 32 * PAGE + to, length));
                assertArrayEquals(expected, octets(memory, 32 * PAGE, 2 * PAGE));
            }
        });
    }

    /** Arrays of every small size, 32 above all, wherever they begin and end: their octets, and no others, both ways. */
    @ParameterizedTest
    @EnumSource
    void smallArrays(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            long end = SIZE;
            for (long base : new long[] {32 * PAGE, 33 * PAGE - 40, 34 * PAGE - 112, end - 112}) {
                for (int size = 0; size <= 70; size++) {
                    for (int shift : new int[] {0, 1, 7, 8, 112 - size}) {
                        var around = pattern(112, size);
                        assertTrue(memory.write(base, around));
                        var array = pattern(size, shift + 1000);
                        assertTrue(memory.write(base + shift, array));
                        System.arraycopy(array, 0, around, shift, Math.min(size, 112 - shift));
                        assertArrayEquals(around, octets(memory, base, 112), () -> "%x".formatted(base));
                        assertArrayEquals(array, octets(memory, base + shift, size), () -> "%x".formatted(base));
                    }
                }
            }
            for (int octets = 1; octets < 32; octets++) {
                var array = pattern(32, octets);
                assertFalse(memory.read(end - octets, array), "beyond 2^32");
                assertFalse(memory.read(35 * PAGE - octets, array), "into an inaccessible page");
                assertFalse(memory.write(end - octets, array));
                assertFalse(memory.write(34 * PAGE - octets, array), "into a read-only page");
                assertArrayEquals(pattern(32, octets), array);
            }
        });
    }

    /** Of more octets than are copied at once. */
    @ParameterizedTest
    @EnumSource
    void largeOverlappingCopies(Setup setup) {
        int pages = 5120;
        int length = 16 * (1 << 20) + 77;
        var image = MemoryImage.of(List.of(Region.of(32, pages, PageAccess.WRITE, new byte[0])));
        try (var engine = setup.engine();
                var module = engine.compile(Guests.LOAD);
                var instance = module.instantiate(image)) {
            var memory = instance.memory();
            for (int shift : new int[] {-4097, 4096}) {
                int from = 5000;
                var expected = pattern(pages * PAGE, shift);
                assertTrue(memory.write(32 * PAGE, expected));
                System.arraycopy(expected.clone(), from, expected, from + shift, length);
                assertTrue(memory.copyTo(32 * PAGE + from, memory, 32 * PAGE + from + shift, length));
                assertArrayEquals(expected, octets(memory, 32 * PAGE, expected.length), () -> "moved by " + shift);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void copiesBetweenInstances(Setup setup) {
        withMemory(setup, (instance, memory) -> {
            var octets = pattern(PAGE + 77, 10);
            assertTrue(memory.write(32 * PAGE, octets));
            for (var other : Setup.values()) {
                withMemory(other, (target, targetMemory) -> {
                    assertTrue(memory.copyTo(32 * PAGE, targetMemory, 32 * PAGE + 9, octets.length));
                    assertArrayEquals(octets, octets(targetMemory, 32 * PAGE + 9, octets.length));
                    assertFalse(memory.copyTo(32 * PAGE, targetMemory, 34 * PAGE, 1));
                    assertFalse(memory.copyTo(0, targetMemory, 32 * PAGE, 1));
                    // On the crosscheck engine this compares the RAM of both machines.
                    target.gas(1000).register(7, 32 * PAGE + 9);
                    assertEquals(new Exit.Halt(), target.run());
                    assertEquals(octets[0] & 0xff, target.register(8));
                });
            }
        });
    }
}
