package io.pvmjit.differential;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The search for differences as a command, for as long as one likes: see {@code scripts/fuzz --help}. Its last line is
 * "done" and how many programs there were.
 */
final class Fuzz {
    private static final long REPORT_SECONDS = 10;
    /** A line that is written over, once a second, where people watch. */
    private static final boolean TERMINAL = System.console() != null && System.console().isTerminal();

    private Fuzz() {}

    /** Arguments: minutes, seed, number of the first program; and a folder of services, to use pieces of those. */
    public static void main(String[] arguments) throws InterruptedException {
        double minutes = Double.parseDouble(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        long first = Long.parseLong(arguments[2]);
        long start = System.nanoTime();
        long end = start + (long) (minutes * TimeUnit.MINUTES.toNanos(1));
        System.out.println("seed " + seed);
        var done = new AtomicLong();
        var reporter = Thread.ofPlatform().daemon().start(() -> report(start, end, done));
        try (var random = Campaign.ofJit()) {
            var campaign = arguments.length > 3 ? random.of(RealPrograms.of(Path.of(arguments[3]))) : random;
            var failure = campaign.run(seed, first, number -> System.nanoTime() < end, done);
            reporter.interrupt();
            print(start, end, done);
            if (TERMINAL) {
                System.out.println();
            }
            if (failure != null) {
                System.out.println(failure.text());
                System.exit(1);
            }
            System.out.println("done " + done.get());
        }
    }

    private static void report(long start, long end, AtomicLong done) {
        try {
            while (true) {
                TimeUnit.SECONDS.sleep(TERMINAL ? 1 : REPORT_SECONDS);
                print(start, end, done);
            }
        } catch (InterruptedException e) {
            // The search is over.
        }
    }

    private static void print(long start, long end, AtomicLong done) {
        long now = System.nanoTime();
        double seconds = (now - start) / 1e9;
        var line = "%d programs in %.0f s, %.0f programs/s, %d s left".formatted(
                done.get(), seconds, done.get() / seconds, Math.max(0, end - now) / TimeUnit.SECONDS.toNanos(1));
        if (TERMINAL) {
            System.out.print("\r\033[K" + line);
            System.out.flush();
        } else {
            System.out.println(line);
        }
    }
}
