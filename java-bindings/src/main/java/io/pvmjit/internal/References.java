package io.pvmjit.internal;

import java.util.concurrent.atomic.AtomicInteger;

/** A reference count that starts at one and runs an action when it reaches zero. Thread-safe. */
public final class References {
    private final AtomicInteger count = new AtomicInteger(1);
    private final Runnable whenZero;

    public References(Runnable whenZero) {
        this.whenZero = whenZero;
    }

    /** Takes a reference; false when the count has reached zero. */
    public boolean tryRetain() {
        int seen;
        do {
            seen = count.get();
            if (seen == 0) {
                return false;
            }
        } while (!count.compareAndSet(seen, seen + 1));
        return true;
    }

    /** Drops a reference. */
    public void release() {
        int left = count.decrementAndGet();
        if (left == 0) {
            whenZero.run();
        } else if (left < 0) {
            throw new AssertionError("a reference was released twice");
        }
    }
}
