package io.pvmjit.bench.quiet;

import io.pvmjit.bench.peer.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Watches whether the machine is quiet, from when it is made until {@link #finish}. */
public final class Watch implements AutoCloseable {
    private final Optional<ProcessorTimes> begin = ProcessorTimes.now();
    private final List<Double> loads = new ArrayList<>();
    private final NativeBaseline baseline;

    /** @param milliseconds to time native code of each workload, each time */
    public Watch(List<Verification> workloads, int milliseconds) {
        baseline = new NativeBaseline(workloads, milliseconds);
    }

    /** Times native code: at the begin, between what is measured, and at the end. */
    public void look() {
        load().ifPresent(loads::add);
        baseline.measure();
    }

    /** What was seen so far. */
    public Quietness finish() {
        var end = ProcessorTimes.now();
        if (begin.isEmpty() || end.isEmpty()) {
            return new Quietness(Double.NaN, Double.NaN, loads, baseline.drifts());
        }
        return new Quietness(end.get().stolenSince(begin.get()), end.get().othersSince(begin.get()), loads,
                baseline.drifts());
    }

    private static Optional<Double> load() {
        try {
            return Optional.of(Double.valueOf(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]));
        } catch (IOException | RuntimeException _) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        baseline.close();
    }
}
