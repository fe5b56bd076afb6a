package io.pvmjit.internal.system;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Does short things later: one thread for the process, and none while nothing is to be done. */
public final class Timer {
    private static final int IDLE_SECONDS = 10;
    private static final ScheduledThreadPoolExecutor EXECUTOR = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform()
            .daemon()
            .name("pvm-jit timer")
            .inheritInheritableThreadLocals(false)
            .factory());

    static {
        EXECUTOR.setRemoveOnCancelPolicy(true);
        EXECUTOR.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        EXECUTOR.allowCoreThreadTimeOut(true);
    }

    private Timer() {}

    /** Does it once, when so many nanoseconds have gone by. It must not take long, nor wait. */
    public static Future<?> after(long nanoseconds, Runnable action) {
        return EXECUTOR.schedule(action, nanoseconds, TimeUnit.NANOSECONDS);
    }
}
