package io.pvmjit.bench.counter;

import io.pvmjit.bench.counter.Counts.Count;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Subject;
import io.pvmjit.bench.peer.Verification;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Counts runs of workloads on the peers that compile in this JVM. Other threads of it, its compilers' too, do not count. */
public final class Counting {
    private static final int LEAST_RUNS = 3;
    private static final Set<Peer> PEERS = EnumSet.of(Peer.NATIVE, Peer.JIT, Peer.ENDIVE);

    private Counting() {}

    /**
     * Counts every workload on each of those peers that ran it.
     *
     * @param milliseconds of each, as long again for its warm-up; at least three runs
     * @param progress is told which workload is counted
     */
    public static Counts measure(List<Verification> workloads, int milliseconds, Consumer<String> progress) {
        var counts = new ArrayList<Count>();
        try (var counters = new Counters()) {
            for (var workload : workloads) {
                progress.accept(workload.workload().name());
                for (var peer : workload.costs().keySet()) {
                    if (PEERS.contains(peer)) {
                        counts.add(count(counters, workload, peer, milliseconds * 1_000_000L));
                    }
                }
            }
        } catch (RefusedException e) {
            return new Counts(e.getMessage(), List.of());
        }
        return new Counts("", counts);
    }

    private static Count count(Counters counters, Verification workload, Peer peer, long nanoseconds) {
        try (var subject = Subject.open(peer, workload.workload())) {
            subject.prepare();
            long end = System.nanoTime() + nanoseconds;
            do {
                subject.run(workload.parameter());
            } while (System.nanoTime() < end);
            double instructions = Double.POSITIVE_INFINITY;
            double cycles = Double.POSITIVE_INFINITY;
            end = System.nanoTime() + nanoseconds;
            for (int n = 0; n < LEAST_RUNS || System.nanoTime() < end; n++) {
                var reading = counters.count(() -> subject.run(workload.parameter()));
                instructions = Math.min(instructions, reading.instructions());
                cycles = Math.min(cycles, reading.cycles());
            }
            return new Count(workload.workload().name(), peer, instructions, cycles);
        }
    }
}
