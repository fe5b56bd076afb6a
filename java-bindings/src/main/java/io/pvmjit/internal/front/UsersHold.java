package io.pvmjit.internal.front;

import io.pvmjit.Instance;

/** A user's hold of an instance: it may be closed again, at any time, and does nothing then. */
final class UsersHold implements Instance.Hold {
    /** Null: it has nothing to let go of. */
    FrontInstance instance;

    @Override
    public void close() {
        // No call: the stack may be at its end. While it is taken only this thread changes it, by closing.
        var held = instance;
        if (held != null && held.owner != FrontInstance.CLOSED && held.owner != FrontInstance.CLOSED_IN_PART) {
            held.owner = null;
        }
        instance = null;
    }
}
