package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.PageAccess;
import java.util.List;

/** An image, and what the tests of this package do with instances of it. */
final class Checks {
    static final int PAGE = MemoryImage.PAGE_SIZE;
    /** A read-only page, and two writable ones from page 32 on that begin with a 2. */
    static final MemoryImage IMAGE = MemoryImage.of(List.of(
            Region.of(16, 1, PageAccess.READ, new byte[] {1}), Region.of(32, 2, PageAccess.WRITE, new byte[] {2})));

    private Checks() {}

    /** Requires that an instance of {@link Guests#LOAD} with this image runs as it should. */
    static void assertRuns(Instance instance) {
        instance.pc(0).gasCharged(false).gas(1000).register(7, 32 * PAGE);
        assertEquals(new Exit.Halt(), instance.run());
        assertEquals(2, instance.register(8));
    }

    /** Gives neighbouring pages different access, so that each is a region of its own. */
    static void alternate(Instance instance, int firstPage, int count) {
        for (int page = firstPage; page < firstPage + count; page++) {
            var access = page % 2 == 0 ? PageAccess.READ : PageAccess.WRITE;
            assertTrue(instance.memory().protect(page, 1, access, false));
        }
    }

    static void closeAll(List<? extends AutoCloseable> all) throws Exception {
        for (var each : all) {
            each.close();
        }
    }
}
