package io.pvmjit.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Tells how far a session is: on a terminal by a line that is written over, else by a line for each group of steps; both
 * with the time left.
 */
final class Progress {
    private static final String ERASE = "\r\033[K";

    private final PrintStream out;
    private final boolean terminal;
    private final LongSupplier clock;
    private final long begin;
    /** When the first step began that counts; what came before says nothing about the rest. */
    private long workBegin = -1;
    private double total;
    private double done;
    private String group = "";

    /** @param clock nanoseconds */
    Progress(PrintStream out, boolean terminal, LongSupplier clock) {
        this.out = out;
        this.terminal = terminal;
        this.clock = clock;
        this.begin = clock.getAsLong();
    }

    /** On standard error. */
    static Progress ofThisProcess() {
        var console = System.console();
        return new Progress(System.err, console != null && console.isTerminal(), System::nanoTime);
    }

    /** Says how much there is to do, in any unit. */
    void expect(double work) {
        total += work;
    }

    /** A line that stays. */
    void say(String line) {
        out.println(terminal ? ERASE + line : line);
        out.flush();
    }

    /** Begins a step. */
    void step(String ofGroup, String what, double work) {
        if (terminal) {
            out.print(ERASE + status() + "  " + ofGroup + ": " + what);
            out.flush();
        } else if (!ofGroup.equals(group)) {
            out.println(status() + "  " + ofGroup);
        }
        if (workBegin < 0 && work > 0) {
            workBegin = clock.getAsLong();
        }
        group = ofGroup;
        done += work;
    }

    /** Ends the line that is written over. */
    void end() {
        if (terminal) {
            out.print(ERASE);
            out.flush();
        }
    }

    private String status() {
        double part = total == 0 ? 0 : Math.min(1, done / total);
        long now = clock.getAsLong();
        // Too early to tell before some of the work is done.
        var left = part < 0.02 || workBegin < 0
                ? ""
                : ", " + text(Duration.ofNanos((long) ((now - workBegin) * (1 - part) / part))) + " left";
        return "%3d %%, %s%s".formatted((int) (100 * part), text(Duration.ofNanos(now - begin)), left);
    }

    private static String text(Duration duration) {
        return duration.toHours() > 0
                ? "%d:%02d:%02d".formatted(duration.toHours(), duration.toMinutesPart(), duration.toSecondsPart())
                : "%d:%02d".formatted(duration.toMinutes(), duration.toSecondsPart());
    }
}
