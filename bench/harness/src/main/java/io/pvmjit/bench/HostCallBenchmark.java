package io.pvmjit.bench;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.Module;
import io.pvmjit.bench.sample.SamplePrograms;
import io.pvmjit.hostcalls.Dispatcher;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.trace.Trace;
import io.pvmjit.hostcalls.trace.TraceRecorder;
import io.pvmjit.hostcalls.trace.TraceWriter;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A host call there and back: out of the guest, through Java, into the guest again and up to the next call, which is
 * three guest instructions away.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HostCallBenchmark {
    private static final int CALLS = 10_000;

    @Param({"jit", "interpreter"})
    public String backend;

    private Engine engine;
    private Module module;
    private Instance instance;
    private Dispatcher nothing;
    private Dispatcher registers;
    private Dispatcher memory;
    private HostCallTable copies;

    @Setup(Level.Trial)
    public void open() {
        engine = SamplePrograms.engine(backend);
        module = engine.compile(SamplePrograms.assemble(SamplePrograms.CALLS));
        instance = module.instantiate(SamplePrograms.DATA);
        nothing = dispatcher(_ -> HostCall.Outcome.CONTINUE);
        registers = dispatcher(context -> {
            if (!context.charge(10)) {
                return HostCall.Outcome.OUT_OF_GAS;
            }
            context.register(8, context.register(8) + context.register(7));
            return HostCall.Outcome.CONTINUE;
        });
        copies = HostCallTable.builder().add(7, copies()).build();
        memory = new Dispatcher(copies);
    }

    private HostCall copies() {
        var octets = new byte[32];
        return context -> {
            var memory = context.memory();
            if (!context.charge(10) || !memory.read(SamplePrograms.DATA_ADDRESS, octets)
                    || !memory.write(SamplePrograms.DATA_ADDRESS + octets.length, octets)) {
                return HostCall.Outcome.OUT_OF_GAS;
            }
            return HostCall.Outcome.CONTINUE;
        };
    }

    private static Dispatcher dispatcher(HostCall call) {
        return new Dispatcher(HostCallTable.builder().add(7, call).build());
    }

    @TearDown(Level.Trial)
    public void close() {
        instance.close();
        module.close();
        engine.close();
    }

    /** Each resume enters the instance anew. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void resume() {
        start();
        serve();
    }

    /** The instance is held around the loop. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void resumeHeld() {
        start();
        try (var _ = instance.hold()) {
            serve();
        }
    }

    /** As an embedder's switch has it: an exit is an object. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public long run() {
        start();
        long numbers = 0;
        while (instance.run() instanceof Exit.HostCall(long number)) {
            numbers += number;
        }
        return numbers;
    }

    /** Through a table to a handler that does nothing. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void dispatch() {
        start();
        require(nothing.run(instance));
    }

    /** Through a table to a handler that charges gas, reads two registers and writes one. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void dispatchRegisters() {
        start();
        require(registers.run(instance));
        if (instance.register(8) != (CALLS + 1L) * CALLS / 2) {
            throw new IllegalStateException("the handler summed up " + instance.register(8));
        }
    }

    /** Through a table to a handler that charges gas, reads 32 octets of RAM and writes them. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void dispatchMemory() {
        start();
        require(memory.run(instance));
    }

    /** {@link #dispatchMemory}, with a trace that is written to nowhere. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void dispatchTraced() {
        start();
        try (var writer = new TraceWriter(OutputStream.nullOutputStream());
                var recorder = new TraceRecorder(writer, new byte[0])) {
            var state = new Trace.State(instance.pc(), instance.gas(), instance.registers());
            require(new Dispatcher(recorder.begin(state, instance, copies)).run(instance));
        }
    }

    private void start() {
        SamplePrograms.rewind(instance).register(7, CALLS).register(8, 0);
    }

    private void serve() {
        ExitKind kind;
        do {
            kind = instance.resume();
        } while (kind == ExitKind.HOST_CALL);
        SamplePrograms.requireResult(instance, kind, 0);
    }

    private static void require(Exit exit) {
        if (!(exit instanceof Exit.Halt)) {
            throw new IllegalStateException(String.valueOf(exit));
        }
    }
}
