package io.pvmjit.internal;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Runs an action on a stack of its own, so that it does not matter how little the caller's has left. */
final class OwnStack {
    private OwnStack() {}

    /** Waits for the action, and answers or throws what it does. It throws nothing checked. */
    static <T> T call(Callable<T> action) {
        var task = new FutureTask<T>(action);
        Thread.ofPlatform().name("pvmjit-start").daemon().inheritInheritableThreadLocals(false).start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e.getCause() instanceof Error cause ? cause : new AssertionError(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
