package io.pvmjit.bench.peer;

import io.pvmjit.bench.workload.SetupException;
import java.util.Arrays;

/** What of a peer is timed. */
public enum Phase {
    /** Compile, make, run: from the file's octets in memory to the result. */
    ONE_SHOT("oneShot", "one-shot"),
    /** From octets to something of which instances are made. */
    COMPILE("compile", "compile"),
    /** An instance of what was compiled: made and, where that is not left to a garbage collector, given back. */
    MAKE("make", "make"),
    /** A run in an instance that is kept and ran before, so that its memory is warm. */
    RUN("run", "run");

    private final String method;
    private final String title;

    Phase(String method, String title) {
        this.method = method;
        this.title = title;
    }

    /** The name in raw data: the method of {@link WorkloadBenchmark}. */
    public String method() {
        return method;
    }

    /** The name for readers. */
    public String title() {
        return title;
    }

    /** The phase of this name in raw data. */
    public static Phase of(String method) {
        return Arrays.stream(values()).filter(phase -> phase.method.equals(method)).findFirst()
                .orElseThrow(() -> new SetupException("there is no phase '" + method + "'"));
    }
}
