package io.pvmjit.bench;

import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.Module;
import io.pvmjit.bench.sample.SamplePrograms;
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

/** Runs a program from its start to its halt, gas on. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RunBenchmark {
    /** What runs, and what it must find. */
    public enum Program {
        /** 100,000 rounds of five instructions. */
        FIBONACCI(SamplePrograms.FIBONACCI, 100_000, 0, 0, fibonacci(100_000)),
        /** One MiB in words of eight octets: 131,072 rounds of six instructions. */
        COPY(SamplePrograms.COPY, SamplePrograms.DATA_ADDRESS, SamplePrograms.DATA_ADDRESS + (1 << 20), 1 << 20,
                SamplePrograms.DATA_ADDRESS + (1 << 20)),
        /** The 9,592 primes below 100,000. */
        SIEVE(SamplePrograms.SIEVE, 100_000, 0, 0, 9_592);

        private final String text;
        private final long[] arguments;
        private final long result;

        Program(String text, long first, long second, long third, long result) {
            this.text = text;
            this.arguments = new long[] {first, second, third};
            this.result = result;
        }

        private static long fibonacci(int index) {
            long number = 0;
            long next = 1;
            for (int i = 0; i < index; i++) {
                long sum = number + next;
                number = next;
                next = sum;
            }
            return number;
        }
    }

    @Param
    public Program program;

    @Param({"jit", "interpreter"})
    public String backend;

    private Engine engine;
    private Module module;
    private Instance instance;

    @Setup(Level.Trial)
    public void open() {
        engine = SamplePrograms.engine(backend);
        module = engine.compile(SamplePrograms.assemble(program.text));
        instance = module.instantiate(SamplePrograms.DATA);
    }

    @TearDown(Level.Trial)
    public void close() {
        instance.close();
        module.close();
        engine.close();
    }

    /** A wrong result ends the benchmark. */
    @Benchmark
    public long run() {
        SamplePrograms.rewind(instance);
        for (int i = 0; i < program.arguments.length; i++) {
            instance.register(7 + i, program.arguments[i]);
        }
        SamplePrograms.requireResult(instance, instance.resume(), program.result);
        return instance.gas();
    }
}
