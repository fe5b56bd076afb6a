package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.link.Padding.Alignment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Padding is deleted as a linker deletes it: what stands behind is aligned, and every offset is known on both sides. */
class PaddingTest {
    private static final int SECTIONS = 300;
    private static final byte[] NOP = {0x13, 0, 0, 0};

    /** A section octet by octet: where each octet of the file is, or -1 where it has been deleted. */
    private record Model(int[] kept, int size) {
        static Model of(List<Alignment> alignments, int size) {
            var kept = IntStream.range(0, size + 1).toArray();
            int deleted = 0;
            int from = 0;
            for (var alignment : alignments) {
                int begin = (int) alignment.offset();
                int end = begin + (int) alignment.length();
                move(kept, from, begin, deleted);
                int multiple = alignment.length() == 0 ? 1 : Integer.highestOneBit((int) alignment.length()) * 2;
                int at = begin - deleted;
                while (at % multiple != 0) {
                    at++;
                }
                for (int offset = begin; offset < end; offset++) {
                    kept[offset] = offset - deleted < at ? offset - deleted : -1;
                }
                deleted += end - deleted - at;
                from = end;
            }
            move(kept, from, size + 1, deleted);
            return new Model(kept, size - deleted);
        }

        private static void move(int[] kept, int from, int to, int deleted) {
            for (int offset = from; offset < to; offset++) {
                kept[offset] = offset - deleted;
            }
        }
    }

    /** Alignments as GCC has them (one instruction less than the alignment), and LLVM (two octets less). */
    private static List<Alignment> alignments(SplittableRandom random) {
        var alignments = new ArrayList<Alignment>();
        int end = 0;
        for (int count = random.nextInt(6); count > 0; count--) {
            int offset = end + random.nextInt(6) * 4;
            int length = (4 << random.nextInt(5)) - (random.nextBoolean() ? 2 : 4);
            alignments.add(new Alignment(offset, length));
            end = offset + length;
        }
        return alignments;
    }

    @Test
    void everyOffset() {
        var random = new SplittableRandom(9);
        for (int i = 0; i < SECTIONS; i++) {
            var alignments = alignments(random);
            int size = alignments.isEmpty() ? 16
                    : (int) (alignments.getLast().offset() + alignments.getLast().length()) + random.nextInt(5) * 4;
            Padding padding;
            try {
                padding = Padding.of(alignments, size);
            } catch (IllegalArgumentException e) {
                // Instructions of two octets in between: there is too little of it.
                assertTrue(e.getMessage().contains("octets of padding at"), e.getMessage());
                continue;
            }
            var model = Model.of(alignments, size);
            assertEquals(model.size, padding.kept(size), alignments::toString);
            var contents = new byte[size];
            for (int offset = 0; offset < size; offset++) {
                contents[offset] = (byte) (offset * 37 + 1);
            }
            var left = padding.delete(contents, alignments);
            assertEquals(model.size, left.length);
            for (int offset = 0; offset <= size; offset++) {
                if (model.kept[offset] >= 0) {
                    int at = offset;
                    assertEquals(model.kept[offset], padding.kept(offset), () -> at + " of " + alignments);
                    assertOctet(alignments, contents, left, offset, model.kept[offset]);
                }
            }
            for (long offset = 0; offset <= model.size; offset++) {
                assertEquals(offset, padding.kept(padding.original(offset)), alignments::toString);
            }
        }
    }

    /** What is no padding stays what it was. */
    private static void assertOctet(List<Alignment> alignments, byte[] contents, byte[] left, int from, int to) {
        boolean isPadding = alignments.stream()
                .anyMatch(alignment -> from >= alignment.offset() && from < alignment.offset() + alignment.length());
        if (from < contents.length && !isPadding) {
            assertEquals(contents[from], left[to]);
        }
    }

    /** Offset and length of the padding, and what is left of it. */
    @ParameterizedTest
    @CsvSource({"0, 4, 0", "4, 4, 4", "4, 12, 12", "8, 12, 8", "12, 12, 4", "16, 12, 0", "4, 28, 28", "36, 28, 28",
        "4, 2, 0",
        "6, 2, 2", "2, 6, 6", "4, 6, 4", "8, 6, 0", "12, 0, 0", "12, 14, 4", "20, 4092, 4076"})
    void leftOfOne(long offset, long length, int left) {
        var alignments = List.of(new Alignment(offset, length));
        var padding = Padding.of(alignments, offset + length + 4);
        assertEquals(offset + left, padding.kept(offset + length));
        assertEquals(left == length, padding.isNone());
        assertEquals(offset + length, padding.original(offset + left));
        var contents = padding.delete(new byte[(int) (offset + length) + 4], alignments);
        for (int at = (int) offset; at + 4 <= offset + left && !padding.isNone(); at += 4) {
            assertArrayEquals(NOP, java.util.Arrays.copyOfRange(contents, at, at + 4));
        }
    }

    /** Outside of the section, before another, longer than there is room, too short for what it stands for. */
    @ParameterizedTest
    @CsvSource({"-4, 4, 8, 4", "12, 8, 16, 4", "0, -4, 8, 4", "20, 4, 8, 4", "9223372036854775804, 8, 8, 4", "4, 12, 8, 4",
        "2, 4, 8, 4", "0, 9223372036854775807, 8, 4"})
    void refused(long offset, long length, long next, long nextLength) {
        assertThrows(IllegalArgumentException.class, () -> Padding.of(
                List.of(new Alignment(offset, length), new Alignment(next, nextLength)), 16));
    }

    @Test
    void none() {
        assertTrue(Padding.NONE.isNone());
        assertEquals(12, Padding.NONE.kept(12));
        assertEquals(12, Padding.NONE.original(12));
        var contents = new byte[] {1, 2};
        assertSame(contents, Padding.NONE.delete(contents, List.of()));
    }
}
