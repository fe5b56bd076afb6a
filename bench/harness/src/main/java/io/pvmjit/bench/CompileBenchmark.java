package io.pvmjit.bench;

import io.pvmjit.Engine;
import io.pvmjit.Module;
import io.pvmjit.bench.sample.SamplePrograms;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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

/**
 * Compiles a program, gas of all blocks included, and closes the module. The row {@code compile} is the time of a
 * program, {@code compile:instructions} that of an instruction.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CompileBenchmark {
    /** Instructions of the program; 2 is the smallest that does something. */
    @Param({"2", "1000", "30000"})
    public int size;

    @Param({"jit", "interpreter"})
    public String backend;

    private byte[] blob;
    private long instructionCount;
    private Engine engine;

    /** Counts what the score is divided by. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Counter {
        public long instructions;
    }

    @Setup(Level.Trial)
    public void open() {
        engine = SamplePrograms.engine(backend);
        blob = size == 2 ? SamplePrograms.assemble(SamplePrograms.ADD) : SamplePrograms.generate(size);
        try (var module = engine.compile(blob)) {
            instructionCount = module.statistics().instructionCount();
        }
        if (instructionCount != size) {
            throw new IllegalStateException("the program has " + instructionCount + " instructions, not " + size);
        }
    }

    @TearDown(Level.Trial)
    public void close() {
        engine.close();
    }

    @Benchmark
    public Module compile(Counter counter) {
        counter.instructions += instructionCount;
        var module = engine.compile(blob);
        module.close();
        return module;
    }
}
