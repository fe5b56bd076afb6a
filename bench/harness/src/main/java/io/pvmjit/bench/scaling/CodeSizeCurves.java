package io.pvmjit.bench.scaling;

import io.pvmjit.bench.sample.SamplePrograms;
import io.pvmjit.bench.scaling.Curve.Line;
import io.pvmjit.bench.scaling.Curve.Point;
import java.util.ArrayList;
import java.util.List;

/**
 * The shortest time and the memory of compiling, from one KiB of guest code up. The programs have the proportions of
 * compiled code.
 */
final class CodeSizeCurves {
    private static final int STEP = 4;
    private static final int LEAST_COMPILATIONS = 3;
    private static final double KIB = 1024;

    private CodeSizeCurves() {}

    static List<Curve> measure(int largestKilobytes, int milliseconds) {
        var times = new ArrayList<Point>();
        var machineCode = new ArrayList<Point>();
        var tables = new ArrayList<Point>();
        try (var engine = SamplePrograms.engineOfWholes()) {
            // Larger first would leave more warmed up than it ends with; the smallest warms up what all need.
            shortestTime(engine, SamplePrograms.generate((int) (KIB / SamplePrograms.OCTETS_OF_INSTRUCTION)), milliseconds);
            for (int kilobytes = 1; kilobytes <= largestKilobytes; kilobytes *= STEP) {
                var blob = SamplePrograms.generate((int) (kilobytes * KIB / SamplePrograms.OCTETS_OF_INSTRUCTION));
                try (var module = engine.compile(blob)) {
                    var statistics = module.statistics();
                    double size = statistics.codeLength() / KIB;
                    machineCode.add(new Point(size, statistics.nativeBytes() / KIB));
                    tables.add(new Point(size, statistics.tableBytes() / KIB));
                    times.add(new Point(size, shortestTime(engine, blob, milliseconds)));
                }
            }
        }
        return List.of(
                new Curve("compile-time", "Compile time and code size", "guest code, KiB", "compile time, µs", true,
                        List.of(timeLine(times))),
                new Curve("compile-memory", "Memory of a module and code size", "guest code, KiB", "memory, KiB", true,
                        List.of(memoryLine("machine code", machineCode), memoryLine("tables", tables))));
    }

    private static double shortestTime(io.pvmjit.Engine engine, byte[] blob, int milliseconds) {
        double shortest = Double.POSITIVE_INFINITY;
        long end = System.nanoTime() + milliseconds * 1_000_000L;
        for (int n = 0; n < LEAST_COMPILATIONS || System.nanoTime() < end; n++) {
            long begin = System.nanoTime();
            engine.compile(blob).close();
            shortest = Math.min(shortest, System.nanoTime() - begin);
        }
        return shortest / 1e3;
    }

    private static Line timeLine(List<Point> times) {
        var fit = Fit.logarithmic(times);
        var last = times.getLast();
        return new Line("compile time", times, fit, "Compile time grows with code size, " + fit.growth()
                + ", no point more than %.0f %% off; the largest program took %.2f µs a KiB."
                        .formatted(100 * fit.residual(times), last.y() / last.x()));
    }

    private static Line memoryLine(String name, List<Point> points) {
        var fit = Fit.logarithmic(points);
        var last = points.getLast();
        return new Line(name, points, fit, "Memory for " + name + " grows with code size, " + fit.growth()
                + "; the largest program took %.2f octets an octet of code.".formatted(last.y() / last.x()));
    }
}
