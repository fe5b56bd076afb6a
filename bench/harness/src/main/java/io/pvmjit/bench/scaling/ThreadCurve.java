package io.pvmjit.bench.scaling;

import io.pvmjit.Module;
import io.pvmjit.bench.sample.SamplePrograms;
import io.pvmjit.bench.scaling.Curve.Line;
import io.pvmjit.bench.scaling.Curve.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs of one module, a sieve of a few hundred microseconds, on rising numbers of threads, an instance each. */
final class ThreadCurve {
    private static final int LIMIT = 100_000;
    private static final int PRIMES = 9_592;

    private ThreadCurve() {}

    static List<Curve> measure(int cores, int milliseconds) throws InterruptedException {
        var points = new ArrayList<Point>();
        try (var engine = SamplePrograms.engine("jit");
                var module = engine.compile(SamplePrograms.assemble(SamplePrograms.SIEVE))) {
            runs(module, System.nanoTime() + milliseconds * 1_000_000L);
            for (int threads = 1; threads <= cores; threads++) {
                points.add(new Point(threads, throughput(module, threads, milliseconds)));
            }
        }
        var line = new Line("runs", points, Fit.linear(points), sentence(points));
        return List.of(new Curve("threads", "Throughput and threads", "threads", "runs per second", false,
                List.of(line)));
    }

    private static double throughput(Module module, int threads, int milliseconds) throws InterruptedException {
        try (var executor = Executors.newFixedThreadPool(threads)) {
            long begin = System.nanoTime();
            Callable<Long> task = () -> runs(module, begin + milliseconds * 1_000_000L);
            long total = 0;
            for (Future<Long> future : executor.invokeAll(java.util.Collections.nCopies(threads, task))) {
                total += future.get();
            }
            return total / ((System.nanoTime() - begin) / 1e9);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private static long runs(Module module, long end) {
        long count = 0;
        try (var instance = module.instantiate(SamplePrograms.DATA)) {
            do {
                SamplePrograms.rewind(instance).register(7, LIMIT);
                SamplePrograms.requireResult(instance, instance.resume(), PRIMES);
                count++;
            } while (System.nanoTime() < end);
        }
        return count;
    }

    private static String sentence(List<Point> points) {
        double first = points.getFirst().y();
        double most = points.getLast().x();
        if (most == 1) {
            return "There is one core: %.0f runs a second.".formatted(first);
        }
        var fit = Fit.linear(points);
        return "Each thread adds %.0f runs a second (R² %.3f); %.0f threads do %.2f times what one does.".formatted(
                fit.slope(), fit.determination(), most, points.getLast().y() / first);
    }
}
