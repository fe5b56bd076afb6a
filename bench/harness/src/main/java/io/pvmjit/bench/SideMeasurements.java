package io.pvmjit.bench;

import io.pvmjit.bench.compile.Compilations;
import io.pvmjit.bench.report.Details;
import io.pvmjit.bench.scaling.MachineGrowth;
import io.pvmjit.bench.scaling.Scaling;
import io.pvmjit.bench.tail.Tails;
import io.pvmjit.bench.workload.BuiltWorkload;
import java.util.List;
import java.util.Map;

/** What is measured of our JIT beside the workloads: compiling, tail latency, machines made and dropped, scaling curves. */
final class SideMeasurements {
    /** Measurements of the length that the profile says, one after the other: points of curves, and programs compiled. */
    private static final double CURVE_LENGTHS = 14;
    private static final double COMPILE_LENGTHS = 4;
    private static final int CURVES = 4;
    /** A small refinement with both collectors, and the warm-up before. */
    private static final double MILLISECONDS_OF_TAIL_RUN = 0.02;

    private final Profile profile;
    private final Progress progress;

    SideMeasurements(Profile profile, Progress progress) {
        this.profile = profile;
        this.progress = progress;
    }

    /** Says how much there is to do. */
    void expect() {
        progress.expect((CURVE_LENGTHS + COMPILE_LENGTHS) * profile.scaling().milliseconds() + tailWork());
    }

    private double tailWork() {
        return profile.scaling().tailRuns() * MILLISECONDS_OF_TAIL_RUN;
    }

    /** @param published programs that others compiled, by name */
    Details measure(List<BuiltWorkload> workloads, Map<String, byte[]> published) {
        var size = profile.scaling();
        progress.step("compile", "programs and bombs", COMPILE_LENGTHS * size.milliseconds());
        var compilations = Compilations.measure(workloads, published, size.codeKilobytes() << 10,
                size.milliseconds() / 10);
        var tails = Tails.measure(size.tailRuns(), collector -> progress.step("tail latency", collector, tailWork() / 2));
        progress.step("machines", "made and dropped", 0);
        var growths = MachineGrowth.measure(size.machines());
        var curves = Scaling.measure(size.codeKilobytes(), size.instances(), size.milliseconds(),
                what -> progress.step("scaling", what, CURVE_LENGTHS * size.milliseconds() / CURVES));
        return new Details(compilations, tails, growths, curves);
    }
}
