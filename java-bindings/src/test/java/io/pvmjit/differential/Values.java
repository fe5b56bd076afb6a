package io.pvmjit.differential;

import io.pvmjit.MemoryImage;
import java.util.List;
import java.util.SplittableRandom;

/** Random numbers of the kinds that matter: edges of types and pages, shift counts, jump addresses. */
final class Values {
    private static final long[] EDGES = {
        0, 1, 2, -1, -2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 31,
        (1L << 32) - 1, 1L << 32, (1L << 32) + 1, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1, -(1L << 32),
        0x5555555555555555L, 0xaaaaaaaaaaaaaaaaL, 0x8000000080000000L, 0x7fffffff80000000L, 0x00000001ffffffffL
    };
    private static final int[] SHIFTS = {0, 1, 7, 8, 15, 16, 30, 31, 32, 33, 62, 63, 64, 65, 127, 128, -1, -32, -64};
    /** Where an access of up to 8 octets meets an edge of its page. */
    private static final int[] OFFSETS = {
        0, 1, 8, 2040, 4087, 4088, 4089, 4090, 4091, 4092, 4093, 4094, 4095, -1, -4, -7
    };

    /** A jump to here halts. */
    static final long HALT_ADDRESS = 0xffff_0000L;

    private final SplittableRandom random;
    /** Pages that addresses tend to lie in. */
    private final List<Integer> pages;
    private final int entryCount;

    Values(SplittableRandom random, List<Integer> pages, int entryCount) {
        this.random = random;
        this.pages = pages;
        this.entryCount = entryCount;
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private int one(int[] of) {
        return of[random.nextInt(of.length)];
    }

    byte[] octets(int count) {
        var octets = new byte[count];
        random.nextBytes(octets);
        return octets;
    }

    /** An operand of an instruction that computes. */
    long number() {
        return switch (random.nextInt(8)) {
            case 0, 1 -> random.nextInt(17) - 8;
            case 2 -> one(SHIFTS);
            case 3, 4 -> EDGES[random.nextInt(EDGES.length)];
            case 5 -> random.nextInt() >> random.nextInt(32);
            case 6 -> (1L << random.nextInt(64)) + random.nextInt(3) - 1;
            default -> random.nextLong() >> random.nextInt(64);
        };
    }

    /** An address, mostly at an edge of a page that is or may become accessible. */
    long address() {
        int kind = random.nextInt(50);
        if (kind == 0) {
            return random.nextInt(1 << 16);
        }
        if (kind == 1) {
            return random.nextInt() & 0xffff_ffffL;
        }
        if (kind == 2) {
            return 0x10000 - random.nextInt(9);
        }
        if (kind == 3) {
            return random.nextInt(9) - 8 & 0xffff_ffffL;
        }
        return pageEdge();
    }

    private long pageEdge() {
        long page = pages.isEmpty() ? MemoryImage.FIRST_PAGE + 1 : one(pages);
        return page * MemoryImage.PAGE_SIZE + one(OFFSETS) & 0xffff_ffffL;
    }

    /** An address in a register: only the low 32 bits count. */
    long pointer() {
        return (chance(90) ? pageEdge() : address()) | upperHalf();
    }

    private long upperHalf() {
        return chance(15) ? (long) random.nextInt() << 32 : 0;
    }

    /** What is added to an address in a register. */
    long displacement() {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> 0;
            case 3, 4 -> random.nextInt(33) - 16;
            case 5 -> one(OFFSETS);
            case 6 -> (random.nextInt(5) - 2) * MemoryImage.PAGE_SIZE;
            default -> random.nextInt() >> random.nextInt(32);
        };
    }

    /** A dynamic jump address: only the low 32 bits count. */
    long dynamicAddress() {
        int kind = random.nextInt(12);
        if (kind < 7 && entryCount > 0) {
            return 2L * (1 + random.nextInt(entryCount)) | upperHalf();
        }
        return switch (kind) {
            case 8 -> 2L * entryCount + random.nextInt(4);
            case 9 -> random.nextInt(20);
            case 10 -> HALT_ADDRESS + random.nextInt(3) - 1;
            case 11 -> number();
            default -> HALT_ADDRESS;
        };
    }

    /** The content of a register. */
    long register() {
        return switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> number();
            case 4, 5, 6 -> pointer();
            case 7 -> dynamicAddress();
            default -> random.nextLong();
        };
    }

    /** Gas for a program that may loop: from none at all to a few thousand. */
    long smallGas() {
        return switch (random.nextInt(20)) {
            case 0 -> 0;
            case 1, 2, 3 -> random.nextInt(40);
            case 4, 5, 6, 7, 8, 9 -> random.nextInt(300);
            default -> random.nextInt(3000);
        };
    }

    /** Gas for a program that cannot loop. */
    long anyGas() {
        return switch (random.nextInt(4)) {
            case 0 -> -1 - random.nextInt(50);
            case 1 -> Long.MIN_VALUE + random.nextInt(101) - 50;
            case 2 -> (1L << 31) + random.nextInt(101) - 50;
            default -> (1L << 32) + random.nextInt(101) - 50;
        };
    }
}
