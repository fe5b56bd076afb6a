package io.pvmjit.internal.front;

import io.pvmjit.Instance;

/** A user's hold of an instance: it may be closed again, at any time, and does nothing then. */
final class UsersHold implements Instance.Hold {
    /** Null: it has nothing to let go of. Volatile: others may close it, too, which is a mistake that is told. */
    volatile FrontInstance instance;

    @Override
    public void close() {
        // The only call, for the stack may be at its end: nothing has changed then, and closing can be tried again.
        var self = Thread.currentThread();
        var held = instance;
        if (held == null) {
            return;
        }
        var owner = held.owner;
        if (owner != self && owner instanceof Thread) {
            throw new IllegalStateException("another thread closes the hold of " + owner);
        }
        instance = null;
        if (owner == self) {
            held.owner = null;
        }
    }
}
