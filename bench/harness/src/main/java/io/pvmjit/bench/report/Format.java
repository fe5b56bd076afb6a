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
        return duration(nanoseconds.mean()) + " ± " + percent(nanoseconds);
    }

    /** A time with its unit. */
    static String duration(double nanoseconds) {
        var unit = nanoseconds < 1e3 ? "ns" : nanoseconds < 1e6 ? "µs" : nanoseconds < 1e9 ? "ms" : "s";
        double scale = nanoseconds < 1e3 ? 1 : nanoseconds < 1e6 ? 1e3 : nanoseconds < 1e9 ? 1e6 : 1e9;
        return number(nanoseconds / scale) + " " + unit;
    }

    /** How often something happened, with a unit when it was often. */
    static String count(double count) {
        return count < 1e3 ? coordinate(count) : count < 1e6 ? number(count / 1e3) + " k"
                : count < 1e9 ? number(count / 1e6) + " M" : number(count / 1e9) + " G";
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
