package io.pvmjit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

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

    /** A run of pages. Immutable: it has a copy of the contents that it was made with. */
    public static final class Region {
        private final int firstPage;
        private final int pageCount;
        private final PageAccess access;
        private final MemorySegment contents;
        private final long contentsId;

        private Region(int firstPage, int pageCount, PageAccess access, MemorySegment contents, long contentsId) {
            if (firstPage < FIRST_PAGE || pageCount < 1 || pageCount > PAGE_COUNT - firstPage) {
                throw new IllegalArgumentException("pages [" + firstPage + ", +" + pageCount + ") are outside of ["
                        + FIRST_PAGE + ", " + PAGE_COUNT + ")");
            }
            if (Objects.requireNonNull(access, "access") == PageAccess.NONE) {
                throw new IllegalArgumentException("a region without access");
            }
            long length = contents.byteSize();
            if (length > (long) pageCount * PAGE_SIZE) {
                throw new IllegalArgumentException(length + " octets do not fit into " + pageCount + " pages");
            }
            this.firstPage = firstPage;
            this.pageCount = pageCount;
            this.access = access;
            this.contentsId = contentsId;
            this.contents = contents;
        }

        private static MemorySegment copy(MemorySegment contents) {
            // Automatic, so that no image outlives its contents.
            return Arena.ofAuto().allocateFrom(JAVA_BYTE, contents, JAVA_BYTE, 0, contents.byteSize()).asReadOnly();
        }

        /** Without a copy, of read-only native memory that nobody changes and that lives as long as its segment. */
        static Region ofNative(int firstPage, int pageCount, PageAccess access, MemorySegment contents) {
            return new Region(firstPage, pageCount, access, contents, NEXT_CONTENTS_ID.getAndIncrement());
        }

        /** A region with a copy of these contents at its start; the rest is zero. */
        public static Region of(int firstPage, int pageCount, PageAccess access, byte[] contents) {
            return of(firstPage, pageCount, access, MemorySegment.ofArray(contents));
        }

        /**
         * A region with a copy of these contents, which may be on or off the heap, at its start; the rest is zero.
         *
         * @param firstPage {@link #FIRST_PAGE} or more
         * @param pageCount 1 or more
         * @param access READ or WRITE
         * @param contents at most the region's size
         * @throws IllegalArgumentException when one of them is out of its bounds
         */
        public static Region of(int firstPage, int pageCount, PageAccess access, MemorySegment contents) {
            return new Region(firstPage, pageCount, access, copy(contents), NEXT_CONTENTS_ID.getAndIncrement());
        }

        /**
         * As {@link #of(int, int, PageAccess, MemorySegment)}, for contents that hardly any other instance will have, such
         * as arguments: pooled memory does not try to keep them. One read-only region of this kind, of at most 64 pages,
         * costs an instance little more than the copying.
         */
        public static Region oneTime(int firstPage, int pageCount, PageAccess access, MemorySegment contents) {
            return new Region(firstPage, pageCount, access, copy(contents), 0);
        }

        /** The first page, {@link #FIRST_PAGE} or more. */
        public int firstPage() {
            return firstPage;
        }

        /** How many pages, 1 or more. */
        public int pageCount() {
            return pageCount;
        }

        /** READ or WRITE. */
        public PageAccess access() {
            return access;
        }

        /** Octets at the start of the region, in read-only native memory; the rest of the region is zero. */
        public MemorySegment contents() {
            return contents;
        }

        /**
         * What pooled memory knows the contents by: a number that no other region of this process has, or 0 when it is not
         * to know them.
         */
        public long contentsId() {
            return contentsId;
        }
    }

    private final List<Region> regions;
    private final long accessiblePages;

    private MemoryImage(List<Region> regions) {
        this.regions = regions;
        long pages = 0;
        for (var region : regions) {
            pages += region.pageCount();
        }
        this.accessiblePages = pages;
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

    /** How many pages the regions have. */
    public long accessiblePages() {
        return accessiblePages;
    }

    /** The regions, in rising order. */
    public List<Region> regions() {
        return regions;
    }
}
