package io.pvmjit.bench.peer;

import io.pvmjit.bench.workload.WorkloadBuilder;
import io.pvmjit.bench.workload.WorkloadTable;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/** A workload on one of the peers of this JVM. Every result is compared with the one expected. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WorkloadBenchmark {
    /** The system property that names the folder with workloads, guest and target. */
    public static final String FOLDER = "pvmjit.bench.folder";

    @Param("sieve")
    public String workload;

    @Param("jit")
    public String peer;

    /** The workload's parameter; empty: the one of the table. */
    @Param("")
    public String parameter;

    /** What each run must return; empty: what the first run does. */
    @Param("")
    public String expected;

    private Subject subject;
    private long value;
    private long result;

    @Setup(Level.Trial)
    public void open(BenchmarkParams benchmark) {
        var folder = Path.of(System.getProperty(FOLDER, "bench")).toAbsolutePath();
        var row = WorkloadTable.read(folder.resolve("workloads")).select(List.of(workload)).getFirst();
        // Builds nothing when BenchMain has done so before.
        var built = new WorkloadBuilder(folder).build(List.of(row), System.err::println).getFirst();
        subject = Subject.open(Peer.of(peer), built);
        var method = benchmark.getBenchmark();
        if (expected.isEmpty() || method.endsWith(".run") || method.endsWith(".make")) {
            subject.prepare();
        }
        value = parameter.isEmpty() ? row.parameter() : Long.parseLong(parameter);
        result = expected.isEmpty() ? subject.run(value) : Long.parseUnsignedLong(expected, 16);
    }

    @TearDown(Level.Trial)
    public void close() {
        subject.close();
    }

    @Benchmark
    public long oneShot() {
        return check(subject.oneShot(value));
    }

    @Benchmark
    public Object compile() {
        return subject.compile();
    }

    @Benchmark
    public Object make() {
        return subject.make();
    }

    @Benchmark
    public long run() {
        return check(subject.run(value));
    }

    private long check(long actual) {
        if (actual != result) {
            throw new IllegalStateException("workload " + workload + " on " + peer + " returned "
                    + Long.toHexString(actual) + ", not " + Long.toHexString(result));
        }
        return actual;
    }
}
