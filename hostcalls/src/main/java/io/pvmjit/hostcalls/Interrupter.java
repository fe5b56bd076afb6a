package io.pvmjit.hostcalls;

import io.pvmjit.Instance;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Stops an invocation from outside: by hand, from any thread, or when its time is over. One serves one invocation, whose
 * runs it stops for good: once interrupted it stays so. Thread-safe.
 */
public final class Interrupter {
    /** One thread for the process, and none while nothing has a time limit. */
    private static final ScheduledThreadPoolExecutor TIMER = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform()
            .daemon()
            .name("pvm-jit time limits")
            .inheritInheritableThreadLocals(false)
            .factory());
    private static final int TIMER_IDLE_SECONDS = 10;

    static {
        TIMER.setRemoveOnCancelPolicy(true);
        TIMER.setKeepAliveTime(TIMER_IDLE_SECONDS, TimeUnit.SECONDS);
        TIMER.allowCoreThreadTimeOut(true);
    }

    private final boolean limited;
    /** As of {@link System#nanoTime()}. */
    private final long deadline;
    private boolean interrupted;
    /** What is stopped by an interrupt; null for nothing. */
    private Instance watched;

    /** One that only {@link #interrupt()} lets act. */
    public Interrupter() {
        limited = false;
        deadline = 0;
    }

    private Interrupter(Duration limit) {
        limited = true;
        deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(limit);
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
            watched.interrupt();
        }
    }

    /** Whether it was interrupted, or its time is over. */
    public synchronized boolean interrupted() {
        return interrupted;
    }

    /**
     * From now until the watch is closed an interrupt stops this instance; at once, if there was one before. For those who
     * run instances themselves: invocations do this.
     *
     * @throws IllegalStateException while it watches another
     */
    public synchronized Watch watch(Instance instance) {
        if (watched != null) {
            throw new IllegalStateException("an interrupter serves one invocation, this one watches another");
        }
        long left = limited ? deadline - System.nanoTime() : Long.MAX_VALUE;
        interrupted |= left <= 0;
        if (interrupted) {
            instance.interrupt();
        }
        var timer = limited && !interrupted ? TIMER.schedule(this::interrupt, left, TimeUnit.NANOSECONDS) : null;
        watched = instance;
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
