package io.pvmjit.interpreter;

import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.Resource;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.internal.backend.Spending;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.function.Function;

/**
 * RAM of one machine: 2^32 octets in pages with an access each. Sparse: a page takes room once something is written to
 * it, its table entry once an access is set. Ranges are unsigned 64-bit addresses and lengths; a range is accessible
 * only when it ends at or below 2^32. Not thread-safe.
 */
final class PagedMemory {
    private static final int PAGE_BITS = 12;
    private static final int PAGE_SIZE = MemoryImage.PAGE_SIZE;
    private static final int OFFSET_MASK = PAGE_SIZE - 1;
    private static final int PAGES_PER_CHUNK = 1024;
    private static final int CHUNKS = MemoryImage.PAGE_COUNT / PAGES_PER_CHUNK;
    private static final long SIZE = 1L << 32;
    /** Octets of the longest array that every JVM can make. */
    private static final int LONGEST_COPY = Integer.MAX_VALUE - 8;

    private static final byte NONE = (byte) PageAccess.NONE.ordinal();
    private static final byte READ = (byte) PageAccess.READ.ordinal();
    private static final byte WRITE = (byte) PageAccess.WRITE.ordinal();

    private static final VarHandle U16 = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle U32 = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle U64 = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** What a page that was never written reads as. Never written itself. */
    private static final byte[] ZEROES = new byte[PAGE_SIZE];

    /** Access and contents of neighbouring pages. */
    private static final class Chunk {
        /** Ordinals of {@link PageAccess}, which rise with what they grant. */
        final byte[] access = new byte[PAGES_PER_CHUNK];
        /** Null where all octets are zero. */
        final byte[][] pages = new byte[PAGES_PER_CHUNK][];
    }

    /** Octets that a chunk takes without its pages. */
    private static final int CHUNK_OCTETS = PAGES_PER_CHUNK * (1 + Long.BYTES);

    private final Chunk[] chunks = new Chunk[CHUNKS];
    private final Spending spending;
    /** Octets of the Java heap taken of the spending. */
    private long taken;
    private long loaded;
    private long inaccessible;

    private PagedMemory(Spending spending) {
        this.spending = spending;
    }

