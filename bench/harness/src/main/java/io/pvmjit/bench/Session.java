package io.pvmjit.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.pvmjit.bench.counter.Counting;
import io.pvmjit.bench.counter.Counts;
import io.pvmjit.bench.peer.NodeRunner;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.peer.Verification;
import io.pvmjit.bench.quiet.Quietness;
import io.pvmjit.bench.quiet.Watch;
import io.pvmjit.bench.report.Results;
import io.pvmjit.bench.workload.BuiltWorkload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures workloads on peers: in every round, for every workload, all peers one after the other, so that whatever
 * drifts meanwhile does so for all.
 */
final class Session implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final double MILLISECOND = 1e6;
    /** Starting a JVM under JMH, or Node; and what JMH does around a measurement without a fork. */
    private static final double FORK_MILLISECONDS = 900;
    private static final double OVERHEAD_MILLISECONDS = 60;
    /** A look at native code takes so many iterations: the longer, the surer a moment without others is among them. */
    private static final int LOOK = 2;

    private final Profile profile;
    private final List<Peer> peers;
    private final Progress progress;
    private final NodeRunner node = new NodeRunner();
    private final JmhRunner jmh;
    private final ArrayNode nodeAnswers = MAPPER.createArrayNode();
    private final Results results = new Results();
    private Counts counts = Counts.NONE;
    private Watch watch;
    private Quietness quietness = Quietness.UNKNOWN;

    Session(Profile profile, List<Peer> peers, Path benchFolder, Progress progress) {
        this.profile = profile;
        this.peers = peers;
        this.progress = progress;
        this.jmh = new JmhRunner(benchFolder, profile.forks());
    }

    /**
     * Runs every workload on every peer.
     *
     * @throws io.pvmjit.bench.peer.WrongResultException when they do not agree
     */
    List<Verification> verify(List<BuiltWorkload> workloads) {
        var verified = new ArrayList<Verification>();
        for (var built : workloads) {
            progress.step("checking results", built.name(), 0);
            var workload = built.workload();
            long parameter = profile.small() ? workload.smallParameter() : workload.parameter();
            verified.add(Verification.of(built, parameter, peers, node));
        }
        return verified;
    }

    /** Measures all rounds, and then counts; times native code before, between and after the rounds. */
    void measure(List<Verification> workloads) {
        workloads.forEach(workload -> progress.expect(profile.rounds() * work(workload)));
        progress.step("native code", "all workloads", 0);
        watch = new Watch(workloads, LOOK * profile.measurement().milliseconds());
        watch.look();
        for (int round = 1; round <= profile.rounds(); round++) {
            for (var workload : workloads) {
                for (var peer : workload.costs().keySet()) {
                    var group = "round %d of %d, %s".formatted(round, profile.rounds(), workload.workload().name());
                    measure(workload, peer, group);
                }
            }
            watch.look();
        }
        counts = Counting.measure(workloads, profile.measurement().milliseconds(),
                name -> progress.step("counting", name, 0));
    }

    /** Looks at native code for the last time, when all else is done. */
    void finish() {
        watch.look();
        quietness = watch.finish();
    }

    /** What was timed. */
    Results results() {
        return results;
    }

    /** What was counted. */
    Counts counts() {
        return counts;
    }

    /** Whether the machine was quiet; known when the session is finished. */
    Quietness quietness() {
        return quietness;
    }

    private void measure(Verification workload, Peer peer, String group) {
        if (peer.inProcess()) {
            for (var phase : peer.phases()) {
                progress.step(group, peer.label() + " " + phase.title(), work(workload, peer, phase));
                var samples = jmh.measure(workload, peer, phase, warmup(workload, peer, phase),
                        measurement(workload, peer, phase));
                results.add(workload.workload().name(), peer, phase, samples);
            }
            return;
        }
        progress.step(group, peer.label(),
                peer.phases().stream().mapToDouble(phase -> work(workload, peer, phase)).sum());
        var answer = node.run(workload.workload(), new NodeRunner.Order(workload.parameter(),
                Long.toHexString(workload.result()), peer.phases(), loop(profile.warmup(Phase.ONE_SHOT)),
                loop(profile.warmup(Phase.RUN)), loop(profile.measurement())));
        nodeAnswers.addObject().put("workload", workload.workload().name()).put("parameter", workload.parameter())
                .set("answer", answer);
        NodeRunner.samples(answer)
                .forEach((phase, samples) -> results.add(workload.workload().name(), peer, phase, samples));
    }

    private static NodeRunner.Loop loop(Profile.Iterations iterations) {
        return new NodeRunner.Loop(iterations.count(), iterations.milliseconds());
    }

    private Profile.Iterations warmup(Verification workload, Peer peer, Phase phase) {
        var usual = profile.warmup(phase);
        return isSlow(workload, peer, phase) ? new Profile.Iterations(Math.min(1, profile.forks()), 1) : usual;
    }

    private Profile.Iterations measurement(Verification workload, Peer peer, Phase phase) {
        return isSlow(workload, peer, phase) ? new Profile.Iterations(1, 1) : profile.measurement();
    }

    private boolean isSlow(Verification workload, Peer peer, Phase phase) {
        return workload.costs().get(peer).of(phase) > profile.slowMilliseconds() * MILLISECOND;
    }

    private double work(Verification workload) {
        return workload.costs().keySet().stream()
                .mapToDouble(peer -> peer.phases().stream().mapToDouble(phase -> work(workload, peer, phase)).sum()).sum();
    }

    /** About how many milliseconds a measurement takes. */
    private double work(Verification workload, Peer peer, Phase phase) {
        double cost = workload.costs().get(peer).of(phase) / MILLISECOND;
        var warmup = warmup(workload, peer, phase);
        var measurement = measurement(workload, peer, phase);
        return (profile.forks() > 0 ? FORK_MILLISECONDS : OVERHEAD_MILLISECONDS)
                + warmup.count() * Math.max(cost, warmup.milliseconds())
                + measurement.count() * Math.max(cost, measurement.milliseconds());
    }

    /** Writes the raw data. */
    void write(Path folder) throws IOException {
        jmh.write(folder.resolve("jmh.json"));
        MAPPER.writerWithDefaultPrettyPrinter().writeValue(folder.resolve("node.json").toFile(), nodeAnswers);
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.close();
        }
        node.close();
    }
}
