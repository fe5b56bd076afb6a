package io.pvmjit.bench.quiet;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * How long native code of a workload took at the begin of a session, between its rounds and at its end: the same code, so
 * whatever moved is the machine.
 *
 * @param nanoseconds of the shortest run at each of these times
 */
public record Drift(String workload, List<Double> nanoseconds) {
    public Drift {
        nanoseconds = List.copyOf(nanoseconds);
    }

    /** By how much the slowest is above the fastest: 0.1 is 10 %. */
    @JsonProperty
    public double moved() {
        double least = nanoseconds.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN);
        double most = nanoseconds.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
        return most / least - 1;
    }
}
