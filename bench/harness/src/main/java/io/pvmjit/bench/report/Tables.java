package io.pvmjit.bench.report;

import io.pvmjit.bench.compile.Compilation;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.scaling.Curve;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The tables of a report. */
final class Tables {
    private static final String NOTHING = "–";

    private final Report report;

    Tables(Report report) {
        this.report = report;
    }

    /** Each peer's time of a phase, native code's being 1; native code's in absolute terms. */
    Table relativeToNative(Phase phase) {
        var rows = new ArrayList<List<String>>();
        for (var workload : report.workloads()) {
            var row = new ArrayList<String>();
            row.add(workload.name());
            for (var peer : report.peers()) {
                row.add(peer == Peer.NATIVE
                        ? text(report.results().time(workload.name(), peer, Phase.RUN).map(Format::time))
                        : text(report.results().ratio(workload.name(), peer, Peer.NATIVE, phase).map(Format::ratio)));
            }
            rows.add(row);
        }
        var means = new ArrayList<String>();
        means.add("geometric mean");
        for (var peer : report.peers()) {
            means.add(peer == Peer.NATIVE ? "1" : text(meanRatio(peer, Peer.NATIVE, phase).map(Format::ratio)));
        }
        rows.add(means);
        return new Table(header(report.peers()), rows);
    }

    /** Each peer's time of a phase divided by our JIT's. */
    Table againstOurs(Phase phase) {
        var others = report.peers().stream().filter(peer -> peer != Peer.JIT)
                .filter(peer -> phase != Phase.COMPILE || peer.phases().contains(phase)).toList();
        var rows = new ArrayList<List<String>>();
        for (var workload : report.workloads()) {
            var row = new ArrayList<String>();
            row.add(workload.name());
            others.forEach(peer -> row.add(
                    text(report.results().ratio(workload.name(), peer, Peer.JIT, phase).map(Format::ratio))));
            rows.add(row);
        }
        var means = new ArrayList<String>();
        means.add("geometric mean");
        others.forEach(peer -> means.add(text(meanRatio(peer, Peer.JIT, phase).map(Format::ratio))));
        rows.add(means);
        return new Table(header(others), rows);
    }

    /** Each peer's time of a phase. */
    Table times(Phase phase) {
        var peers = report.peers().stream().filter(peer -> peer.phases().contains(phase)).toList();
        var rows = new ArrayList<List<String>>();
        for (var workload : report.workloads()) {
            var row = new ArrayList<String>();
            row.add(workload.name());
            peers.forEach(peer ->
                    row.add(text(report.results().time(workload.name(), peer, phase).map(Format::time))));
            rows.add(row);
        }
        return new Table(header(peers), rows);
    }

    /** The geometric mean, over the workloads that both ran, of the times of one divided by those of another. */
    Optional<Estimate> meanRatio(Peer peer, Peer to, Phase phase) {
        var ratios = report.workloads().stream()
                .flatMap(workload -> report.results().ratio(workload.name(), peer, to, phase).stream()).toList();
        return ratios.isEmpty() ? Optional.empty() : Optional.of(Estimate.geometricMean(ratios));
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

    Table workloads() {
        return new Table(List.of("workload", "parameter", "result", "gas", "what it does"), report.workloads().stream()
                .map(row -> List.of(row.name(), Long.toUnsignedString(row.parameter()),
                        "0x" + Long.toHexString(row.result()),
                        row.gasUsed() == 0 ? NOTHING : Long.toUnsignedString(row.gasUsed()), row.description()))
                .toList());
    }

    Table compilations() {
        return new Table(compilationHeader("workload"), report.compilations().typical().stream()
                .map(Tables::compilation).map(List::copyOf).toList());
    }

    Table bombs() {
        double typical = report.compilations().typicalNanosecondsPerOctet();
        var header = compilationHeader("program");
        header.add("against typical");
        return new Table(header, report.compilations().bombs().stream().map(bomb -> {
            var row = compilation(bomb);
            row.add(Format.number(bomb.nanosecondsPerOctet() / typical));
            return List.copyOf(row);
        }).toList());
    }

    private static List<String> compilationHeader(String what) {
        return new ArrayList<>(List.of(what, "instructions", "octets", "ns an instruction", "ns an octet",
                "machine code, octets an octet"));
    }

    private static List<String> compilation(Compilation one) {
        return new ArrayList<>(List.of(one.name(), Format.coordinate(one.instructions()),
                Format.coordinate(one.codeOctets()), Format.number(one.nanosecondsPerInstruction()),
                Format.number(one.nanosecondsPerOctet()), Format.number(one.expansion())));
    }

    Table environment() {
        var environment = report.environment();
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("date", environment.date()));
        rows.add(List.of("CPU", environment.cpu() + ", " + environment.cores() + " cores"));
        rows.add(List.of("frequency governor", environment.governor()));
        rows.add(List.of("memory", environment.memory()));
        rows.add(List.of("kernel", environment.kernel()));
        rows.add(List.of("JDK", environment.jdk()));
        rows.add(List.of("JVM arguments", String.join(" ", environment.jvmArguments())));
        rows.add(List.of("commit", environment.commit() + (environment.treeDirty() ? ", with changes" : "")));
        rows.add(List.of("libpvmjit", environment.libraryBuild()));
        rows.add(List.of("load before, after", environment.loadBefore() + "; " + environment.loadAfter()));
        new TreeMap<>(environment.toolVersions()).forEach((tool, version) -> rows.add(List.of(tool, version)));
        return new Table(List.of("what", "value"), rows);
    }

    /** The points of a curve, a column for each of its lines. */
    static Table curve(Curve curve) {
        var header = new ArrayList<String>();
        header.add(curve.xTitle());
        boolean single = curve.lines().size() == 1;
        curve.lines().forEach(line -> header.add(single ? curve.yTitle() : line.name() + " (" + curve.yTitle() + ")"));
        // Lines of one curve are measured at the same sizes.
        Map<Double, List<String>> rows = new TreeMap<>();
        for (var line : curve.lines()) {
            for (var point : line.points()) {
                rows.computeIfAbsent(point.x(), x -> new ArrayList<>(List.of(Format.coordinate(x))))
                        .add(Format.coordinate(point.y()));
            }
        }
        return new Table(header, List.copyOf(rows.values()));
    }
}
