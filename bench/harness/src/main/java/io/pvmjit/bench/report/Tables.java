package io.pvmjit.bench.report;

import io.pvmjit.bench.counter.Counts.Count;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.workload.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The tables of workloads. Geometric means are over those of pure computation; the others stand below, with what they are.
 * A mean of a session whose machine was not quiet is no number.
 */
final class Tables {
    static final String NOTHING = "–";
    static final String NOT_QUOTED = "not quoted";
    private static final String MEAN = "geometric mean";

    private final Report report;

    Tables(Report report) {
        this.report = report;
    }

    /** Each peer's time of a phase, native code's being 1; native code's in absolute terms. */
    Table relativeToNative(Phase phase) {
        return withMeans(report.peers(),
                (workload, peer) -> peer == Peer.NATIVE
                        ? report.results().time(workload, peer, Phase.RUN).map(Format::time)
                        : report.results().ratio(workload, peer, Peer.NATIVE, phase).map(Format::ratio),
                peer -> peer == Peer.NATIVE ? "1" : mean(peer, Peer.NATIVE, phase));
    }

    /** Each peer's time of a phase divided by our JIT's. */
    Table againstOurs(Phase phase) {
        var others = report.peers().stream().filter(peer -> peer != Peer.JIT)
                .filter(peer -> phase == Phase.ONE_SHOT || peer.phases().contains(phase)).toList();
        return withMeans(others,
                (workload, peer) -> report.results().ratio(workload, peer, Peer.JIT, phase).map(Format::ratio),
                peer -> mean(peer, Peer.JIT, phase));
    }

    /** Each peer's time of a phase. */
    Table times(Phase phase) {
        var peers = report.peers().stream().filter(peer -> peer.phases().contains(phase)).toList();
        var rows = new ArrayList<List<String>>();
        for (var computation : List.of(true, false)) {
            rows.addAll(rows(computation, peers,
                    (workload, peer) -> report.results().time(workload, peer, phase).map(Format::time)));
        }
        return new Table(header(peers), rows);
    }

    /** Instructions and cycles of a run, as multiples of native code's where that was counted. */
    Table counts() {
        var peers = report.peers().stream()
                .filter(peer -> report.counts().counts().stream().anyMatch(count -> count.peer() == peer)).toList();
        var header = new ArrayList<>(List.of("workload"));
        peers.forEach(peer -> header.addAll(List.of(peer.title() + ": instructions", "cycles")));
        var rows = new ArrayList<List<String>>();
        for (var computation : List.of(true, false)) {
            for (var workload : report.rows(computation)) {
                var row = new ArrayList<>(List.of(name(workload)));
                for (var peer : peers) {
                    row.add(count(workload.name(), peer, Count::instructions));
                    row.add(count(workload.name(), peer, Count::cycles));
                }
                rows.add(row);
            }
            if (computation && !report.rows(true).isEmpty()) {
                var means = new ArrayList<>(List.of(MEAN));
                for (var peer : peers) {
                    // How many instructions there are does not depend on what else runs.
                    means.add(meanCount(peer, Count::instructions));
                    means.add(report.quietness().quiet() ? meanCount(peer, Count::cycles) : NOT_QUOTED);
                }
                rows.add(means);
            }
        }
        return new Table(header, rows);
    }

    private String count(String workload, Peer peer, ToDoubleFunction<Count> what) {
        var own = report.counts().of(workload, peer);
        var text = text(own.map(count -> Format.count(what.applyAsDouble(count))));
        return peer == Peer.NATIVE ? text : countRatio(workload, peer, what)
                .map(ratio -> text + " (" + Format.number(ratio) + ")").orElse(text);
    }

    private Optional<Double> countRatio(String workload, Peer peer, ToDoubleFunction<Count> what) {
        var reference = report.counts().of(workload, Peer.NATIVE);
        return report.counts().of(workload, peer)
                .flatMap(mine -> reference.map(theirs -> what.applyAsDouble(mine) / what.applyAsDouble(theirs)));
    }

    private String meanCount(Peer peer, ToDoubleFunction<Count> what) {
        var ratios = report.rows(true).stream().flatMap(row -> countRatio(row.name(), peer, what).stream())
                .map(ratio -> new Estimate(ratio, Double.NaN, 1)).toList();
        return ratios.isEmpty() ? NOTHING : Format.number(Estimate.geometricMean(ratios).mean());
    }

    /**
     * The geometric mean, over the workloads of pure computation that both ran, of the times of one divided by those of
     * another.
     */
    Optional<Estimate> meanRatio(Peer peer, Peer to, Phase phase) {
        var ratios = report.rows(true).stream()
                .flatMap(workload -> report.results().ratio(workload.name(), peer, to, phase).stream()).toList();
        return ratios.isEmpty() ? Optional.empty() : Optional.of(Estimate.geometricMean(ratios));
    }

    private String mean(Peer peer, Peer to, Phase phase) {
        return report.quietness().quiet() ? text(meanRatio(peer, to, phase).map(Format::ratio)) : NOT_QUOTED;
    }

    private Table withMeans(List<Peer> peers, BiFunction<String, Peer, Optional<String>> cell, Function<Peer, String> mean) {
        var rows = new ArrayList<List<String>>(rows(true, peers, cell));
        if (!rows.isEmpty()) {
            var means = new ArrayList<>(List.of(MEAN));
            peers.forEach(peer -> means.add(mean.apply(peer)));
            rows.add(means);
        }
        rows.addAll(rows(false, peers, cell));
        return new Table(header(peers), rows);
    }

    private List<List<String>> rows(boolean computation, List<Peer> peers,
            BiFunction<String, Peer, Optional<String>> cell) {
        var rows = new ArrayList<List<String>>();
        for (var workload : report.rows(computation)) {
            var row = new ArrayList<>(List.of(name(workload)));
            peers.forEach(peer -> row.add(text(cell.apply(workload.name(), peer))));
            rows.add(row);
        }
        return rows;
    }

    private static String name(Report.Row workload) {
        return workload.kind() == Kind.COMPUTATION
                ? workload.name()
                : workload.name() + " (" + workload.kind().title() + ")";
    }

    private static List<String> header(List<Peer> peers) {
        var header = new ArrayList<String>();
        header.add("workload");
        peers.forEach(peer -> header.add(peer.title()));
        return header;
    }

    private static String text(Optional<String> figure) {
        return figure.orElse(NOTHING);
    }

    /** What was run, and what came out. */
    Table workloads() {
        return new Table(List.of("workload", "parameter", "result", "gas", "what it does"), report.workloads().stream()
                .map(row -> List.of(row.name(), Long.toUnsignedString(row.parameter()),
                        "0x" + Long.toHexString(row.result()),
                        row.gasUsed() == 0 ? NOTHING : Long.toUnsignedString(row.gasUsed()), row.description()))
                .toList());
    }
}
