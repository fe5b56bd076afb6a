package io.pvmjit.bench.report;

import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Phase;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The samples of a session: nanoseconds of one operation, a figure for each iteration of each round. */
public final class Results {
    private record Key(String workload, Peer peer, Phase phase) {}

    private final Map<Key, List<Double>> samples = new LinkedHashMap<>();

    /** Adds samples to those there are. */
    public void add(String workload, Peer peer, Phase phase, List<Double> nanoseconds) {
        samples.computeIfAbsent(new Key(workload, peer, phase), _ -> new ArrayList<>()).addAll(nanoseconds);
    }

    /** What was measured, in nanoseconds; empty when nothing was. */
    public Optional<Estimate> time(String workload, Peer peer, Phase phase) {
        return Optional.ofNullable(samples.get(new Key(workload, peer, phase))).map(Estimate::of);
    }

    /** How much longer one takes than the other. Native code has nothing to compile: its one-shot is its run. */
    public Optional<Estimate> ratio(String workload, Peer peer, Peer to, Phase phase) {
        var time = time(workload, peer, phaseOf(peer, phase));
        var reference = time(workload, to, phaseOf(to, phase));
        return time.flatMap(mine -> reference.map(mine::ratioTo));
    }

    private static Phase phaseOf(Peer peer, Phase phase) {
        return peer == Peer.NATIVE && phase == Phase.ONE_SHOT ? Phase.RUN : phase;
    }
}
