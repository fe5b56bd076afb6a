package io.pvmjit.bench.workload;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a workload's time is made of: only pure computation counts in geometric means. */
public enum Kind {
    /** Integers and memory. */
    @JsonProperty("computation")
    COMPUTATION("computation"),
    /** Floating point, which guests of the PVM compute with integers. */
    @JsonProperty("soft-float")
    SOFT_FLOAT("soft float"),
    /** Calls of the host. */
    @JsonProperty("host-calls")
    HOST_CALLS("host calls");

    private final String title;

    Kind(String title) {
        this.title = title;
    }

    /** The name for readers. */
    public String title() {
        return title;
    }
}
