package io.pvmjit.interpreter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.QuotaException;
import io.pvmjit.Resource;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.internal.sharing.Unbounded;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The interpreter's RAM: ranges, copies, access, and pages that are made only when they are written. */
class PagedMemoryTest {
    private static final int PAGE = MemoryImage.PAGE_SIZE;
    private static final long END = 1L << 32;

    private static PagedMemory memory(MemoryImage.Region... regions) {
        return PagedMemory.of(MemoryImage.of(List.of(regions)), Unbounded.spending());
    }

    private static MemorySegment counting(int length) {
        var octets = new byte[length];
        for (int i = 0; i < length; i++) {
            octets[i] = (byte) (i * 7 + 1);
        }
        return MemorySegment.ofArray(octets);
    }

    @Test
    void imageContents() {
        var contents = counting(PAGE + 5).toArray(ValueLayout.JAVA_BYTE);
        var memory = memory(MemoryImage.Region.of(1023, 3, PageAccess.READ, contents),
                MemoryImage.Region.of(1026, 1, PageAccess.WRITE, new byte[] {9}));
        var octets = memory.copyOf(1023L * PAGE, 4L * PAGE).toArray(ValueLayout.JAVA_BYTE);
        var expected = Arrays.copyOf(contents, 4 * PAGE);
        expected[3 * PAGE] = 9;
        assertArrayEquals(expected, octets);
        assertEquals(PageAccess.NONE, memory.access(1022));
        assertEquals(PageAccess.READ, memory.access(1023));
        assertEquals(PageAccess.READ, memory.access(1025));
        assertEquals(PageAccess.WRITE, memory.access(1026));
        assertEquals(PageAccess.NONE, memory.access(1027));
    }

    @Test
    void machinesOfOneImageDoNotShare() {
        var image = MemoryImage.of(List.of(MemoryImage.Region.of(16, 1, PageAccess.WRITE, new byte[] {1, 2})));
        var one = PagedMemory.of(image, Unbounded.spending());
        var other = PagedMemory.of(image, Unbounded.spending());
        assertTrue(one.store(16 * PAGE, 2, 0x0909));
        assertTrue(other.load(16 * PAGE, 2));
        assertEquals(0x0201, other.loaded());
    }

    /** Pages of which the Java heap may not hold all stay as they were, and a second try costs no more. */
    @Test
    void refusedPages() {
        for (int heap = 0; heap < 3 * 20 * PAGE; heap += PAGE / 2) {
            var spending = Unbounded.withHeap(heap);
            var memory = PagedMemory.of(MemoryImage.of(List.of()), spending);
            int first = 16;
            int count = 3 * 1024;
            try {
                memory.protect(first, count, PageAccess.WRITE, false);
            } catch (QuotaException _) {
                for (int page = first; page < first + count; page++) {
                    assertEquals(PageAccess.NONE, memory.access(page));
                }
            }
            long spent = spending.spent(Resource.HEAP);
            try {
                memory.protect(first, count, PageAccess.WRITE, false);
                assertEquals(PageAccess.WRITE, memory.access(first + count - 1));
            } catch (QuotaException _) {
                assertEquals(spent, spending.spent(Resource.HEAP));
            }
            memory.close();
            assertEquals(0, spending.spent(Resource.HEAP));
        }
    }

