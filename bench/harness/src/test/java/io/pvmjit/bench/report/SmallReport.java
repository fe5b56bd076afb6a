package io.pvmjit.bench.report;

import io.pvmjit.bench.compile.Compilation;
import io.pvmjit.bench.compile.Compilations;
import io.pvmjit.bench.counter.Counts;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.quiet.Drift;
import io.pvmjit.bench.quiet.Quietness;
import io.pvmjit.bench.scaling.Curve;
import io.pvmjit.bench.scaling.Fit;
import io.pvmjit.bench.scaling.Growth;
import io.pvmjit.bench.tail.TailLatency;
import io.pvmjit.bench.workload.Kind;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

/** A report with figures that can be checked by hand. */
final class SmallReport {
    static final Environment ENVIRONMENT = new Environment("2026-01-02", "Test CPU <1>", 2, "not exposed", "Linux 1.2",
            "Test VM 25", "0123abc", true, "0.1", "0.2", "1 kB", "GNU C17 -O2", List.of("-Xmx1g"), Map.of("gcc", "gcc 1"));

    private SmallReport() {}

    /** On a quiet machine, which is not allowed to count. */
    static Report create() {
        var drift = new Drift("alpha", List.of(1e6, 1.05e6, 1.02e6));
        return create(new Quietness(0.01, 0.02, List.of(0.1, 0.2, 0.3), List.of(drift)),
                new Counts("not allowed", List.of()));
    }

    static Report create(Quietness quietness, Counts counts) {
        var results = new Results();
        // Native code is called in 1 and 2 ms; our JIT takes twice and eight times as long: four times, in the mean.
        add(results, "alpha", Peer.NATIVE, Phase.RUN, 0.9e6, 1e6, 1.1e6);
        add(results, "beta", Peer.NATIVE, Phase.RUN, 2e6, 2e6, 2e6);
        add(results, "alpha", Peer.JIT, Phase.RUN, 2e6, 2e6, 2e6);
        add(results, "beta", Peer.JIT, Phase.RUN, 16e6, 16e6, 16e6);
        // Which does not count in means.
        add(results, "calls", Peer.NATIVE, Phase.RUN, 1e6, 1e6, 1e6);
        add(results, "calls", Peer.JIT, Phase.RUN, 100e6, 100e6, 100e6);
        add(results, "alpha", Peer.JIT, Phase.MAKE, 700, 700, 700);
        add(results, "alpha", Peer.JIT, Phase.ONE_SHOT, 3e6, 3e6, 3e6);
        add(results, "alpha", Peer.JIT, Phase.COMPILE, 500, 500, 500);
        // V8 ran one of them, once.
        add(results, "alpha", Peer.V8, Phase.RUN, 1e6);
        add(results, "alpha", Peer.V8, Phase.ONE_SHOT, 6e6);
        add(results, "alpha", Peer.V8, Phase.COMPILE, 1500);
        var points = List.of(new Curve.Point(1, 10), new Curve.Point(10, 100), new Curve.Point(100, 1000));
        var curve = new Curve("sizes", "Time and size", "size, KiB", "time, µs", true,
                List.of(new Curve.Line("time", points, Fit.logarithmic(points), "It grows linearly.")));
        // 10 ns an octet and 2.5, so 5 in the mean.
        var compilations = new Compilations(
                List.of(new Compilation("alpha", 10, 30, 30, 60, 300, 200),
                        new Compilation("beta", 1000, 4000, 4000, 6000, 10_000, 5000)),
                List.of(new Compilation("large", 50, 100, 100, 300, 750, 750)),
                List.of(new Compilation("all the same", 100, 100, 100, 2000, 1500, 1500)));
        var tail = new TailLatency("G1", 1000, 2_000, 30_000, 400_000, 5_000_000, 6);
        var growth = new Growth("made and dropped", 10_000, -12, 0, 0, 1_500);
        var rows = List.of(
                new Report.Row("calls", "Calls.", Kind.HOST_CALLS, 1, 3, 1),
                new Report.Row("alpha", "Does </script> | &amp; things.", Kind.COMPUTATION, 5, -1, 77),
                new Report.Row("beta", "Does others.", Kind.COMPUTATION, -1, 2, 0));
        return new Report("quick", ENVIRONMENT, quietness, List.of("Measured by hand."),
                List.of(Peer.NATIVE, Peer.JIT, Peer.V8), rows, results, counts, List.of("Beware."),
                new Details(compilations, List.of(tail), List.of(growth), List.of(curve)));
    }

    private static void add(Results results, String workload, Peer peer, Phase phase, double... nanoseconds) {
        results.add(workload, peer, phase, DoubleStream.of(nanoseconds).boxed().toList());
    }
}
