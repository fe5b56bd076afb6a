package io.pvmjit.bench.scaling;

import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.bench.sample.SamplePrograms;
import io.pvmjit.bench.scaling.Curve.Line;
import io.pvmjit.bench.scaling.Curve.Point;
import io.pvmjit.hostcalls.refine.Limits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Making inner machines of one module and invoking each once, all alive together, through the host calls. */
final class MachineCurve {
    private static final int[] COUNTS = {1, 2, 4, 8, 16, 24, 32, 48, Limits.MACHINES};

    private MachineCurve() {}

    static List<Curve> measure(int milliseconds) {
        var points = new ArrayList<Point>();
        try (var engine = SamplePrograms.engine("jit");
                var module = engine.compile(SamplePrograms.assemble(SamplePrograms.ADD));
                var outer = module.instantiate(InnerMachines.OUTER)) {
            medianTime(engine, outer, Limits.MACHINES, milliseconds);
            for (int count : COUNTS) {
                points.add(new Point(count, medianTime(engine, outer, count, milliseconds)));
            }
        }
        var fit = Fit.linear(points);
        var line = new Line("machine and invoke", points, fit,
                "Each inner machine, made and invoked once, takes %.2f µs more (R² %.3f).".formatted(
                        fit.slope(), fit.determination()));
        return List.of(new Curve("machines", "Inner machines made and invoked", "inner machines", "time of all, µs",
                false, List.of(line)));
    }

    private static double medianTime(Engine engine, Instance outer, int machines, int milliseconds) {
        var times = new ArrayList<Long>();
        long end = System.nanoTime() + milliseconds * 1_000_000L / COUNTS.length;
        do {
            try (var refinement = new InnerMachines(engine, outer)) {
                long begin = System.nanoTime();
                for (int i = 0; i < machines; i++) {
                    refinement.makeAndInvoke();
                }
                times.add(System.nanoTime() - begin);
            }
        } while (System.nanoTime() < end);
        var sorted = times.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2] / 1e3;
    }
}
