package io.pvmjit.bench;

import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.peer.Verification;
import io.pvmjit.bench.peer.WorkloadBenchmark;
import io.pvmjit.bench.peer.WrongResultException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs one measurement after the other with JMH, and keeps what JMH says about them. */
final class JmhRunner {
    private final Path benchFolder;
    private final int forks;
    private final List<RunResult> all = new ArrayList<>();

    /** @param forks JVMs for each measurement; 0: this one */
    JmhRunner(Path benchFolder, int forks) {
        this.benchFolder = benchFolder;
        this.forks = forks;
        System.setProperty(WorkloadBenchmark.FOLDER, benchFolder.toString());
    }

    /**
     * Measures a phase of a workload on a peer of this JVM.
     *
     * @return nanoseconds of an operation, one figure for each iteration
     * @throws WrongResultException when the benchmark failed, which it does when a result is wrong
     */
    List<Double> measure(Verification verified, Peer peer, Phase phase, Profile.Iterations warmup,
            Profile.Iterations measurement) {
        var options = new OptionsBuilder()
                .include("^" + Pattern.quote(WorkloadBenchmark.class.getName() + "." + phase.method()) + "$")
                .param("workload", verified.workload().name())
                .param("peer", peer.label())
                .param("parameter", Long.toString(verified.parameter()))
                .param("expected", Long.toHexString(verified.result()))
                .forks(forks)
                .jvmArgsAppend("-D" + WorkloadBenchmark.FOLDER + "=" + fromHere(benchFolder))
                .warmupIterations(warmup.count())
                .warmupTime(TimeValue.milliseconds(warmup.milliseconds()))
                .measurementIterations(measurement.count())
                .measurementTime(TimeValue.milliseconds(measurement.milliseconds()))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        try {
            var results = new Runner(options).run();
            all.addAll(results);
            return results.stream().flatMap(result -> result.getBenchmarkResults().stream())
                    .flatMap(result -> result.getIterationResults().stream())
                    .map(iteration -> iteration.getPrimaryResult().getScore()).toList();
        } catch (RunnerException e) {
            throw new WrongResultException("workload " + verified.workload().name() + " on " + peer.label() + ", "
                    + phase.title() + ": " + rootMessage(e));
        }
    }

    private static String rootMessage(Throwable e) {
        var cause = e;
        while (cause.getCause() != null || cause.getSuppressed().length > 0) {
            cause = cause.getCause() != null ? cause.getCause() : cause.getSuppressed()[0];
        }
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("no reason given");
    }

    /** As the forks, which start here, find it: results say nothing of where this machine has it. */
    private static Path fromHere(Path folder) {
        return Path.of("").toAbsolutePath().relativize(folder.toAbsolutePath());
    }

    /** Writes all that JMH measured so far, in its own form. */
    void write(Path file) throws IOException {
        try (var out = new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8)) {
            ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(all);
        }
    }
}
