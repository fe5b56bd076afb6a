package io.pvmjit.bench;

import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.workload.SetupException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** How thoroughly to measure. */
public enum Profile {
    /** Seconds: whether everything works. Its figures mean nothing. */
    SMOKE(true, 1, 0, new Iterations(0, 1), new Iterations(0, 1), new Iterations(1, 1), 0,
            new ScalingSize(16, 8, 10, 200, 200)),
    /** Under three minutes: small parameters, no forks, few iterations. For seeing whether something moved much. */
    QUICK(true, 2, 0, new Iterations(1, 10), new Iterations(1, 60), new Iterations(3, 10), 250,
            new ScalingSize(4096, 512, 200, 20_000, 10_000)),
    /** About half an hour: each figure from three JVMs, at different times of the run. */
    STANDARD(false, 3, 1, new Iterations(2, 250), new Iterations(3, 500), new Iterations(3, 250), 2_000,
            new ScalingSize(4096, 2_000, 1_000, 1_000_000, 10_000)),
    /** Hours: each figure from five JVMs. For publishing. */
    FULL(false, 5, 1, new Iterations(3, 1_000), new Iterations(5, 1_000), new Iterations(5, 1_000), 10_000,
            new ScalingSize(4096, Integer.MAX_VALUE, 3_000, 1_000_000, 10_000));

    /** So many iterations of so many milliseconds each; an operation that takes longer makes its iteration longer. */
    public record Iterations(int count, int milliseconds) {}

    /**
     * How far scaling curves and what is measured with them go.
     *
     * @param codeKilobytes the largest program's code
     * @param instances the most instances alive; the engine's limit bounds it, too
     * @param milliseconds of a measurement
     * @param tailRuns small refinements with each garbage collector
     * @param machines made and dropped in turn
     */
    public record ScalingSize(int codeKilobytes, int instances, int milliseconds, int tailRuns, int machines) {}

    private final boolean small;
    private final int rounds;
    private final int forks;
    private final Iterations warmup;
    private final Iterations runWarmup;
    private final Iterations measurement;
    private final int slowMilliseconds;
    private final ScalingSize scaling;

    Profile(boolean small, int rounds, int forks, Iterations warmup, Iterations runWarmup, Iterations measurement,
            int slowMilliseconds, ScalingSize scaling) {
        this.small = small;
        this.rounds = rounds;
        this.forks = forks;
        this.warmup = warmup;
        this.runWarmup = runWarmup;
        this.measurement = measurement;
        this.slowMilliseconds = slowMilliseconds;
        this.scaling = scaling;
    }

    /**
     * The profile of this name.
     *
     * @throws SetupException when there is none
     */
    public static Profile of(String label) {
        return Arrays.stream(values()).filter(profile -> profile.label().equals(label)).findFirst()
                .orElseThrow(() -> new SetupException("there is no profile '" + label + "': expected "
                        + Arrays.stream(values()).map(Profile::label).collect(Collectors.joining(", "))));
    }

    /** The name on command lines. */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Whether workloads run with their small parameters. */
    public boolean small() {
        return small;
    }

    /** How often all measurements are repeated. */
    public int rounds() {
        return rounds;
    }

    /** JVMs that JMH starts for a measurement of a round; 0: it runs in this JVM. */
    public int forks() {
        return forks;
    }

    /** The warm-up of a phase. What a JVM must compile itself first needs longer. */
    public Iterations warmup(Phase phase) {
        return phase == Phase.RUN ? runWarmup : warmup;
    }

    public Iterations measurement() {
        return measurement;
    }

    /** Operations that take longer are measured once in a round, and warmed up once at most. */
    public int slowMilliseconds() {
        return slowMilliseconds;
    }

    public ScalingSize scaling() {
        return scaling;
    }
}
