package io.pvmjit.bench.report;

import java.util.List;
import org.openjdk.jmh.util.ListStatistics;

/**
 * A figure with its error.
 *
 * @param error half the width of the 95 % confidence interval; NaN with fewer than three samples
 * @param count samples it rests on
 */
public record Estimate(double mean, double error, int count) {
    private static final double CONFIDENCE = 0.95;

    /** The mean of samples (at least one), its error from their spread by Student's distribution. */
    public static Estimate of(List<Double> samples) {
        var array = samples.stream().mapToDouble(Double::doubleValue).toArray();
        var statistics = new ListStatistics(array);
        return new Estimate(statistics.getMean(), statistics.getMeanErrorAt(CONFIDENCE), array.length);
    }

    /** The error as a part of the mean. */
    public double relativeError() {
        return error / mean;
    }

    /** This divided by another; relative errors, taken as independent, add up as squares. */
    public Estimate ratioTo(Estimate other) {
        double ratio = mean / other.mean;
        return new Estimate(ratio, ratio * Math.hypot(relativeError(), other.relativeError()),
                Math.min(count, other.count));
    }

    /** The geometric mean of ratios (at least one) and the error that theirs amount to. */
    public static Estimate geometricMean(List<Estimate> ratios) {
        double logarithms = 0;
        double squares = 0;
        int count = Integer.MAX_VALUE;
        for (var ratio : ratios) {
            logarithms += Math.log(ratio.mean);
            squares += ratio.relativeError() * ratio.relativeError();
            count = Math.min(count, ratio.count);
        }
        double mean = Math.exp(logarithms / ratios.size());
        return new Estimate(mean, mean * Math.sqrt(squares) / ratios.size(), count);
    }
}
