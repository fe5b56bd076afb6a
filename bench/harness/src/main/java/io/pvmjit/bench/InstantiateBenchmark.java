package io.pvmjit.bench;

import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
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

/** Makes an instance of a compiled module and closes it: its memory slot comes from the pool and goes back there. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class InstantiateBenchmark {
    /** What RAM an instance starts with. */
    public enum Image {
        /** None. */
        EMPTY(MemoryImage.empty()),
        /** 12 pages in three regions. */
        SMALL(SamplePrograms.SMALL),
        /** Four MiB. */
        LARGE(SamplePrograms.DATA);

        private final MemoryImage image;

        Image(MemoryImage image) {
            this.image = image;
        }
    }

    @Param
    public Image image;

    @Param({"jit", "interpreter"})
    public String backend;

    private Engine engine;
    private Module module;

    @Setup(Level.Trial)
    public void open() {
        engine = SamplePrograms.engine(backend);
        module = engine.compile(SamplePrograms.assemble(SamplePrograms.ADD));
    }

    @TearDown(Level.Trial)
    public void close() {
        module.close();
        engine.close();
    }

    @Benchmark
    public Instance instantiate() {
        var instance = module.instantiate(image.image);
        instance.close();
        return instance;
    }

    /** With a run of two instructions between. */
    @Benchmark
    public long instantiateAndRun() {
        try (var instance = module.instantiate(image.image)) {
            SamplePrograms.rewind(instance).register(7, 40).register(8, 2);
            SamplePrograms.requireResult(instance, instance.resume(), 42);
            return instance.gas();
        }
    }
}
