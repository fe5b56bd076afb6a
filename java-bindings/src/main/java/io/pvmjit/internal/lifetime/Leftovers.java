package io.pvmjit.internal.lifetime;

/**
 * Things that an error cut short while they were made, until they could be closed. Linked by hand, so that keeping and
 * closing them takes nothing from the Java heap. Thread-safe.
 *
 * <p>Whoever makes a thing makes it before what it holds, gives it that in the very statement that makes it, and does this
 * when anything is thrown, without a call in it, because the stack may be at its end:
 *
 * <pre>
 * synchronized (leftovers) {
 *     thing.next = leftovers.first;
 *     leftovers.first = thing;
 * }
 * </pre>
 */
public final class Leftovers {
    /** What may be cut short. */
    public abstract static class Thing {
        /** The next one that was kept. */
        public Thing next;

        /** Closes what it holds by now; called again after an error it does what is left. */
        public abstract void close();
    }

    /** Written under this object's monitor. */
    public volatile Thing first;

    /** Closes all of them. What throws is kept. Where there are none it costs nothing. */
    public void close() {
        while (first != null) {
            var thing = take();
            if (thing == null) {
                return;
            }
            try {
                thing.close();
            } catch (Throwable e) {
                synchronized (this) {
                    thing.next = first;
                    first = thing;
                }
                throw e;
            }
        }
    }

    /** As {@link #close()}, for when something was thrown, which is not to be masked: what throws is kept. */
    public void closeNowOrLater() {
        try {
            close();
        } catch (Throwable _) {
            // Whoever closes the next time meets it again.
        }
    }

    /** Null when another thread was faster. */
    private synchronized Thing take() {
        var taken = first;
        if (taken != null) {
            first = taken.next;
        }
        return taken;
    }
}
