package io.pvmjit;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the RAM of a new instance holds: runs of pages with their access and contents. Everything else is inaccessible.
 * Immutable; any number of instances may be made from one image, on any thread. Instances of one image (or of images
 * that share regions) are the cheapest to make: their memory slots are pooled.
 */
public final class MemoryImage {
    /** Octets of a page. */
    public static final int PAGE_SIZE = 4096;
    /** Pages of guest RAM. */
    public static final int PAGE_COUNT = 1 << 20;
    /** The first page that may be accessible: the first 64 KiB never are. */
    public static final int FIRST_PAGE = 16;

    private static final AtomicLong NEXT_CONTENTS_ID = new AtomicLong(1);
    private static final MemoryImage EMPTY = new MemoryImage(List.of());

    /**
     * A run of pages.
     *
     * @param firstPage {@link #FIRST_PAGE} or more
     * @param pageCount 1 or more
     * @param access READ or WRITE
     * @param contents octets at the start of the run, the rest is zero; read-only native memory, at most the run's size
     * @param contentsId equal ids promise equal contents
     */
    public record Region(int firstPage, int pageCount, PageAccess access, MemorySegment contents, long contentsId) {
        public Region {
            if (firstPage < FIRST_PAGE || pageCount < 1 || pageCount > PAGE_COUNT - firstPage) {
                throw new IllegalArgumentException("pages [" + firstPage + ", +" + pageCount + ") are outside of ["
                        + FIRST_PAGE + ", " + PAGE_COUNT + ")");
            }
            Objects.requireNonNull(access, "access");
            if (access == PageAccess.NONE) {
                throw new IllegalArgumentException("a region without access");
            }
            if (contents.byteSize() > (long) pageCount * PAGE_SIZE || !contents.isNative()) {
                throw new IllegalArgumentException("contents must be native and fit into the region");
            }
        }

        /** A region with a copy of these contents. */
        public static Region of(int firstPage, int pageCount, PageAccess access, byte[] contents) {
            var copy = Arena.ofAuto().allocate(Math.max(1, contents.length)).asSlice(0, contents.length);
            MemorySegment.copy(contents, 0, copy, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, contents.length);
            return new Region(firstPage, pageCount, access, copy.asReadOnly(), NEXT_CONTENTS_ID.getAndIncrement());
        }
    }

    private final List<Region> regions;

    private MemoryImage(List<Region> regions) {
        this.regions = regions;
    }

    /** No page accessible. */
    public static MemoryImage empty() {
        return EMPTY;
    }

    /**
     * The image of these regions.
     *
     * @throws IllegalArgumentException when two of them overlap
     */
    public static MemoryImage of(List<Region> regions) {
        var sorted = new ArrayList<>(regions);
        sorted.sort(Comparator.comparingInt(Region::firstPage));
        for (int i = 1; i < sorted.size(); i++) {
            var before = sorted.get(i - 1);
            if (before.firstPage() + before.pageCount() > sorted.get(i).firstPage()) {
                throw new IllegalArgumentException("regions overlap at page " + sorted.get(i).firstPage());
            }
        }
        return new MemoryImage(List.copyOf(sorted));
    }

    /** The regions, in rising order. */
    public List<Region> regions() {
        return regions;
    }
}
