package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.MemoryImage.Region;
import io.pvmjit.stress.Guests;
import io.pvmjit.stress.Setup;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;

/** RAM of known contents, with all kinds of access and its corners. */
final class TestMemory {
    static final int PAGE = MemoryImage.PAGE_SIZE;
    static final long SIZE = 1L << 32;
    static final int LAST_PAGE = MemoryImage.PAGE_COUNT - 1;

    /** Page 16 readable; 32 and 33 writable, 34 readable; the last two pages writable. The rest is inaccessible. */
    static final MemoryImage IMAGE = MemoryImage.of(List.of(
            Region.of(16, 1, PageAccess.READ, pattern(PAGE, 1)),
            Region.of(32, 2, PageAccess.WRITE, pattern(2 * PAGE, 2)),
            Region.of(34, 1, PageAccess.READ, pattern(PAGE, 3)),
            Region.of(LAST_PAGE - 1, 2, PageAccess.WRITE, pattern(2 * PAGE, 4))));

    private TestMemory() {}

    static byte[] pattern(int length, int seed) {
        var octets = new byte[length];
        new SplittableRandom(seed).nextBytes(octets);
        return octets;
    }

    static PageAccess imageAccess(long page) {
        if (page == 16 || page == 34) {
            return PageAccess.READ;
        }
        boolean writable = page == 32 || page == 33 || page == LAST_PAGE - 1 || page == LAST_PAGE;
        return writable ? PageAccess.WRITE : PageAccess.NONE;
    }

    static void withMemory(Setup setup, BiConsumer<Instance, Memory> test) {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.LOAD);
                var instance = module.instantiate(IMAGE)) {
            test.accept(instance, instance.memory());
        }
    }

    static byte[] octets(Memory memory, long address, int length) {
        var octets = new byte[length];
        assertTrue(memory.read(address, octets), () -> "cannot read %d octets at 0x%x".formatted(length, address));
        return octets;
    }
}