    /**
     * The RAM that an image describes.
     *
     * @param spending who pays for the Java heap that it takes, until it is closed
     */
    static PagedMemory of(MemoryImage image, Spending spending) {
        var memory = new PagedMemory(spending);
        try {
            for (var region : image.regions()) {
                memory.protect(region.firstPage(), region.pageCount(), region.access(), false);
                var contents = region.contents();
                memory.copyIn((long) region.firstPage() * PAGE_SIZE, contents, 0, contents.byteSize());
            }
            return memory;
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    /** Gives back what it has taken of the spending. Called again, it does what is left. */
    void close() {
        spending.giveBack(Resource.HEAP, taken);
        taken = 0;
    }

    /** Value of the last {@link #load} that returned true, zero-extended. */
    long loaded() {
        return loaded;
    }

    /** Lowest address, in the order before the wrap at 2^32, that the last failed load or store could not access. */
    long inaccessible() {
        return inaccessible;
    }

    /**
     * Reads octets at an address modulo 2^32, for {@link #loaded}.
     *
     * @param size 1, 2, 4 or 8
     * @return false when they are not all readable: then {@link #inaccessible} says where
     */
    boolean load(long address, int size) {
        int from = (int) address;
        int offset = from & OFFSET_MASK;
        if (offset + size > PAGE_SIZE) {
            return loadAcrossPages(from, size);
        }
        if (accessAt(from) < READ) {
            inaccessible = Integer.toUnsignedLong(from);
            return false;
        }
        byte[] page = pageForReading(from);
        loaded = switch (size) {
            case 1 -> page[offset] & 0xFF;
            case 2 -> (short) U16.get(page, offset) & 0xFFFF;
            case 4 -> Integer.toUnsignedLong((int) U32.get(page, offset));
            default -> (long) U64.get(page, offset);
        };
        return true;
    }

    private boolean loadAcrossPages(int from, int size) {
        if (!accessAcrossPages(from, size, READ)) {
            return false;
        }
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | pageForReading(from + i)[from + i & OFFSET_MASK] & 0xFF;
        }
        loaded = value;
        return true;
    }

    /**
     * Writes the low octets of a value at an address modulo 2^32.
     *
     * @param size 1, 2, 4 or 8
     * @return false, and nothing written, when they are not all writable: then {@link #inaccessible} says where
     */
    boolean store(long address, int size, long value) {
        int from = (int) address;
        int offset = from & OFFSET_MASK;
        if (offset + size > PAGE_SIZE) {
            return storeAcrossPages(from, size, value);
        }
        if (accessAt(from) < WRITE) {
            inaccessible = Integer.toUnsignedLong(from);
            return false;
        }
        byte[] page = pageForWriting(from);
        switch (size) {
            case 1 -> page[offset] = (byte) value;
            case 2 -> U16.set(page, offset, (short) value);
            case 4 -> U32.set(page, offset, (int) value);
            default -> U64.set(page, offset, value);
        }
        return true;
    }

    private boolean storeAcrossPages(int from, int size, long value) {
        if (!accessAcrossPages(from, size, WRITE)) {
            return false;
        }
        // Both pages exist before the first octet changes: an access has its whole effect or none.
        pageForWriting(from);
        pageForWriting(from + size - 1);
        for (int i = 0; i < size; i++) {
            pageForWriting(from + i)[from + i & OFFSET_MASK] = (byte) (value >>> (8 * i));
        }
        return true;
    }

    /** Whether two neighbouring pages, the last and the first of RAM being neighbours too, grant an access. */
    private boolean accessAcrossPages(int from, int size, int wanted) {
        int secondPage = from + size - 1 & ~OFFSET_MASK;
        if (accessAt(from) < wanted) {
            inaccessible = Integer.toUnsignedLong(from);
            return false;
        }
        if (accessAt(secondPage) < wanted) {
            inaccessible = Integer.toUnsignedLong(secondPage);
            return false;
        }
        return true;
    }

    private int accessAt(int address) {
        return accessOf(address >>> PAGE_BITS);
    }

    private int accessOf(int page) {
        var chunk = chunks[page / PAGES_PER_CHUNK];
        return chunk == null ? NONE : chunk.access[page % PAGES_PER_CHUNK];
    }

    /** The page at an address whose access has been set before. */
    private byte[] pageForReading(int address) {
        int page = address >>> PAGE_BITS;
        var contents = chunks[page / PAGES_PER_CHUNK].pages[page % PAGES_PER_CHUNK];
        return contents == null ? ZEROES : contents;
    }

    private byte[] pageForWriting(int address) {
        int page = address >>> PAGE_BITS;
        var pages = chunks[page / PAGES_PER_CHUNK].pages;
        var contents = pages[page % PAGES_PER_CHUNK];
        if (contents == null) {
            contents = allocate(PAGE_SIZE);
            take(PAGE_SIZE);
            pages[page % PAGES_PER_CHUNK] = contents;
        }
        return contents;
    }

    /** Made in advance: where it is thrown there is no room for another, nor for a stack trace. */
    private static final ResourceLimitException NO_HEAP = ResourceLimitException.withoutTrace(
            "the Java heap has no room for more guest RAM: raise -Xmx or close instances");

    private void take(long octets) {
        spending.take(Resource.HEAP, octets);
        taken += octets;
    }

    private void giveBack(long octets) {
        spending.giveBack(Resource.HEAP, octets);
        taken -= octets; // What throws has given nothing back.
    }

    private static byte[] allocate(int size) {
        try {
            return new byte[size];
        } catch (OutOfMemoryError _) {
            throw NO_HEAP;
        }
    }

    private static Chunk chunk() {
        try {
            return new Chunk();
        } catch (OutOfMemoryError _) {
            throw NO_HEAP;
        }
    }

    /** Access of a page, 0 to 2^20 - 1. */
    PageAccess access(int page) {
        return PageAccess.of(accessOf(page));
    }

    boolean readable(long address, long length) {
        return accessible(address, length, READ);
    }

    boolean writable(long address, long length) {
        return accessible(address, length, WRITE);
    }

    private boolean accessible(long address, long length, int wanted) {
        if (length == 0) {
            return true;
        }
        if (address < 0 || address >= SIZE || length < 0 || length > SIZE - address) {
            return false;
        }
        int last = (int) (address + length - 1 >>> PAGE_BITS);
        for (int page = (int) (address >>> PAGE_BITS); page <= last; page++) {
            if (accessOf(page) < wanted) {
                return false;
            }
        }
        return true;
    }

    /** Copies RAM to {@code target[offset..]}; false, and nothing copied, when the range is not readable. */
    boolean read(long address, MemorySegment target, long offset, long length) {
        if (!readable(address, length)) {
            return false;
        }
        Objects.checkFromIndexSize(offset, length, target.byteSize());
        long done = 0;
        while (done < length) {
            long from = address + done;
            int inPage = (int) (from & OFFSET_MASK);
            int part = (int) Math.min(PAGE_SIZE - inPage, length - done);
            MemorySegment.copy(pageForReading((int) from), inPage, target, ValueLayout.JAVA_BYTE, offset + done, part);
            done += part;
        }
        return true;
    }

    /** Copies {@code source[offset..]} to RAM; false, and nothing copied, when the range is not writable. */
    boolean write(long address, MemorySegment source, long offset, long length) {
        if (!writable(address, length)) {
            return false;
        }
        copyIn(address, source, offset, length);
        return true;
    }

    /** As {@link #write}, into pages that are at least readable. */
    boolean fill(long address, MemorySegment source, long offset, long length) {
        if (!readable(address, length)) {
            return false;
        }
        copyIn(address, source, offset, length);
        return true;
    }

    private void copyIn(long address, MemorySegment source, long offset, long length) {
        Objects.checkFromIndexSize(offset, length, source.byteSize());
        long done = 0;
        while (done < length) {
            long to = address + done;
            int inPage = (int) (to & OFFSET_MASK);
            int part = (int) Math.min(PAGE_SIZE - inPage, length - done);
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, offset + done, pageForWriting((int) to), inPage, part);
            done += part;
        }
    }

