package io.pvmjit.bench;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.Module;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import io.pvmjit.bench.sample.SamplePrograms;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.Dispatcher;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.trace.Trace;
import io.pvmjit.hostcalls.trace.TraceRecorder;
import io.pvmjit.hostcalls.trace.TraceWriter;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
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

/** What it costs to watch, and not to: traces of host calls, and events of Java Flight Recorder. On the JIT. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WatchingBenchmark {
    private static final int CALLS = 10_000;

    /** Host calls that copy 32 octets. */
    @State(Scope.Thread)
    public static class Calls {
        /** Whether nobody traces, somebody did before in this process, or this run is traced, to nowhere. */
        public enum Tracing {
            OFF,
            BEFORE,
            ON
        }

        @Param
        public Tracing trace;

        private Engine engine;
        private Module module;
        private Instance instance;
        private HostCallTable table;

        @Setup(Level.Trial)
        public void open() {
            engine = SamplePrograms.engine("jit");
            module = engine.compile(SamplePrograms.assemble(SamplePrograms.CALLS));
            table = HostCallTable.builder().add(7, copies()).build();
            instance = module.instantiate(SamplePrograms.DATA);
            if (trace == Tracing.BEFORE) {
                for (int i = 0; i < 100; i++) {
                    traced();
                }
            }
        }

        @TearDown(Level.Trial)
        public void close() {
            instance.close();
            module.close();
            engine.close();
        }

        private static HostCall copies() {
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

        private void start() {
            SamplePrograms.rewind(instance).register(7, CALLS).register(8, 0);
        }

        private Exit plain() {
            start();
            return new Dispatcher(table).run(instance);
        }

        private Exit traced() {
            start();
            try (var writer = new TraceWriter(OutputStream.nullOutputStream());
                    var recorder = new TraceRecorder(writer, new byte[0])) {
                var state = new Trace.State(instance.pc(), instance.gas(), instance.registers());
                return new Dispatcher(recorder.begin(state, instance, table)).run(instance);
            }
        }
    }

    /** Invocations of a program of two instructions, from registers that are set to the stop. */
    @State(Scope.Thread)
    public static class Invocations {
        /** Whether there is no event in the code, one that nobody asked for, or one that is recorded. */
        public enum Events {
            NONE,
            OFF,
            ON
        }

        @Param
        public Events events;

        private Engine engine;
        private StandardProgram program;
        private Module module;
        private Instance instance;
        private ArgumentInvocation invocation;
        private Recording recording;

        @Setup(Level.Trial)
        public void open() {
            engine = SamplePrograms.engine("jit");
            program = StandardProgram.parse(Assembler.assembleStandard(
                    ".stack 4096\n.code\nload_imm a1, 0\njump_ind ra\n"));
            module = engine.compile(program.programBlob());
            invocation = new ArgumentInvocation(0, 1000, new byte[0], HostCallTable.empty());
            instance = module.instantiate(program.image(new byte[0]));
            recording = new Recording();
            if (events == Events.ON) {
                recording.enable("io.pvmjit.Run").withThreshold(Duration.ZERO);
                recording.enable("io.pvmjit.PageFaults").withThreshold(Duration.ZERO);
                recording.setMaxSize(1 << 20);
                recording.start();
            }
        }

        @TearDown(Level.Trial)
        public void close() {
            recording.close();
            instance.close();
            module.close();
            engine.close();
        }

        private Exit withoutEvents() {
            instance.registers(program.registers(invocation.arguments())).gas(invocation.gas());
            return new Dispatcher(invocation.calls()).run(instance.pc(invocation.entryPc()));
        }
    }

    /** A host call there and back. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void hostCall(Calls calls) {
        require(calls.trace == Calls.Tracing.ON ? calls.traced() : calls.plain());
    }

    /** An invocation, its instance made before. */
    @Benchmark
    public void invocation(Invocations of) {
        require(of.events == Invocations.Events.NONE ? of.withoutEvents() : of.invocation.start(of.instance, of.program));
    }

    private static void require(Exit exit) {
        if (!(exit instanceof Exit.Halt)) {
            throw new IllegalStateException(String.valueOf(exit));
        }
    }
}
