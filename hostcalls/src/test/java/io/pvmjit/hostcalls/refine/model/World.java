package io.pvmjit.hostcalls.refine.model;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What surrounds a refinement: preimages and items, and what its RAM holds at first. All sequences have the same. */
final class World {
    static final long SERVICE = 7;
    static final long OTHER_SERVICE = 9;
    static final int HASHES = 6;
    static final int EXPORT_OFFSET = 3070;
    /** Where the heap begins and ends at first, and how far it may grow: pages. */
    static final long HEAP_FIRST = 32;
    static final long HEAP_END = 34;
    static final long HEAP_LIMIT = 40;
    /** Read-only RAM: two pages, with blobs in the first and hashes in the second. */
    static final long BLOBS = 0x40000;
    static final long BLOB_STRIDE = 64;
    static final long HASH_TABLE = 0x41000;
    /** The same hash as the first, at the end of its page. */
    static final long LAST_HASH = 0x42000 - 32;
    /** A blob that ends with the first page: across to the hashes nothing is one. */
    static final long LAST_BLOB = 0x41000 - InnerProgram.HALT.blob().length;
    static final long TOP_PAGE = 0xFFFFF;

    private World() {}

    static byte[] hash(int index) {
        var hash = new byte[32];
        Arrays.fill(hash, (byte) (0x90 + index));
        return hash;
    }

    /** The preimage that a service has available; null for none. */
    static byte[] preimage(long service, byte[] hash) {
        for (int i = 0; i < HASHES; i++) {
            if (Arrays.equals(hash, hash(i))) {
                return preimage(service, i);
            }
        }
        return null;
    }

    private static byte[] preimage(long service, int hash) {
        if (service == SERVICE) {
            return switch (hash) {
                case 0 -> InnerProgram.TRAP.blob();
                case 1 -> concatenated("prefix", InnerProgram.CALLS.blob(), "suffix");
                case 2 -> new byte[0];
                default -> null;
            };
        }
        if (service == OTHER_SERVICE) {
            return switch (hash) {
                case 0 -> InnerProgram.HALT.blob();
                case 3 -> InnerProgram.STORE.blob();
                case 4 -> concatenated("", InnerProgram.BLOCKS.blob(), "");
                default -> null;
            };
        }
        return null;
    }

    private static byte[] concatenated(String before, byte[] octets, String after) {
        var result = Arrays.copyOf(before.getBytes(StandardCharsets.US_ASCII), before.length() + octets.length
                + after.length());
        System.arraycopy(octets, 0, result, before.length(), octets.length);
        System.arraycopy(after.getBytes(StandardCharsets.US_ASCII), 0, result, before.length() + octets.length,
                after.length());
        return result;
    }

    /** An item of fetch; null for none. */
    static byte[] item(long selector, long first, long second) {
        boolean exists = switch ((int) selector) {
            case 0, 2, 7, 11 -> true;
            case 3, 5 -> first == 1 && second == 2;
            case 4, 6, 12, 13 -> first == 1;
            default -> false;
        };
        return exists ? ("item " + selector).repeat((int) selector).getBytes(StandardCharsets.US_ASCII) : null;
    }

    static Ram ram() {
        var ram = new Ram();
        for (long page = HEAP_FIRST; page < HEAP_END; page++) {
            ram.clean(page, true);
        }
        ram.clean(TOP_PAGE, true);
        ram.clean(BLOBS / Ram.PAGE, true);
        ram.clean(HASH_TABLE / Ram.PAGE, true);
        for (var program : InnerProgram.values()) {
            ram.write(BLOBS + BLOB_STRIDE * program.ordinal(), program.blob());
        }
        ram.write(LAST_BLOB, InnerProgram.HALT.blob());
        for (int i = 0; i < HASHES; i++) {
            ram.write(HASH_TABLE + 32L * i, hash(i));
        }
        ram.write(LAST_HASH, hash(0));
        ram.pages.get(BLOBS / Ram.PAGE).writable = false;
        ram.pages.get(HASH_TABLE / Ram.PAGE).writable = false;
        return ram;
    }
}