    /** A copy of a range, null when it is not readable. Never shares storage with RAM: it may be written back to it. */
    MemorySegment copyOf(long address, long length) {
        if (!readable(address, length)) {
            return null;
        }
        if (length > LONGEST_COPY) {
            throw new ResourceLimitException("the interpreter copies at most " + LONGEST_COPY
                    + " octets of RAM at once, not " + length);
        }
        var copy = MemorySegment.ofArray(allocate((int) length));
        read(address, copy, 0, length);
        return copy;
    }

    /** Applies an action to {@link #copyOf} a range, which is paid for meanwhile; null when it is not readable. */
    <T> T withCopy(long address, long length, Function<MemorySegment, T> action) {
        if (!readable(address, length)) {
            return null;
        }
        take(length);
        try {
            return action.apply(copyOf(address, length));
        } finally {
            giveBack(length);
        }
    }

    /**
     * Sets the access of pages and, if asked, zeroes them; contents are kept otherwise, also while inaccessible. All of
     * them, or none where something is not to be had.
     */
    void protect(int firstPage, int pageCount, PageAccess access, boolean zero) {
        if (access != PageAccess.NONE && pageCount > 0) {
            makeChunks(firstPage / PAGES_PER_CHUNK, (firstPage + pageCount - 1) / PAGES_PER_CHUNK);
        }
        for (int page = firstPage; page < firstPage + pageCount; page++) {
            var chunk = chunks[page / PAGES_PER_CHUNK];
            if (chunk == null) {
                continue; // They are not accessible.
            }
            chunk.access[page % PAGES_PER_CHUNK] = (byte) access.ordinal();
            if (zero && chunk.pages[page % PAGES_PER_CHUNK] != null) {
                chunk.pages[page % PAGES_PER_CHUNK] = null;
                giveBack(PAGE_SIZE);
            }
        }
    }

    private void makeChunks(int first, int last) {
        for (int n = first; n <= last; n++) {
            if (chunks[n] == null) {
                var chunk = chunk();
                take(CHUNK_OCTETS);
                chunks[n] = chunk;
            }
        }
    }
}
