package io.pvmjit.internal.sharing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Resource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Who gets what of a pool: shares are never given to others, and nothing is lost. */
class PoolTest {
    private static final long MIB = 1 << 20;
    private static final long LIMIT = 64 * MIB;
    private static final int SHARERS = 8;
    /** Half of all for eight. */
    private static final long SHARE = 4 * MIB;

    private final Pool pool = new Pool(Resource.MEMORY, LIMIT, 24 * MIB, SHARERS);

    /** Takes as much as there is, a page at a time at last. */
    private static long takeAll(Pool.Part part) {
        long before = part.used();
        for (long step = 16 * MIB; step >= 4096; step /= 2) {
            while (part.take(step)) {
                // Once more.
            }
        }
        return part.used() - before;
    }

    @Test
    void oneHasItsBound() {
        assertEquals(24 * MIB, takeAll(pool.open()));
        assertEquals(24 * MIB, pool.drawn());
    }

    @Test
    void everyOneHasItsShareWhateverOthersTake() {
        var first = pool.open();
        var second = pool.open();
        assertEquals(24 * MIB, takeAll(first));
        assertEquals(LIMIT / 2 - (24 * MIB - SHARE) + SHARE, takeAll(second));
        assertEquals(0, takeAll(pool.own()), "shares of those to come are kept");
        for (int i = 2; i < SHARERS; i++) {
            assertEquals(SHARE, takeAll(pool.open()));
        }
        assertEquals(LIMIT, pool.drawn());
        assertEquals(0, takeAll(pool.open()), "more than have shares");
        first.giveBack(10 * MIB);
        assertTrue(takeAll(pool.open()) > 0, "from what is in common");
    }

    @Test
    void whatIsInNoInvocationHasTheCommonHalf() {
        var own = pool.own();
        assertEquals(LIMIT / 2, takeAll(own));
        var other = pool.open();
        assertEquals(SHARE, takeAll(other));
        own.giveBack(own.used());
        assertEquals(24 * MIB - SHARE, takeAll(other));
    }

    @Test
    void nothingIsLost() {
        var random = new SplittableRandom(5);
        var own = pool.own();
        for (int round = 0; round < 50; round++) {
            var parts = new ArrayList<Pool.Part>();
            var used = new ArrayList<Long>();
            for (int i = 0; i < 12; i++) {
                parts.add(i == 0 ? own : pool.open());
                used.add(0L);
            }
            for (int step = 0; step < 2_000; step++) {
                int i = random.nextInt(parts.size());
                long octets = random.nextLong(1 << random.nextInt(1, 24));
                if (random.nextBoolean()) {
                    boolean inShare = i > 0 && i < SHARERS && used.get(i) + octets <= SHARE;
                    if (parts.get(i).take(octets)) {
                        used.set(i, used.get(i) + octets);
                    } else {
                        assertFalse(inShare, "refused within its share");
                    }
                } else {
                    long given = Math.min(octets, used.get(i));
                    parts.get(i).giveBack(given);
                    used.set(i, used.get(i) - given);
                }
                long sum = used.stream().mapToLong(Long::longValue).sum();
                assertTrue(sum <= pool.drawn() && pool.drawn() <= LIMIT, () -> sum + " of " + pool.drawn());
            }
            // Before or after what it has is given back.
            for (int i = 0; i < parts.size(); i++) {
                if (i > 0 && random.nextBoolean()) {
                    parts.get(i).close();
                }
                parts.get(i).giveBack(used.get(i));
                if (i > 0) {
                    parts.get(i).close();
                }
            }
            // What is in no invocation may hold some ready, no more than that.
            assertTrue(pool.drawn() <= MIB, () -> pool.drawn() + " octets are still drawn");
        }
        for (int i = 0; i < SHARERS; i++) {
            assertTrue(pool.open().take(SHARE - MIB), "a share");
        }
    }

    @Test
    void manyThreads() throws Exception {
        try (var threads = Executors.newFixedThreadPool(16)) {
            Callable<Void> task = () -> {
                var random = new SplittableRandom(Thread.currentThread().threadId());
                for (int i = 0; i < 200; i++) {
                    var part = pool.open();
                    for (int step = 0; step < 50; step++) {
                        long octets = random.nextLong(3 * MIB);
                        if (part.take(octets)) {
                            part.giveBack(octets);
                        }
                        assertTrue(pool.drawn() <= LIMIT);
                    }
                    part.close();
                    part.close();
                }
                return null;
            };
            for (var done : threads.invokeAll(Collections.nCopies(16, task))) {
                done.get();
            }
        }
        assertEquals(0, pool.drawn());
    }

    /** What one attempt has by now. In a list without calls, for the end of the stack. */
    private static final class Attempt {
        private final Attempt next;
        private Pool.Part part;
        private long taken;

        Attempt(Attempt next) {
            this.next = next;
        }
    }

    private Attempt last;
    private int cut;

    private void attempt() {
        var attempt = new Attempt(last);
        last = attempt;
        attempt.part = pool.open();
        if (attempt.part.take(5 * MIB)) {
            attempt.taken = 5 * MIB;
        }
        attempt.part.giveBack(attempt.taken);
        attempt.taken = 0;
        attempt.part.close();
    }

    /** To the end of the stack, and on the way back an attempt at each depth until some came through. */
    private int deepen(long a, long b) {
        int through;
        try {
            through = deepen(b, a + 1);
        } catch (StackOverflowError _) {
            through = 0;
        }
        if (through < 10) {
            try {
                attempt();
                through++;
            } catch (StackOverflowError _) {
                cut++;
            }
        }
        return through;
    }

    @Test
    void nothingIsLostAtTheEndOfTheStack() throws Exception {
        for (int round = 0; round < 300; round++) {
            long stack = (256 << 10) + 8L * round;
            var thread = new Thread(null, () -> deepen(1, 2), "deep", stack);
            thread.start();
            thread.join();
        }
        assertTrue(cut > 50, () -> cut + " attempts were cut short");
        for (var attempt = last; attempt != null; attempt = attempt.next) {
            if (attempt.part != null) {
                attempt.part.giveBack(attempt.taken);
                attempt.part.close();
                assertEquals(0, attempt.part.used());
            }
        }
        assertEquals(0, pool.drawn());
        assertEquals(LIMIT / 2, takeAll(pool.own()), "no share is promised to anybody");
    }
}
