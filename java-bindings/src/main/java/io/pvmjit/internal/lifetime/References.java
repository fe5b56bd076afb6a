package io.pvmjit.internal.lifetime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The references to a thing: one of its owner, who closes it once, and any number of its users. When the last one is
 * given back an action frees the thing. Thread-safe.
 *
 * <p>Every step may be cut short by an error, for want of heap or stack. None is lost then: what threw has not
 * happened, and can be done again.
 */
public final class References {
    private static final int OPEN = 0;
    private static final int CLOSED = 1;
    /** Closed, but an error kept the owner's reference from being given back. */
    private static final int CLOSED_IN_PART = 2;

    private static final VarHandle COUNT;
    private static final VarHandle OWNER;

    static {
        try {
            COUNT = MethodHandles.lookup().findVarHandle(References.class, "count", int.class);
            OWNER = MethodHandles.lookup().findVarHandle(References.class, "owner", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Runnable whenZero;
    private volatile int count = 1;
    private volatile int owner = OPEN;
    /** References that nobody has any more, but that an error kept from being given back; guarded by this monitor. */
    private int debt;

    /** @param whenZero frees the thing; after an error it is run again, and goes on where it stopped */
    public References(Runnable whenZero) {
        this.whenZero = whenZero;
    }

    /** Takes a reference; false when the owner has closed the thing. */
    public boolean tryRetain() {
        int seen;
        do {
            seen = count;
            if (owner != OPEN || seen == 0) {
                return false;
            }
        } while (!COUNT.compareAndSet(this, seen, seen + 1));
        return true;
    }

    /** Takes a reference, also when the owner has closed the thing; false when it is gone. */
    public boolean tryRetainClosed() {
        int seen;
        do {
            seen = count;
            if (seen == 0) {
                return false;
            }
        } while (!COUNT.compareAndSet(this, seen, seen + 1));
        return true;
    }

    /** Gives a reference back. Where that fails the caller still has it. */
    public void release() {
        int seen;
        do {
            seen = count;
            if (seen == 0) {
                throw new AssertionError("a reference was released twice");
            }
        } while (!COUNT.compareAndSet(this, seen, seen - 1));
        if (seen == 1) {
            try {
                whenZero.run();
            } catch (Throwable e) {
                count = 1; // No call, here and below: the stack may be at its end.
                throw e;
            }
        }
    }

    /** As {@link #release()}, for a use that ends here: where that fails, {@link #close()} makes up for it. */
    public void releaseOrLeave() {
        try {
            release();
        } catch (Throwable e) {
            synchronized (this) {
                debt++;
                if (owner == CLOSED) {
                    owner = CLOSED_IN_PART;
                }
            }
            throw e;
        }
    }

    /** Refuses further references and gives the owner's back, once; where that failed it can be called again. */
    public void close() {
        int seen = owner;
        if (seen == CLOSED || !OWNER.compareAndSet(this, seen, CLOSED)) {
            return;
        }
        if (seen == OPEN) {
            synchronized (this) {
                debt++;
            }
        }
        while (true) {
            synchronized (this) {
                if (debt == 0) {
                    return;
                }
                debt--;
            }
            try {
                release();
            } catch (Throwable e) {
                synchronized (this) {
                    debt++;
                    owner = CLOSED_IN_PART;
                }
                throw e;
            }
        }
    }
}
