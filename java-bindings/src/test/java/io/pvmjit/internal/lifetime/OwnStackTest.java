package io.pvmjit.internal.lifetime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** An action on a stack of its own: its answer arrives, whatever happens to who waits. */
class OwnStackTest {
    @Test
    void answers() throws Exception {
        assertEquals(5, OwnStack.call(() -> 5));
        assertNotSame(Thread.currentThread(), OwnStack.call(Thread::currentThread));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            assertEquals(5, threads.submit(() -> OwnStack.call(() -> 5)).get());
        }
    }

    @Test
    void throwsWhatTheActionThrows() {
        for (var thrown : new Throwable[] {new IllegalStateException(), new OutOfMemoryError()}) {
            assertSame(thrown, assertThrows(thrown.getClass(), () -> OwnStack.call(() -> {
                if (thrown instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) thrown;
            })));
        }
        assertThrows(AssertionError.class, () -> OwnStack.call(() -> {
            throw new IOException();
        }));
    }

    /** The engine that is made meanwhile would be lost. */
    @Test
    void anInterruptIsKeptForLater() {
        var caller = Thread.currentThread();
        caller.interrupt();
        assertEquals(5, OwnStack.call(() -> {
            caller.interrupt();
            return 5;
        }));
        assertTrue(Thread.interrupted());
    }
}
