package io.pvmjit.conformance;

import io.pvmjit.Memory;
import io.pvmjit.PageAccess;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** What RAM should hold: runs of octets, everything else zero. */
final class RamContents {
    private static final byte[] ZERO_PAGE = new byte[Ram.PAGE_SIZE];

    /** The pages with octets in them, by index. */
    private final SortedMap<Integer, byte[]> pages = new TreeMap<>();

    /** @param runs objects with an {@code address} and {@code contents} */
    RamContents(List<Fields> runs) {
        for (var run : runs) {
            long address = run.get("address").unsigned();
            var contents = run.get("contents").octets();
            if (address < 0 || address + contents.length > 1L << 32) {
                throw new MalformedVectorException("malformed: memory at " + Long.toUnsignedString(address)
                        + " is beyond 2^32");
            }
            for (int i = 0; i < contents.length; i++) {
                long at = address + i;
                var page = pages.computeIfAbsent((int) (at / Ram.PAGE_SIZE), _ -> new byte[Ram.PAGE_SIZE]);
                page[(int) (at % Ram.PAGE_SIZE)] = contents[i];
            }
        }
    }

    /**
     * Compares RAM with this.
     *
     * @param mapped the pages that must be accessible
     */
    void compare(Memory memory, Set<Integer> mapped, Differences differences) {
        for (int page : pages.keySet()) {
            if (!mapped.contains(page)) {
                differences.add("octets are expected in page " + page + ", which the case does not map");
            }
        }
        var contents = new byte[Ram.PAGE_SIZE];
        for (int page : mapped) {
            if (memory.access(page) == PageAccess.NONE) {
                differences.add("page " + page + " is not accessible any more");
            } else {
                Ram.readPage(memory, page, contents);
                comparePage(page, contents, pages.getOrDefault(page, ZERO_PAGE), differences);
            }
        }
    }

    private static void comparePage(int page, byte[] actual, byte[] expected, Differences differences) {
        int at = Arrays.mismatch(actual, expected);
        if (at >= 0) {
            int end = Math.min(at + 16, Ram.PAGE_SIZE);
            var hex = HexFormat.of();
            differences.add("RAM from " + ((long) page * Ram.PAGE_SIZE + at) + " on holds "
                    + hex.formatHex(actual, at, end) + ", expected " + hex.formatHex(expected, at, end));
        }
    }
}
