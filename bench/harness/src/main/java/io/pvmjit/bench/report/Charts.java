package io.pvmjit.bench.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.scaling.Curve;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** The charts of a report, as data for the page's script. */
final class Charts {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final double MILLISECOND = 1e6;

    private final Report report;

    Charts(Report report) {
        this.report = report;
    }

    /** One object for each chart, in the order of the page. */
    ArrayNode all() {
        var charts = MAPPER.createArrayNode();
        if (!report.workloads().isEmpty()) {
            if (report.quietness().quiet() && !report.rows(true).isEmpty()) {
                charts.add(means());
            }
            charts.add(bars("run-ratio", "Run time relative to native", "times native (1 = gcc -O2)",
                    "A warm run in an instance that is kept. Shorter is better; whiskers: 95 % confidence interval.",
                    report.peers().stream().filter(peer -> peer != Peer.NATIVE).toList(),
                    (workload, peer) -> report.results().ratio(workload, peer, Peer.NATIVE, Phase.RUN)));
            charts.add(bars("one-shot", "One-shot time", "milliseconds",
                    "Compile, make an instance and run it; native code: its run. Shorter is better.", report.peers(),
                    (workload, peer) -> milliseconds(report.results().time(workload, peer,
                            peer == Peer.NATIVE ? Phase.RUN : Phase.ONE_SHOT))));
            charts.add(bars("compile", "Compile time", "milliseconds",
                    "From octets in memory to what instances are made of. Shorter is better.",
                    report.peers().stream().filter(peer -> peer.phases().contains(Phase.COMPILE)).toList(),
                    (workload, peer) -> milliseconds(report.results().time(workload, peer, Phase.COMPILE))));
        }
        report.details().curves().forEach(curve -> charts.add(curve(curve)));
        return charts;
    }

    private static Optional<Estimate> milliseconds(Optional<Estimate> nanoseconds) {
        return nanoseconds.map(time -> new Estimate(time.mean() / MILLISECOND, time.error() / MILLISECOND, time.count()));
    }

    private ObjectNode means() {
        var tables = new Tables(report);
        var peers = report.peers().stream().filter(peer -> peer != Peer.NATIVE).toList();
        var chart = chart("means", "Geometric means", "bar", "times native (1 = gcc -O2)",
                "Over the workloads of pure computation that both native code and the peer ran. Shorter is better.");
        peers.forEach(peer -> chart.withArray("labels").add(peer.title()));
        for (var phase : List.of(Phase.RUN, Phase.ONE_SHOT)) {
            var series = series(chart, phase.title(), phase == Phase.RUN ? "first" : "second");
            peers.forEach(peer -> add(series, tables.meanRatio(peer, Peer.NATIVE, phase)));
        }
        return chart;
    }

    private ObjectNode bars(String id, String title, String unit, String caption, List<Peer> peers,
            BiFunction<String, Peer, Optional<Estimate>> figure) {
        var chart = chart(id, title, "bar", unit, caption);
        report.workloads().forEach(workload -> chart.withArray("labels").add(workload.name()));
        for (var peer : peers) {
            var series = series(chart, peer.title(), peer.label());
            report.workloads().forEach(workload -> add(series, figure.apply(workload.name(), peer)));
        }
        return chart;
    }

    private static ObjectNode curve(Curve curve) {
        var caption = new StringBuilder();
        curve.lines().forEach(line -> caption.append(caption.isEmpty() ? "" : " ").append(line.sentence()));
        var chart = chart(curve.id(), curve.title(), "line", curve.yTitle(), caption.toString());
        chart.put("xTitle", curve.xTitle()).put("logarithmic", curve.logarithmic());
        for (int i = 0; i < curve.lines().size(); i++) {
            var line = curve.lines().get(i);
            var series = series(chart, line.name(), i == 0 ? "first" : "second");
            line.points().forEach(point -> series.withArray("points").addObject().put("x", point.x()).put("y", point.y()));
        }
        return chart;
    }

    private static ObjectNode chart(String id, String title, String kind, String unit, String caption) {
        return MAPPER.createObjectNode().put("id", id).put("title", title).put("kind", kind).put("unit", unit)
                .put("caption", caption);
    }

    private static ObjectNode series(ObjectNode chart, String name, String color) {
        return chart.withArray("series").addObject().put("name", name).put("color", color);
    }

    private static void add(ObjectNode series, Optional<Estimate> figure) {
        if (figure.isEmpty()) {
            series.withArray("values").addNull();
            series.withArray("errors").addNull();
            return;
        }
        series.withArray("values").add(figure.get().mean());
        if (Double.isFinite(figure.get().error())) {
            series.withArray("errors").add(figure.get().error());
        } else {
            series.withArray("errors").addNull();
        }
    }
}
