package io.pvmjit.conformance;

import io.pvmjit.Memory;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Looks at the RAM of a machine as vectors describe it. */
final class Ram {
    static final int PAGE_SIZE = MemoryImage.PAGE_SIZE;

    private Ram() {}

    /** Neighbouring pages of the same access. */
    record Segment(int firstPage, int pages, PageAccess access) {
        /** The letter that vectors have for the access. */
        char letter() {
            return access == PageAccess.WRITE ? 'W' : 'R';
        }
    }

    /** The accessible pages, in rising order. */
    static List<Segment> segments(Memory memory) {
        var segments = new ArrayList<Segment>();
        int first = 0;
        var access = memory.access(0);
        for (int page = 1; page <= MemoryImage.PAGE_COUNT; page++) {
            // The page behind the last one answers NONE.
            var next = memory.access(page);
            if (next != access || page == MemoryImage.PAGE_COUNT) {
                if (access != PageAccess.NONE) {
                    segments.add(new Segment(first, page - first, access));
                }
                first = page;
                access = next;
            }
        }
        return segments;
    }

    /** SHA-256 over the accessible pages: of each its index (4 octets, little-endian), its letter, its contents. */
    static String digest(Memory memory) {
        var digest = sha256();
        var contents = new byte[PAGE_SIZE];
        var header = ByteBuffer.allocate(Integer.BYTES + 1).order(ByteOrder.LITTLE_ENDIAN);
        for (var segment : segments(memory)) {
            for (int page = segment.firstPage; page < segment.firstPage + segment.pages; page++) {
                readPage(memory, page, contents);
                digest.update(header.putInt(0, page).put(Integer.BYTES, (byte) segment.letter()).array());
                digest.update(contents);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** SHA-256 over the contents of a segment. */
    static String digest(Memory memory, Segment segment) {
        var digest = sha256();
        var contents = new byte[PAGE_SIZE];
        for (int page = segment.firstPage; page < segment.firstPage + segment.pages; page++) {
            readPage(memory, page, contents);
            digest.update(contents);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static String digest(MemorySegment octets) {
        var digest = sha256();
        digest.update(octets.asByteBuffer());
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Reads an accessible page. */
    static void readPage(Memory memory, int page, byte[] target) {
        if (!memory.read((long) page * PAGE_SIZE, target)) {
            throw new AssertionError("page " + page + " has access " + memory.access(page) + " but cannot be read");
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
