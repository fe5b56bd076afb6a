package io.pvmjit.bench.scaling;

import io.pvmjit.Instance;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.bench.sample.SamplePrograms;
import io.pvmjit.bench.scaling.Curve.Line;
import io.pvmjit.bench.scaling.Curve.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Resident memory and memory maps of this process while more and more instances of one module are alive. */
final class InstanceCurves {
    private static final int STEPS = 16;
    private static final int FIRST_WRITABLE_PAGE = 48;

    private InstanceCurves() {}

    static List<Curve> measure(int most) {
        var resident = new ArrayList<Point>();
        var maps = new ArrayList<Point>();
        var instances = new ArrayList<Instance>();
        try (var engine = SamplePrograms.engine("jit");
                var module = engine.compile(SamplePrograms.assemble(SamplePrograms.ADD))) {
            int limit = (int) Math.min(most, engine.statistics().instanceLimit());
            // What Java itself needs for so many is there before the first look.
            instances.ensureCapacity(limit);
            System.gc();
            used(module.instantiate(SamplePrograms.SMALL)).close();
            double before = ProcessUse.now().residentMebibytes();
            try {
                for (int count : counts(limit)) {
                    while (instances.size() < count) {
                        instances.add(used(module.instantiate(SamplePrograms.SMALL)));
                    }
                    var now = ProcessUse.now();
                    resident.add(new Point(count, now.residentMebibytes() - before));
                    maps.add(new Point(count, now.maps()));
                }
            } catch (ResourceLimitException _) {
                // The curves end where the machine does.
            } finally {
                instances.forEach(Instance::close);
            }
        }
        return List.of(
                curve("instances-memory", "Resident memory and live instances", "resident memory more than without, MiB",
                        resident, "An instance of 12 pages that ran and wrote one of them takes %.1f KiB", 1024),
                curve("instances-maps", "Memory maps and live instances", "memory maps of the process", maps,
                        "An instance takes %.2f memory maps", 1));
    }

    private static int[] counts(int limit) {
        return IntStream.rangeClosed(0, STEPS).map(step -> Math.max(1, (int) ((long) limit * step / STEPS))).distinct()
                .toArray();
    }

    private static Curve curve(
            String id, String title, String yTitle, List<Point> points, String sentence, double scale) {
        var fit = Fit.linear(points);
        var line = new Line(yTitle, points, fit, sentence.formatted(fit.slope() * scale)
                + " (R² %.3f), up to %,.0f instances.".formatted(fit.determination(), points.getLast().x()));
        return new Curve(id, title, "live instances", yTitle, false, List.of(line));
    }

    private static Instance used(Instance instance) {
        instance.memory().write((long) FIRST_WRITABLE_PAGE * io.pvmjit.MemoryImage.PAGE_SIZE, new byte[] {1});
        SamplePrograms.rewind(instance).register(7, 40).register(8, 2);
        SamplePrograms.requireResult(instance, instance.resume(), 42);
        return instance;
    }
}
