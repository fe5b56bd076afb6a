package io.pvmjit.bench.scaling;

import io.pvmjit.bench.workload.SetupException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** All scaling curves, on the JIT. */
public final class Scaling {
    private Scaling() {}

    /**
     * Measures them.
     *
     * @param largestKilobytes of code
     * @param mostInstances alive together
     * @param milliseconds of a point of a curve
     * @param progress is told what is measured
     */
    public static List<Curve> measure(
            int largestKilobytes, int mostInstances, int milliseconds, Consumer<String> progress) {
        var curves = new ArrayList<Curve>();
        try {
            progress.accept("code size");
            curves.addAll(CodeSizeCurves.measure(largestKilobytes, milliseconds));
            progress.accept("threads");
            curves.addAll(ThreadCurve.measure(Runtime.getRuntime().availableProcessors(), milliseconds));
            progress.accept("instances");
            curves.addAll(InstanceCurves.measure(mostInstances));
            progress.accept("inner machines");
            curves.addAll(MachineCurve.measure(milliseconds));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SetupException("interrupted while scaling curves were measured");
        }
        return curves;
    }
}