    /** Ranges that guests may name: any 64-bit address and length. */
    @Test
    void ranges() {
        var memory = memory(MemoryImage.Region.of(16, 2, PageAccess.WRITE, new byte[0]),
                MemoryImage.Region.of(18, 1, PageAccess.READ, new byte[0]),
                MemoryImage.Region.of((1 << 20) - 1, 1, PageAccess.WRITE, new byte[0]));
        long from = 16L * PAGE;
        for (long address : new long[] {0, 5, from, END - 1, END, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertTrue(memory.readable(address, 0));
            assertTrue(memory.writable(address, 0));
        }
        assertTrue(memory.readable(from, 3 * PAGE));
        assertFalse(memory.readable(from, 3 * PAGE + 1));
        assertFalse(memory.readable(from - 1, 2));
        assertTrue(memory.writable(from + 1, 2 * PAGE - 1));
        assertFalse(memory.writable(from + 1, 2 * PAGE));
        assertTrue(memory.readable(END - 1, 1));
        assertTrue(memory.writable(END - PAGE, PAGE));
        assertFalse(memory.readable(END - 1, 2));
        assertFalse(memory.readable(END, 1));
        for (long length : new long[] {1L << 32, 1L << 33, Long.MAX_VALUE, Long.MIN_VALUE, -1, -PAGE, END - from + 1}) {
            assertFalse(memory.readable(from, length));
            assertFalse(memory.writable(from, length));
            assertFalse(memory.readable(END - 1, length));
            assertFalse(memory.readable(-1, length));
            assertFalse(memory.readable(0, length));
            assertNull(memory.copyOf(from, length));
            assertFalse(memory.read(from, counting(1), 0, length));
            assertFalse(memory.write(from, counting(1), 0, length));
            assertFalse(memory.fill(from, counting(1), 0, length));
        }
        assertFalse(memory.readable(from + END, 1));
        assertFalse(memory.readable(from | Long.MIN_VALUE, 1));
    }

    @Test
    void copying() {
        var memory = memory(MemoryImage.Region.of(16, 3, PageAccess.WRITE, new byte[0]));
        var source = counting(2 * PAGE + 10);
        long at = 16L * PAGE + 4000;
        assertTrue(memory.write(at, source, 3, 2 * PAGE));
        var target = MemorySegment.ofArray(new byte[2 * PAGE + 2]);
        assertTrue(memory.read(at, target, 1, 2 * PAGE));
        assertEquals(-1, source.asSlice(3, 2 * PAGE).mismatch(target.asSlice(1, 2 * PAGE)));
        assertEquals(0, target.get(ValueLayout.JAVA_BYTE, 0));
        assertEquals(0, target.get(ValueLayout.JAVA_BYTE, 2 * PAGE + 1));
        assertEquals(-1, source.asSlice(3, 2 * PAGE).mismatch(memory.copyOf(at, 2 * PAGE)));
        // What is not accessible to the end is not copied at all.
        assertFalse(memory.write(at, counting(3 * PAGE), 0, 2 * PAGE + 97));
        assertEquals(-1, source.asSlice(3, 2 * PAGE).mismatch(memory.copyOf(at, 2 * PAGE)));
        // Buffers that are too short are the caller's fault.
        assertThrows(IndexOutOfBoundsException.class, () -> memory.read(at, target, 3, 2 * PAGE));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.write(at, source, 11, 2 * PAGE));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.fill(at, source, -1, 1));
    }

    /** A copy may be written back over its own source. */
    @Test
    void copiesAreApart() {
        var memory = memory(MemoryImage.Region.of(16, 2, PageAccess.WRITE, new byte[0]));
        long from = 16L * PAGE + 100;
        assertTrue(memory.write(from, counting(3900), 0, 3900));
        assertTrue(memory.write(from + 200, memory.copyOf(from, 3900), 0, 3900));
        assertEquals(-1, counting(3900).mismatch(memory.copyOf(from + 200, 3900)));
    }

    @Test
    void fillReachesReadOnlyPages() {
        var memory = memory(MemoryImage.Region.of(16, 1, PageAccess.READ, new byte[0]));
        assertFalse(memory.write(16 * PAGE, counting(4), 0, 4));
        assertTrue(memory.fill(16 * PAGE, counting(4), 0, 4));
        assertTrue(memory.load(16 * PAGE, 4));
        assertEquals(0x160F0801, memory.loaded());
        assertFalse(memory.fill(17 * PAGE - 1, counting(4), 0, 4));
        assertFalse(memory.fill(15 * PAGE, counting(4), 0, 4));
    }

    @Test
    void protectionKeepsOrZeroes() {
        var memory = memory(MemoryImage.Region.of(16, 3, PageAccess.WRITE, new byte[0]));
        for (int page = 16; page < 19; page++) {
            assertTrue(memory.store(page * PAGE, 4, page));
        }
        memory.protect(16, 3, PageAccess.NONE, false);
        assertFalse(memory.load(17 * PAGE, 4));
        memory.protect(17, 1, PageAccess.READ, true);
        memory.protect(18, 1, PageAccess.READ, false);
        memory.protect(16, 1, PageAccess.WRITE, false);
        for (int page = 16; page < 19; page++) {
            assertTrue(memory.load(page * PAGE, 4));
            assertEquals(page == 17 ? 0 : page, memory.loaded());
        }
        assertFalse(memory.store(18 * PAGE, 1, 0));
        assertEquals(18 * PAGE, memory.inaccessible());
        // Zeroed while inaccessible, too.
        memory.protect(16, 1, PageAccess.NONE, true);
        memory.protect(16, 1, PageAccess.READ, false);
        assertTrue(memory.load(16 * PAGE, 4));
        assertEquals(0, memory.loaded());
    }

    /** Room is taken by what is written, not by what is accessible: more RAM than the heap of this test has. */
    @Test
    void sparse() {
        var memory = memory(MemoryImage.Region.of(16, (1 << 20) - 16, PageAccess.WRITE, new byte[0]));
        assertTrue(memory.writable(16L * PAGE, END - 16L * PAGE));
        for (long address = 16L * PAGE; address < END; address += 256L * PAGE) {
            assertTrue(memory.load(address + 8, 8));
            assertEquals(0, memory.loaded());
            assertTrue(memory.store(address, 1, 1));
        }
        assertThrows(ResourceLimitException.class, () -> memory.copyOf(16L * PAGE, END - 16L * PAGE));
        memory.protect(0, 1 << 20, PageAccess.NONE, true);
        assertFalse(memory.readable(16L * PAGE, 1));
    }
}
