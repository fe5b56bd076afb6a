package io.pvmjit.bench.quiet;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whether the machine was quiet while it was measured. Ratios of a session in which it was not are not quoted.
 *
 * @param stolen the part of all processors' time that other machines on the same hardware took; NaN: not known
 * @param others the part of all processors' time that other processes took; NaN: not known
 * @param loads the load averages over a minute, at the times when native code was measured
 * @param drifts of native code, for each workload; empty when none was measured
 */
public record Quietness(double stolen, double others, List<Double> loads, List<Drift> drifts) {
    /** Native code moves by less on a quiet machine. */
    static final double MOST_MOVED = 0.10;
    /** More stolen time means that the hardware is shared with somebody who uses it. */
    static final double MOST_STOLEN = 0.03;
    /** A fifth of one of two processors: more than what a system does beside. */
    static final double MOST_OTHERS = 0.10;

    public Quietness {
        loads = List.copyOf(loads);
        drifts = List.copyOf(drifts);
    }

    /** Nothing was watched. */
    public static final Quietness UNKNOWN = new Quietness(Double.NaN, Double.NaN, List.of(), List.of());

    /** Whether there was nothing that disturbs. */
    @JsonProperty
    public boolean quiet() {
        return disturbances().isEmpty();
    }

    /** What disturbed, a clause each; none on a quiet machine. */
    @JsonProperty
    public List<String> disturbances() {
        var found = new ArrayList<String>();
        for (var drift : drifts) {
            if (drift.moved() > MOST_MOVED) {
                found.add("native code of " + drift.workload() + " moved by " + percent(drift.moved()));
            }
        }
        if (stolen > MOST_STOLEN) {
            found.add(percent(stolen) + " of the processors' time was stolen");
        }
        if (others > MOST_OTHERS) {
            found.add("other processes took " + percent(others) + " of the processors' time");
        }
        return found;
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * part);
    }
}
