package io.pvmjit.internal.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is done later is done, also when there is no heap at the first attempt. */
class TimerTest {
    private static void await(CountDownLatch latch) throws InterruptedException {
        assertTrue(latch.await(30, TimeUnit.SECONDS));
    }

    /** A deadline that found no heap is not forgotten. */
    @Test
    void whatAnErrorCutShortIsDoneLater() throws InterruptedException {
        var attempts = new AtomicInteger();
        var done = new CountDownLatch(1);
        Timer.after(1, () -> {
            if (attempts.incrementAndGet() < 3) {
                throw new OutOfMemoryError("a test");
            }
            done.countDown();
        });
        await(done);
        var later = new CountDownLatch(1);
        Timer.after(50_000_000, later::countDown);
        await(later);
        assertEquals(3, attempts.get(), "once it came through it is over");
    }

    @Test
    void whatIsCancelledIsNotDone() throws InterruptedException {
        var attempts = new AtomicInteger();
        Timer.after(20_000_000, attempts::incrementAndGet).cancel(false);
        var later = new CountDownLatch(1);
        Timer.after(40_000_000, later::countDown);
        await(later);
        assertEquals(0, attempts.get());
    }

    @Test
    void errorsDoNotEndWhatIsDoneEverySoOften() throws InterruptedException {
        var done = new CountDownLatch(3);
        var task = Timer.every(1_000_000, () -> {
            done.countDown();
            throw new OutOfMemoryError("a test");
        });
        await(done);
        task.cancel(false);
    }
}
