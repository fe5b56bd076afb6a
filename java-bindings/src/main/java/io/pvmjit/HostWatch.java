package io.pvmjit;

import io.pvmjit.internal.backend.WatchedMachine;

/**
 * Lets an observer see what hosts do to an instance: every access to its RAM and its registers that goes through
 * {@link Instance} and {@link Memory}, until the watch is closed. An instance that is not watched pays nothing for it.
 * Used as the instance is, by one thread at a time; there may be one watch of an instance at a time.
 */
public final class HostWatch implements AutoCloseable {
    private final Instance instance;

    private HostWatch(Instance instance) {
        this.instance = instance;
    }

    /**
     * Begins to watch.
     *
     * @throws IllegalStateException when the instance is watched, is closed or is in use by another thread
     */
    public static HostWatch of(Instance instance, HostObserver observer) {
        try (var _ = instance.enter()) {
            if (instance.machine instanceof WatchedMachine) {
                throw new IllegalStateException("the instance is watched already");
            }
            var watch = new HostWatch(instance);
            var watched = new WatchedMachine(instance.machine, observer);
            instance.machine = watched;
            instance.memory.machine = watched;
            return watch;
        }
    }

    /** Ends the watch, before the instance is closed. Does nothing when it has ended. */
    @Override
    public void close() {
        try (var _ = instance.enter()) {
            if (instance.machine instanceof WatchedMachine watched) {
                instance.machine = watched.machine();
                instance.memory.machine = watched.machine();
            }
        }
    }
}
