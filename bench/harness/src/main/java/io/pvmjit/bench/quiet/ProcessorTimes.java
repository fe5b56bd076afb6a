package io.pvmjit.bench.quiet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the processors did since the machine began, all of them together, in the kernel's ticks of 10 ms.
 *
 * @param all of it, idle time too
 * @param busy for a process or the kernel, without stolen time
 * @param stolen by other machines on the same hardware
 * @param own of this process and its children that ended
 */
record ProcessorTimes(long all, long busy, long stolen, long own) {
    /** user, nice, system, idle, iowait, irq, softirq, steal; what guests take is in user and nice already. */
    private static final int FIELDS = 8;
    private static final int IDLE = 3;
    private static final int WAITING = 4;
    private static final int STOLEN = 7;
    /** utime, stime, cutime and cstime, counted behind the process's name, which may contain blanks. */
    private static final int FIRST_OWN = 11;
    private static final int OWN_FIELDS = 4;

    /** As they are now; empty where the system does not tell. */
    static Optional<ProcessorTimes> now() {
        try {
            return Optional.of(parse(Files.readString(Path.of("/proc/stat")), Files.readString(Path.of("/proc/self/stat"))));
        } catch (IOException | RuntimeException _) {
            return Optional.empty();
        }
    }

    /** From the contents of {@code /proc/stat} and {@code /proc/self/stat}. */
    static ProcessorTimes parse(String machine, String process) {
        var times = Stream.of(machine.lines().findFirst().orElse("").split("\\s+")).skip(1).limit(FIELDS)
                .mapToLong(Long::parseLong).toArray();
        long all = 0;
        for (long time : times) {
            all += time;
        }
        long busy = all - times[IDLE] - times[WAITING] - times[STOLEN];
        var fields = process.substring(process.lastIndexOf(')') + 1).strip().split(" ");
        long own = 0;
        for (int i = FIRST_OWN; i < FIRST_OWN + OWN_FIELDS; i++) {
            own += Long.parseLong(fields[i]);
        }
        return new ProcessorTimes(all, busy, times[STOLEN], own);
    }

    /** The part of all processors' time since then that was stolen. */
    double stolenSince(ProcessorTimes then) {
        return (double) (stolen - then.stolen) / (all - then.all);
    }

    /** The part of all processors' time since then that went to other processes. */
    double othersSince(ProcessorTimes then) {
        return (double) Math.max(0, busy - then.busy - (own - then.own)) / (all - then.all);
    }
}
