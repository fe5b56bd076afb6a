package io.pvmjit.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How far a command is that takes long: nothing for the first second; then on a terminal a line that is written over, else
 * a line every ten seconds. Thread-safe.
 */
final class Progress {
    private static final String ERASE = "\r\033[K";
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final long FIRST = Duration.ofSeconds(1).toNanos();
    private static final long TERMINAL = Duration.ofMillis(200).toNanos();
    private static final long PIPE = Duration.ofSeconds(10).toNanos();

    private final PrintWriter out;
    private final boolean terminal;
    private final LongSupplier clock;
    private final String things;
    private final double total;
    private final long begin;
    private long next;
    private long count;
    private double done;
    private boolean shown;

    /**
     * @param things what is counted
     * @param total of what {@link #step} takes
     * @param clock nanoseconds
     */
    Progress(PrintWriter out, boolean terminal, LongSupplier clock, String things, double total) {
        this.out = out;
        this.terminal = terminal;
        this.clock = clock;
        this.things = things;
        this.total = total;
        begin = clock.getAsLong();
        next = begin + (terminal ? FIRST : PIPE);
    }

    /** On standard error, wherever standard output goes. */
    static Progress of(PrintWriter err, String things, double total) {
        return new Progress(err, isTerminal(Path.of("/proc/self/fd/2")), System::nanoTime, things, total);
    }

    /** Whether what is open there is a terminal; the JVM tells that of standard input and output alone. */
    static boolean isTerminal(Path open) {
        try {
            return open.toRealPath().toString().matches("/dev/(pts/|tty|console).*");
        } catch (IOException _) {
            // A pipe, which has no path; or there is no such file.
            return false;
        }
    }

    /** One more thing is done, and so much of the total in all. */
    synchronized void step(double ofTotal) {
        count++;
        done = ofTotal;
        tell("");
    }

    /** Nothing more is done, but time goes by. */
    synchronized void tick() {
        tell(", for " + text((clock.getAsLong() - begin) / SECOND));
    }

    /** Ticks until what this answers is closed: for work that may do for long what is not counted. */
    Ticking ticking() {
        return new Ticking(Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    Thread.sleep(Duration.ofNanos(TERMINAL));
                    tick();
                }
            } catch (InterruptedException _) {
                // The work is done.
            }
        }));
    }

    /** See {@link Progress#ticking()}. */
    record Ticking(Thread thread) implements AutoCloseable {
        @Override
        public void close() {
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void tell(String more) {
        long now = clock.getAsLong();
        if (now - next < 0) {
            return;
        }
        next = now + (terminal ? TERMINAL : PIPE);
        double seconds = (double) (now - begin) / SECOND;
        double part = Math.min(1, done / total);
        var left = part < 0.01 ? "" : ", " + text((long) (seconds * (1 - part) / part)) + " left";
        var line = "%,d %s, %d %%, %,.0f/s%s%s".formatted(count, things, (int) (100 * part), count / seconds, left, more);
        if (terminal) {
            out.print(ERASE + line);
        } else {
            out.println(line);
        }
        out.flush();
        shown = terminal;
    }

    /** Makes way for another line. */
    synchronized void clear() {
        if (shown) {
            out.print(ERASE);
            out.flush();
            shown = false;
        }
    }

    private static String text(long seconds) {
        return "%d:%02d:%02d".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}
