package io.pvmjit.internal.front;

import io.pvmjit.HostObserver;
import io.pvmjit.HostWatch;
import io.pvmjit.internal.backend.WatchedMachine;

/** A watch of an instance: puts a machine that tells the observer in place of its own. */
final class FrontWatch implements HostWatch {
    private final FrontInstance instance;

    private FrontWatch(FrontInstance instance) {
        this.instance = instance;
    }

    static FrontWatch of(FrontInstance instance, HostObserver observer) {
        try (var _ = instance.enter()) {
            if (instance.machine instanceof WatchedMachine) {
                throw new IllegalStateException("the instance is watched already");
            }
            var watch = new FrontWatch(instance);
            var watched = new WatchedMachine(instance.machine, observer);
            instance.machine = watched;
            instance.memory.machine = watched;
            return watch;
        }
    }

    /** Also when the instance is closed: an exception may have ended what it was about. */
    @Override
    public void close() {
        if (instance.isClosed()) {
            return;
        }
        try (var _ = instance.enter()) {
            if (instance.machine instanceof WatchedMachine watched) {
                instance.machine = watched.machine();
                instance.memory.machine = watched.machine();
            }
        }
    }
}
