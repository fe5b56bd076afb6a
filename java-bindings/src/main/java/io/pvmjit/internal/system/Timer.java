package io.pvmjit.internal.system;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Does short things later: one thread for the process, and none while nothing is to be done. */
public final class Timer {
    private static final int IDLE_SECONDS = 10;
    /** What an error kept from being done is tried again so many nanoseconds later. */
    private static final long AGAIN = 10_000_000;
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

    /** Does nothing but to make this class usable: in the midst of that an error would leave it unusable for good. */
    public static void initialise() {}

    /**
     * Does it once, when so many nanoseconds have gone by; later, if there is no heap for it then. It must not take long,
     * nor wait.
     */
    public static Future<?> after(long nanoseconds, Runnable action) {
        var once = new Once(action);
        once.task = EXECUTOR.scheduleWithFixedDelay(once, nanoseconds, AGAIN, TimeUnit.NANOSECONDS);
        return once.task;
    }

    /** Does it whenever so many nanoseconds have gone by, until that is cancelled. Likewise. */
    public static Future<?> every(long nanoseconds, Runnable action) {
        return EXECUTOR.scheduleWithFixedDelay(() -> attempt(action), nanoseconds, nanoseconds, TimeUnit.NANOSECONDS);
    }

    /** False when it was cut short for want of heap. */
    private static boolean attempt(Runnable action) {
        try {
            action.run();
            return true;
        } catch (VirtualMachineError _) {
            return false;
        }
    }

    /** Done until it comes through. That it is scheduled again takes nothing from the heap. */
    private static final class Once implements Runnable {
        private final Runnable action;
        private boolean done;
        /** Null for a moment after it was scheduled. */
        private volatile Future<?> task;

        Once(Runnable action) {
            this.action = action;
        }

        @Override
        public void run() {
            done = done || attempt(action);
            var scheduled = task;
            if (done && scheduled != null) {
                scheduled.cancel(false);
            }
        }
    }
}
