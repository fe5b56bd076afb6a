package io.pvmjit.bench.compile;

import io.pvmjit.Engine;
import io.pvmjit.StandardProgram;
import io.pvmjit.bench.sample.SamplePrograms;
import io.pvmjit.bench.workload.BuiltWorkload;
import io.pvmjit.bench.workload.Target;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Compilations of the workloads and of bombs, in one engine without a cache, in this JVM.
 *
 * @param typical the workloads'
 * @param bombs programs that take as long as they can
 */
public record Compilations(List<Compilation> typical, List<Compilation> bombs) {
    private static final int LEAST = 3;

    public Compilations {
        typical = List.copyOf(typical);
        bombs = List.copyOf(bombs);
    }

    public static final Compilations NONE = new Compilations(List.of(), List.of());

    /**
     * Measures them.
     *
     * @param bombOctets of each bomb
     * @param milliseconds for each program, and at least three compilations
     */
    public static Compilations measure(List<BuiltWorkload> workloads, int bombOctets, int milliseconds) {
        var typical = new ArrayList<Compilation>();
        var bombs = new ArrayList<Compilation>();
        try (var engine = SamplePrograms.engine("jit")) {
            for (var workload : workloads) {
                if (workload.has(Target.PVM)) {
                    var blob = StandardProgram.parse(workload.octets(Target.PVM)).programBlob();
                    typical.add(compile(engine, workload.name(), blob, milliseconds));
                }
            }
            Bombs.all(bombOctets).forEach((name, blob) ->
                    bombs.add(compile(engine, name, MemorySegment.ofArray(blob), milliseconds)));
        }
        return new Compilations(typical, bombs);
    }

    private static Compilation compile(Engine engine, String name, MemorySegment blob, int milliseconds) {
        double shortest = Double.POSITIVE_INFINITY;
        long end = System.nanoTime() + milliseconds * 1_000_000L;
        for (int n = 0; n < LEAST || System.nanoTime() < end; n++) {
            long begin = System.nanoTime();
            engine.compile(blob).close();
            shortest = Math.min(shortest, System.nanoTime() - begin);
        }
        try (var module = engine.compile(blob)) {
            var made = module.statistics();
            return new Compilation(name, made.instructionCount(), made.codeLength(), made.nativeBytes(), shortest);
        }
    }

    /** The geometric mean of the workloads' nanoseconds an octet; NaN without workloads. */
    public double typicalNanosecondsPerOctet() {
        return Math.exp(typical.stream().mapToDouble(one -> Math.log(one.nanosecondsPerOctet())).average()
                .orElse(Double.NaN));
    }
}
