package io.pvmjit.bench;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.Module;
import io.pvmjit.PageAccess;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.RefineContext;
import io.pvmjit.rules.HostCallNumbers;
import io.pvmjit.rules.HostFunction;
import io.pvmjit.rules.Rules;
import java.util.List;
import java.util.Map;
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

/** The host calls of refinement, called as the dispatcher calls them, without an outer program running. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RefineBenchmark {
    private static final long PLENTY = 1L << 62;
    private static final long BUFFER = 0x20000;
    private static final int BUFFER_PAGES = 300;
    private static final long FRAME = BUFFER + 0x120000;

    /** Octets that peek and poke copy. */
    @Param({"8", "4096", "1048576"})
    private int octets;

    private Engine engine;
    private Module module;
    private Instance outer;
    private RefineContext context;
    private HostContext call;
    private HostCallNumbers numbers;
    private HostCallTable table;

    @Setup(Level.Trial)
    public void open() {
        engine = Engine.create(EngineConfig.defaults().withBackend(Backend.JIT));
        numbers = Rules.of(engine.rules()).hostCalls();
        module = engine.compile(Assembler.assemble("trap\n"));
        outer = module.instantiate(MemoryImage.of(List.of(
                MemoryImage.Region.of((int) (BUFFER / MemoryImage.PAGE_SIZE), BUFFER_PAGES, PageAccess.WRITE,
                        new byte[0]))));
        context = new RefineContext(engine, new InMemoryEnvironment(0, Map.of(), Map.of(), 0));
        table = new HostCalls(engine.rules()).refine(context, Heap.of(engine.rules(), outer.memory()));
        call = new HostContext(outer);
        var inner = Assembler.assemble("jump_ind ra\n");
        outer.memory().write(BUFFER, inner);
        handle(HostFunction.COMPILE, 0, BUFFER, inner.length, 0);
        handle(HostFunction.MACHINE, 0, 0, 0, 0);
        handle(HostFunction.PAGES, 0, 16, BUFFER_PAGES, 2);
        outer.memory().write(FRAME + 8, longs(StandardProgram.HALT_ADDRESS));
    }

    @TearDown(Level.Trial)
    public void close() {
        context.close();
        outer.close();
        module.close();
        engine.close();
    }

    private static byte[] longs(long value) {
        return java.nio.ByteBuffer.allocate(Long.BYTES).order(java.nio.ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    }

    private long handle(HostFunction function, long r7, long r8, long r9, long r10) {
        outer.gas(PLENTY).register(7, r7).register(8, r8).register(9, r9).register(10, r10);
        long number = numbers.of(function).orElseThrow();
        if (table.get(number).handle(call) != HostCall.Outcome.CONTINUE) {
            throw new IllegalStateException("call " + number + " ended the run");
        }
        return outer.register(7);
    }

    /** A machine from a handle, and its end. */
    @Benchmark
    public long machineAndExpunge() {
        long number = handle(HostFunction.MACHINE, 0, 0, 0, 0);
        return handle(HostFunction.EXPUNGE, 0, number, 0, 0);
    }

    /** Runs an inner program of one instruction, which halts. */
    @Benchmark
    public long invoke() {
        outer.memory().write(FRAME, longs(1_000_000));
        return handle(HostFunction.INVOKE, 0, FRAME, 0, 0);
    }

    @Benchmark
    public long peek() {
        return handle(HostFunction.PEEK, 0, BUFFER, 0x10000, octets);
    }

    @Benchmark
    public long poke() {
        return handle(HostFunction.POKE, 0, BUFFER, 0x10000, octets);
    }
}
