package io.pvmjit.bench.report;

import io.pvmjit.bench.compile.Compilations;
import io.pvmjit.bench.scaling.Curve;
import io.pvmjit.bench.scaling.Growth;
import io.pvmjit.bench.tail.TailLatency;
import java.util.List;

/** What of our JIT was measured beside the workloads. */
public record Details(
        Compilations compilations, List<TailLatency> tails, List<Growth> growths, List<Curve> curves) {

    /** Nothing was. */
    public static final Details NONE = new Details(Compilations.NONE, List.of(), List.of(), List.of());

    public Details {
        tails = List.copyOf(tails);
        growths = List.copyOf(growths);
        curves = List.copyOf(curves);
    }
}
