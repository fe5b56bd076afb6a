package io.pvmjit.internal.lifetime;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs an action on a stack of its own: either the caller's has no room even to wait for it, and nothing is begun, or it
 * does not matter how little that has left.
 */
public final class OwnStack {
    private OwnStack() {}

    /**
     * Waits for the action, interrupted or not, and answers or throws what it does. It throws nothing checked. Waiting takes
     * nothing from the Java heap: an error there would lose what the action makes.
     */
    public static <T> T call(Callable<T> action) {
        StackRoom.require();
        var caller = Thread.currentThread();
        var task = new FutureTask<T>(action) {
            @Override
            protected void done() {
                LockSupport.unpark(caller);
            }
        };
        Thread.ofPlatform().name("pvmjit-start").daemon().inheritInheritableThreadLocals(false).start(task);
        boolean interrupted = false;
        while (task.state() == Future.State.RUNNING) {
            LockSupport.park(task);
            interrupted |= Thread.interrupted();
        }
        try {
            return task.get();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e.getCause() instanceof Error cause ? cause : new AssertionError(e);
        } finally {
            if (interrupted) {
                caller.interrupt();
            }
        }
    }
}
