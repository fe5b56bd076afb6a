package io.pvmjit.bench.compile;

import io.pvmjit.Engine;
import io.pvmjit.StandardProgram;
import io.pvmjit.bench.sample.SamplePrograms;
import io.pvmjit.bench.workload.BuiltWorkload;
import io.pvmjit.bench.workload.Target;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Compilations of the workloads, of published programs and of bombs, in engines without a cache, in this JVM.
 *
 * @param typical the workloads' and those of published programs
 * @param ofSize typical code that is as large as bombs are, which takes longer than what fits into caches
 * @param bombs programs that take as long as they can
 */
public record Compilations(List<Compilation> typical, List<Compilation> ofSize, List<Compilation> bombs) {
    private static final int LEAST = 3;

    public Compilations {
        typical = List.copyOf(typical);
        ofSize = List.copyOf(ofSize);
        bombs = List.copyOf(bombs);
    }

    public static final Compilations NONE = new Compilations(List.of(), List.of(), List.of());

    /**
     * Measures them.
     *
     * @param published program blobs that others compiled, by name
     * @param bombOctets of each bomb
     * @param milliseconds for each program, and at least three compilations
     */
    public static Compilations measure(
            List<BuiltWorkload> workloads, Map<String, byte[]> published, int bombOctets, int milliseconds) {
        var typical = new ArrayList<Compilation>();
        var ofSize = new ArrayList<Compilation>();
        var bombs = new ArrayList<Compilation>();
        try (var engines = new Engines()) {
            for (var workload : workloads) {
                if (workload.has(Target.PVM)) {
                    var blob = StandardProgram.parse(workload.octets(Target.PVM)).programBlob();
                    typical.add(engines.compile(workload.name(), blob, milliseconds));
                }
            }
            published.forEach((name, blob) -> typical.add(engines.compile(name, MemorySegment.ofArray(blob), milliseconds)));
            var large = SamplePrograms.generate((int) (bombOctets / SamplePrograms.OCTETS_OF_INSTRUCTION));
            ofSize.add(engines.compile("code in the proportions of compilers", MemorySegment.ofArray(large), milliseconds));
            Bombs.all(bombOctets)
                    .forEach((name, blob) -> bombs.add(engines.compile(name, MemorySegment.ofArray(blob), milliseconds)));
        }
        return new Compilations(typical, ofSize, bombs);
    }

    /** One that makes all machine code at once, and one that makes it when a run gets there. */
    private record Engines(Engine whole, Engine onDemand) implements AutoCloseable {
        Engines() {
            this(SamplePrograms.engineOfWholes(), SamplePrograms.engine("jit"));
        }

        Compilation compile(String name, MemorySegment blob, int milliseconds) {
            double all = shortest(whole, blob, milliseconds);
            double toStart = shortest(onDemand, blob, milliseconds);
            try (var module = whole.compile(blob)) {
                var made = module.statistics();
                return new Compilation(name, made.instructionCount(), blob.byteSize(), made.codeLength(), made.nativeBytes(),
                        all, toStart);
            }
        }

        private static double shortest(Engine engine, MemorySegment blob, int milliseconds) {
            double shortest = Double.POSITIVE_INFINITY;
            long end = System.nanoTime() + milliseconds * 1_000_000L;
            for (int n = 0; n < LEAST || System.nanoTime() < end; n++) {
                long begin = System.nanoTime();
                engine.compile(blob).close();
                shortest = Math.min(shortest, System.nanoTime() - begin);
            }
            return shortest;
        }

        @Override
        public void close() {
            whole.close();
            onDemand.close();
        }
    }

    /** The geometric mean of a figure; NaN of no compilations. */
    public static double geometricMean(List<Compilation> compilations, ToDoubleFunction<Compilation> figure) {
        return Math.exp(compilations.stream().mapToDouble(one -> Math.log(figure.applyAsDouble(one))).average()
                .orElse(Double.NaN));
    }

    /** The bomb with the greatest figure; there must be bombs. */
    public Compilation worst(ToDoubleFunction<Compilation> figure) {
        return bombs.stream().max(Comparator.comparingDouble(figure)).orElseThrow();
    }

    /** A bomb's figure divided by that of typical code which is as large; NaN without any. */
    public double toTypical(Compilation bomb, ToDoubleFunction<Compilation> figure) {
        return figure.applyAsDouble(bomb) / geometricMean(ofSize, figure);
    }
}
