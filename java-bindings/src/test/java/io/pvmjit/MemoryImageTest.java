package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.MemoryImage.Region;
import io.pvmjit.stress.Guests;
import io.pvmjit.stress.Setup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Images of RAM: which are refused, and that every instance has its own, whoever had its memory slot before. */
class MemoryImageTest {
    private static final int PAGE = MemoryImage.PAGE_SIZE;

    private static Region region(int firstPage, int pageCount, PageAccess access, int... contents) {
        return Region.of(firstPage, pageCount, access, octets(contents));
    }

    private static Region oneTime(int firstPage, int pageCount, int... contents) {
        return Region.oneTime(firstPage, pageCount, PageAccess.READ, MemorySegment.ofArray(octets(contents)));
    }

    private static byte[] octets(int... values) {
        var octets = new byte[values.length];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) values[i];
        }
        return octets;
    }

    @ParameterizedTest
    @CsvSource({
        "15, 1", "0, 1", "-1, 1", "-2147483648, 1", "16, 0", "16, -1", "16, -2147483648", "16, 1048561", "1048575, 2",
        "1048576, 1", "1048577, 1", "2147483647, 1", "2147483647, 2147483647", "16, 2147483647"
    })
    void pagesOutOfBounds(int firstPage, int pageCount) {
        var problem = assertThrows(IllegalArgumentException.class,
                () -> region(firstPage, pageCount, PageAccess.WRITE));
        assertTrue(problem.getMessage().contains(String.valueOf(firstPage))
                && problem.getMessage().contains(String.valueOf(pageCount)), problem::getMessage);
    }

    @Test
    void regionsThatAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> region(16, 1, PageAccess.NONE));
        assertThrows(NullPointerException.class, () -> Region.of(16, 1, null, new byte[0]));
        assertThrows(NullPointerException.class, () -> Region.of(16, 1, PageAccess.READ, (byte[]) null));
        assertThrows(IllegalArgumentException.class, () -> Region.of(16, 1, PageAccess.READ, new byte[PAGE + 1]));
        assertEquals(PAGE, Region.of(16, 1, PageAccess.READ, new byte[PAGE]).contents().byteSize());
        assertEquals((1 << 20) - 16, region(16, (1 << 20) - 16, PageAccess.WRITE).pageCount());
    }

    @Test
    void imagesThatAreRefused() {
        var page = region(20, 1, PageAccess.READ);
        var pages = region(19, 2, PageAccess.WRITE);
        var behind = region(21, 3, PageAccess.WRITE);
        var problem = assertThrows(IllegalArgumentException.class, () -> MemoryImage.of(List.of(page, pages)));
        assertTrue(problem.getMessage().contains("20"), problem::getMessage);
        assertThrows(IllegalArgumentException.class, () -> MemoryImage.of(List.of(page, page)));
        assertThrows(NullPointerException.class, () -> MemoryImage.of(Arrays.asList(page, null)));
        assertThrows(NullPointerException.class, () -> MemoryImage.of(null));
        var sorted = MemoryImage.of(List.of(behind, page));
        assertEquals(List.of(page, behind), sorted.regions());
        assertThrows(UnsupportedOperationException.class, () -> sorted.regions().clear());
        assertEquals(List.of(), MemoryImage.empty().regions());
        assertEquals(List.of(), MemoryImage.of(List.of()).regions());
    }

    @Test
    void contentsAreCopiedAndReadOnly() {
        var octets = new byte[] {1, 2, 3};
        var region = Region.of(16, 1, PageAccess.WRITE, octets);
        octets[0] = 9;
        assertArrayEquals(new byte[] {1, 2, 3}, region.contents().toArray(ValueLayout.JAVA_BYTE));
        assertTrue(region.contents().isReadOnly());
        var list = new ArrayList<>(List.of(region));
        var image = MemoryImage.of(list);
        list.clear();
        assertEquals(List.of(region), image.regions());
    }

    @Test
    void oneTimeContentsAreNotKnownByANumber() {
        assertEquals(0, oneTime(16, 1, 1).contentsId());
        var known = region(16, 1, PageAccess.READ, 1);
        assertNotEquals(0, known.contentsId());
        assertNotEquals(known.contentsId(), region(16, 1, PageAccess.READ, 1).contentsId());
    }

    /** Arguments of one program: longer and shorter by turns, each followed by zeros. */
    @ParameterizedTest
    @EnumSource
    void oneTimeContents(Setup setup) {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.LOAD)) {
            for (int round = 0; round < 40; round++) {
                var octets = new byte[1 + round * 7919 % (round % 4 == 0 ? 70 * PAGE : 2 * PAGE)];
                Arrays.fill(octets, (byte) (round + 1));
                var image = MemoryImage.of(List.of(region(32, 1, PageAccess.WRITE, 5), Region.oneTime(64,
                        Math.ceilDiv(octets.length, PAGE), PageAccess.READ, MemorySegment.ofArray(octets))));
                try (var instance = module.instantiate(image);
                        var twin = module.instantiate(image)) {
                    assertHolds(image, instance);
                    assertTrue(instance.memory().fill(64 * PAGE, new byte[] {99}));
                    assertFalse(instance.memory().write(64 * PAGE, new byte[1]));
                    assertHolds(image, twin);
                    assertTrue(twin.memory().protect(64, 1, PageAccess.WRITE, false));
                    assertTrue(twin.memory().write(65 * PAGE - 1, new byte[] {98}));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void contentsOutliveTheirSource(Setup setup) {
        var arena = Arena.ofConfined();
        var onHeap = MemorySegment.ofArray(new long[] {0x0102_0304_0506_0708L});
        var offHeap = arena.allocate(8).copyFrom(onHeap);
        var image = MemoryImage.of(List.of(
                Region.of(16, 1, PageAccess.READ, onHeap), Region.of(20, 1, PageAccess.WRITE, offHeap)));
        arena.close();
        onHeap.fill((byte) 0xff);
        try (var engine = setup.engine();
                var module = engine.compile(Guests.LOAD);
                var instance = module.instantiate(image)) {
            var octets = new byte[9];
            for (long page : new long[] {16, 20}) {
                assertTrue(instance.memory().read(page * PAGE, octets));
                assertArrayEquals(new byte[] {8, 7, 6, 5, 4, 3, 2, 1, 0}, octets);
            }
        }
    }

    /** RAM as an image describes it, octet by octet. */
    private static void assertHolds(MemoryImage image, Instance instance) {
        var memory = instance.memory();
        int page = 0;
        for (var region : image.regions()) {
            for (; page < region.firstPage(); page++) {
                assertSame(PageAccess.NONE, memory.access(page));
            }
            var expected = Arrays.copyOf(region.contents().toArray(ValueLayout.JAVA_BYTE), region.pageCount() * PAGE);
            var octets = new byte[expected.length];
            assertTrue(memory.read((long) region.firstPage() * PAGE, octets));
            assertArrayEquals(expected, octets);
            for (; page < region.firstPage() + region.pageCount(); page++) {
                assertSame(region.access(), memory.access(page));
            }
        }
        assertSame(PageAccess.NONE, memory.access(page));
    }

    @ParameterizedTest
    @EnumSource
    void imagesThatShareRegions(Setup setup) {
        var data = region(16, 2, PageAccess.READ, 1, 2, 3);
        var heap = region(32, 4, PageAccess.WRITE, 4, 5, 6);
        var images = new ArrayList<MemoryImage>();
        for (int i = 0; i < 4; i++) {
            images.add(MemoryImage.of(List.of(data, heap, region(64, 1, PageAccess.READ, 7 + i))));
            images.add(MemoryImage.of(List.of(data, heap, region(64, 1 + i, PageAccess.READ, 7, 8, i))));
            images.add(MemoryImage.of(List.of(heap, region(64, 1 + i, PageAccess.WRITE, i))));
        }
        try (var engine = setup.engine();
                var module = engine.compile(Guests.LOAD)) {
            for (int round = 0; round < 5; round++) {
                for (var image : images) {
                    try (var instance = module.instantiate(image);
                            var twin = module.instantiate(image)) {
                        assertHolds(image, instance);
                        assertHolds(image, twin);
                        assertTrue(instance.memory().write(32 * PAGE, new byte[4 * PAGE]));
                        assertTrue(instance.memory().fill(64 * PAGE, new byte[] {99}));
                        assertHolds(image, twin);
                    }
                }
            }
        }
    }

    /** What a guest or host may leave in a memory slot, none of which the next instance may see. */
    private static void soil(Instance instance, SplittableRandom random) {
        var memory = instance.memory();
        var octets = new byte[3 * PAGE];
        Arrays.fill(octets, (byte) 0xEE);
        for (int region : new int[] {16, 20, 32, 40, 64}) {
            switch (random.nextInt(6)) {
                case 0 -> memory.write((long) region * PAGE, octets);
                case 1 -> memory.fill((long) region * PAGE, octets);
                case 2 -> {
                    memory.protect(region, 3, PageAccess.WRITE, false);
                    memory.write((long) region * PAGE, octets);
                    memory.protect(region, 3, PageAccess.NONE, false);
                }
                case 3 -> {
                    memory.protect(region, 3, PageAccess.WRITE, random.nextBoolean());
                    memory.fill((long) region * PAGE, octets);
                    memory.protect(region, 2, PageAccess.READ, false);
                }
                case 4 -> {
                    instance.gas(1000).pc(0).gasCharged(false).register(7, (long) region * PAGE).register(8, -1);
                    instance.run();
                }
                default -> memory.protect(region + 1L, 1, PageAccess.NONE, true);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void contentsNeverLeakBetweenInstances(Setup setup) {
        var random = new SplittableRandom(12);
        var readOnly = region(16, 2, PageAccess.READ, 1, 2, 3);
        var images = List.of(
                MemoryImage.empty(),
                MemoryImage.of(List.of(readOnly)),
                MemoryImage.of(List.of(readOnly, region(20, 2, PageAccess.WRITE, 4))),
                MemoryImage.of(List.of(readOnly, region(20, 2, PageAccess.WRITE, 5), region(40, 40, PageAccess.WRITE))),
                MemoryImage.of(List.of(region(16, 2, PageAccess.WRITE), region(20, 2, PageAccess.READ, 6))),
                MemoryImage.of(List.of(readOnly, oneTime(20, 2, 9, 9, 9))),
                MemoryImage.of(List.of(readOnly, oneTime(20, 2, 9), oneTime(40, 1, 10))),
                MemoryImage.of(List.of(region(16, 100, PageAccess.WRITE, 7))),
                MemoryImage.of(List.of(region(16, 100, PageAccess.READ, 8))));
        try (var engine = setup.engine();
                var module = engine.compile(Guests.STORE)) {
            var open = new ArrayList<Instance>();
            for (int round = 0; round < 400; round++) {
                var image = images.get(random.nextInt(images.size()));
                var instance = module.instantiate(image);
                assertHolds(image, instance);
                // What the image leaves out is zero when the host makes it accessible.
                assertTrue(instance.memory().protect(16, 120, PageAccess.READ, false));
                var expected = new byte[120 * PAGE];
                for (var region : image.regions()) {
                    var contents = region.contents().toArray(ValueLayout.JAVA_BYTE);
                    System.arraycopy(contents, 0, expected, (region.firstPage() - 16) * PAGE, contents.length);
                }
                var octets = new byte[120 * PAGE];
                assertTrue(instance.memory().read(16L * PAGE, octets));
                assertArrayEquals(expected, octets, "round " + round);
                if (random.nextBoolean()) {
                    instance.close();
                    instance = module.instantiate(image);
                    assertHolds(image, instance);
                }
                soil(instance, random);
                open.add(instance);
                if (open.size() > 3 || random.nextBoolean()) {
                    open.remove(random.nextInt(open.size())).close();
                }
            }
            open.forEach(Instance::close);
            assertEquals(0, engine.statistics().instancesAlive());
        }
    }

    @ParameterizedTest
    @EnumSource
    void contentsNeverLeakWhereLittleMayBePooled(Setup setup) {
        // A pool of one page at the most: slots are given back to the system and reused all the same.
        var config = setup.config().withPoolBytes(PAGE).withInstanceLimit(2);
        var images = List.of(
                MemoryImage.of(List.of(region(16, 1, PageAccess.WRITE, 1))),
                MemoryImage.of(List.of(region(16, 64, PageAccess.WRITE, 2))),
                MemoryImage.of(List.of(region(16, 64, PageAccess.READ, 3), region(200, 1, PageAccess.WRITE))));
        try (var engine = Engine.create(config);
                var module = engine.compile(Guests.STORE)) {
            for (int round = 0; round < 60; round++) {
                var image = images.get(round % images.size());
                try (var instance = module.instantiate(image);
                        var other = module.instantiate(images.get((round + round / 3) % images.size()))) {
                    assertHolds(image, instance);
                    instance.memory().fill(16L * PAGE, new byte[PAGE]);
                    other.memory().write(16L * PAGE, new byte[PAGE]);
                }
            }
        }
    }
}
