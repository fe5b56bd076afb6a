package io.pvmjit.stress;

import static io.pvmjit.stress.Checks.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.PageAccess;
import io.pvmjit.Quotas;
import io.pvmjit.Resource;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Instances whose pages are granted one by one: after many faults they are checked in software, and nobody can tell. */
class PagingTest {
    private static final int FIRST = 64;
    private static final int PAGES = 200;
    private static final long GAS = 1L << 40;

    /** Walks over the pages, each of which is granted when it is asked for; returns the number of faults. */
    private static int walk(Instance instance, int first, int pages) {
        instance.pc(0).gasCharged(false).register(7, (long) first * PAGE).register(8, 5).register(9, pages);
        int faults = 0;
        Exit exit;
        while ((exit = instance.run()) instanceof Exit.PageFault(long address)) {
            assertTrue(instance.memory().protect(address / PAGE, 1, PageAccess.WRITE, true));
            faults++;
        }
        assertEquals(new Exit.Halt(), exit);
        return faults;
    }

    @ParameterizedTest
    @EnumSource
    void pagesOneByOne(Setup setup) {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.WALK);
                var instance = module.instantiate()) {
            long block = module.blockCosts().getFirst().cost();
            long end = module.blockCosts().getLast().cost();
            instance.gas(GAS);
            assertEquals(PAGES, walk(instance, FIRST, PAGES));
            assertEquals(GAS - PAGES * block - end, instance.gas());
            assertEquals(setup != Setup.INTERPRETER, instance.checked());
            // Where it has not faulted for long, it is the hardware that checks again: from the next faults on, as ever.
            for (int round = 0; round < 1000; round++) {
                assertEquals(0, walk(instance, FIRST, PAGES));
            }
            assertEquals(setup == Setup.JIT_CHECKED, instance.checked());
            assertEquals(PAGES, walk(instance, FIRST + 2 * PAGES, PAGES));
            assertEquals(setup != Setup.INTERPRETER, instance.checked());
            assertEquals(GAS - 1002 * (PAGES * block + end), instance.gas());
            var octets = new byte[8];
            for (int page = FIRST; page < FIRST + PAGES; page++) {
                assertTrue(instance.memory().read((long) page * PAGE, octets));
                assertEquals(5 * 1001 & 255, octets[0] & 255);
            }
        }
    }

    /** Who may have no more code than there is does without the checks. */
    @Test
    void withoutRoomForCodeWithChecks() {
        var config = EngineConfig.defaults().withBackend(Backend.JIT);
        long code;
        long withChecks;
        try (var engine = Engine.create(config);
                var account = engine.open("as it comes");
                var module = engine.compile(MemorySegment.ofArray(Guests.WALK), account);
                var instance = module.instantiate()) {
            code = account.spent(Resource.CODE);
            instance.gas(GAS);
            walk(instance, FIRST, PAGES);
            assertTrue(instance.checked());
            withChecks = account.spent(Resource.CODE);
            assertTrue(withChecks > code);
        }
        try (var engine = Engine.create(config.withQuotas(Quotas.defaults().withCodePerInvocation(withChecks - 1)));
                var account = engine.open("within bounds");
                var module = engine.compile(MemorySegment.ofArray(Guests.WALK), account);
                var instance = module.instantiate()) {
            instance.gas(GAS);
            assertEquals(PAGES, walk(instance, FIRST, PAGES));
            assertFalse(instance.checked());
            assertEquals(PAGES, walk(instance, FIRST + PAGES, PAGES));
            assertFalse(instance.checked());
            assertEquals(code, account.spent(Resource.CODE));
        }
    }
}
