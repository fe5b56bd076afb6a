package io.pvmjit.hostcalls;

import io.pvmjit.Instance;
import io.pvmjit.Turn;
import io.pvmjit.internal.system.Timer;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Stops an invocation from outside: by hand, from any thread, or when its time is over. One serves one invocation, whose
 * runs it stops for good: once interrupted it stays so. Thread-safe.
 */
public final class Interrupter {
    private final boolean limited;
    /** As of {@link System#nanoTime()}. */
    private final long deadline;
    private boolean interrupted;
    /** What is stopped by an interrupt; null for nothing. */
    private Runnable watched;

    /** One that only {@link #interrupt()} lets act. */
    public Interrupter() {
        limited = false;
        deadline = 0;
    }

    private Interrupter(Duration limit) {
        limited = true;
        // No earlier than now: what is left is a difference of times, which has to fit.
        deadline = System.nanoTime() + Math.max(0, TimeUnit.NANOSECONDS.convert(limit));
    }

    /**
     * One that acts when this time is over, counted from now: whatever an invocation does beside running counts too, but
     * is not stopped.
     */
    public static Interrupter after(Duration limit) {
        return new Interrupter(limit);
    }

    /** Stops the invocation; one that has not begun to run stops when it does. It does not wait for the stop. */
    public synchronized void interrupt() {
        interrupted = true;
        if (watched != null) {
            watched.run();
        }
    }

    /** Whether it was interrupted, or its time is over. */
    public synchronized boolean interrupted() {
        return interrupted || left() <= 0;
    }

    /** Nanoseconds until it acts by itself. */
    private long left() {
        return limited ? deadline - System.nanoTime() : Long.MAX_VALUE;
    }

    /**
     * From now until the watch is closed an interrupt stops this instance; at once, if there was one before. For those who
     * run instances themselves: invocations do this.
     *
     * @throws IllegalStateException while it watches another
     */
    public Watch watch(Instance instance) {
        return watch(instance::interrupt);
    }

    /** As {@link #watch(Instance)}, for an invocation, whether it runs or waits for its turn. */
    public Watch watch(Turn turn) {
        return watch(turn::interrupt);
    }

    private synchronized Watch watch(Runnable stop) {
        if (watched != null) {
            throw new IllegalStateException("an interrupter serves one invocation, this one watches another");
        }
        long left = left();
        interrupted |= left <= 0;
        if (interrupted) {
            stop.run();
        }
        var timer = limited && !interrupted ? Timer.after(left, this::interrupt) : null;
        watched = stop;
        return new Watch(this, timer);
    }

    private synchronized void end() {
        watched = null;
    }

    /** See {@link Interrupter#watch}. */
    public static final class Watch implements AutoCloseable {
        private final Interrupter interrupter;
        private final Future<?> timer;

        private Watch(Interrupter interrupter, Future<?> timer) {
            this.interrupter = interrupter;
            this.timer = timer;
        }

        @Override
        public void close() {
            if (timer != null) {
                timer.cancel(false);
            }
            interrupter.end();
        }
    }
}
