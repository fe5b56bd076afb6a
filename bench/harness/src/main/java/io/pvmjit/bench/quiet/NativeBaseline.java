package io.pvmjit.bench.quiet;

import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Subject;
import io.pvmjit.bench.peer.Verification;
import java.util.ArrayList;
import java.util.List;

/** Native code of a session's workloads, which is timed again and again: the shortest run, whatever comes between. */
final class NativeBaseline implements AutoCloseable {
    /** Short runs are timed together, so that looking at the clock does not count. */
    private static final double LEAST_BATCH_NANOSECONDS = 50_000;
    private static final int LEAST_BATCHES = 3;

    private record One(String name, Subject subject, long parameter, int batch, List<Double> times) {}

    private final int milliseconds;
    private final List<One> workloads = new ArrayList<>();

    /**
     * Warms up what native code is called through.
     *
     * @param milliseconds for each workload each time
     */
    NativeBaseline(List<Verification> verified, int milliseconds) {
        this.milliseconds = milliseconds;
        for (var one : verified) {
            if (one.costs().containsKey(Peer.NATIVE)) {
                var subject = Subject.open(Peer.NATIVE, one.workload());
                double shortest = shortest(subject, one.parameter(), 1);
                int batch = (int) Math.max(1, LEAST_BATCH_NANOSECONDS / shortest);
                // Once more as it will be measured: the JVM has compiled the loop by then.
                shortest(subject, one.parameter(), batch);
                workloads.add(new One(one.workload().name(), subject, one.parameter(), batch, new ArrayList<>()));
            }
        }
    }

    /** Times each of them. */
    void measure() {
        workloads.forEach(one -> one.times.add(shortest(one.subject, one.parameter, one.batch)));
    }

    private double shortest(Subject subject, long parameter, int batch) {
        double shortest = Double.POSITIVE_INFINITY;
        long end = System.nanoTime() + milliseconds * 1_000_000L;
        for (int n = 0; n < LEAST_BATCHES || System.nanoTime() < end; n++) {
            long begin = System.nanoTime();
            for (int i = 0; i < batch; i++) {
                subject.run(parameter);
            }
            shortest = Math.min(shortest, (double) (System.nanoTime() - begin) / batch);
        }
        return shortest;
    }

    List<Drift> drifts() {
        return workloads.stream().map(one -> new Drift(one.name, one.times)).toList();
    }

    @Override
    public void close() {
        workloads.forEach(one -> one.subject.close());
    }
}
