package io.pvmjit.internal.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.Resource;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.Spending;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What the pages of an instance count for, also where the backend refuses to change them. */
class RamChargeTest {
    private static final int PAGES = 12;

    private final PageAccess[] access = new PageAccess[PAGES];
    private final boolean[] written = new boolean[PAGES];
    private boolean refuses;
    private long spent;

    private final BackendMachine machine =
            proxy(BackendMachine.class, (self, method, arguments) -> switch (method.getName()) {
                case "access" -> access[(int) arguments[0]];
                case "protect" -> {
                    protect((int) arguments[0], (int) arguments[1], (PageAccess) arguments[2], (boolean) arguments[3]);
                    yield null;
                }
                default -> throw new AssertionError(method);
            });

    private final Spending spending = proxy(Spending.class, (self, method, arguments) -> {
        spent += switch (method.getName()) {
            case "take" -> (long) arguments[1];
            case "giveBack" -> -(long) arguments[1];
            default -> throw new AssertionError(method);
        };
        assertEquals(Resource.MEMORY, arguments[0]);
        return null;
    });

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private void protect(int firstPage, int pageCount, PageAccess wanted, boolean zero) {
        // What makes pages accessible may come to its end in the middle.
        int end = !refuses ? firstPage + pageCount : wanted == PageAccess.NONE ? firstPage : firstPage + pageCount / 2;
        for (int page = firstPage; page < end; page++) {
            access[page] = wanted;
            written[page] = wanted != PageAccess.NONE || written[page] && !zero;
        }
        if (refuses) {
            throw new ResourceLimitException("no maps");
        }
    }

    /** Pages that are accessible, or were and kept their contents. */
    private long expected() {
        long pages = 0;
        for (boolean page : written) {
            pages += page ? MemoryImage.PAGE_SIZE : 0;
        }
        return pages;
    }

    @Test
    void countsWhatMayHoldSomething() {
        Arrays.fill(access, PageAccess.NONE);
        var charge = new RamCharge(spending);
        var random = new SplittableRandom(4);
        int refusals = 0;
        for (int i = 0; i < 20_000; i++) {
            int first = random.nextInt(PAGES);
            int count = 1 + random.nextInt(PAGES - first);
            var wanted = PageAccess.values()[random.nextInt(PageAccess.values().length)];
            boolean zero = random.nextBoolean();
            refuses = random.nextInt(3) == 0;
            if (refuses) {
                refusals++;
                assertThrows(ResourceLimitException.class, () -> charge.protect(machine, first, count, wanted, zero));
            } else {
                charge.protect(machine, first, count, wanted, zero);
            }
            assertEquals(expected(), spent);
        }
        assertTrue(refusals > 1000);
        charge.release();
        assertEquals(0, spent);
    }
}
