package io.pvmjit.bench.report;

import java.util.Locale;

/** Figures as text. */
final class Format {
    private Format() {}

    /** Three significant digits; more in front of the point when there are. */
    static String number(double value) {
        if (Double.isNaN(value)) {
            return "?";
        }
        double size = Math.abs(value);
        int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 || size == 0 ? 2 : 3;
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }

    /** As {@link #number}, but whole numbers, which were counted, without decimals. */
    static String coordinate(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%,.0f", value) : number(value);
    }

    /** A time with its unit and error. */
    static String time(Estimate nanoseconds) {
        double mean = nanoseconds.mean();
        var unit = mean < 1e3 ? "ns" : mean < 1e6 ? "µs" : mean < 1e9 ? "ms" : "s";
        double scale = mean < 1e3 ? 1 : mean < 1e6 ? 1e3 : mean < 1e9 ? 1e6 : 1e9;
        return number(mean / scale) + " " + unit + " ± " + percent(nanoseconds);
    }

    /** A ratio with its error. */
    static String ratio(Estimate ratio) {
        return number(ratio.mean()) + " ± " + number(ratio.error());
    }

    private static String percent(Estimate estimate) {
        double percent = 100 * estimate.relativeError();
        return Double.isNaN(percent) ? "?" : String.format(Locale.ROOT, percent < 10 ? "%.1f %%" : "%.0f %%", percent);
    }
}
