package io.pvmjit.bench;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.Module;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.Dispatcher;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.RefineContext;
import java.util.Map;
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

/** A guest that makes host calls, and compiling with and without the module cache. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RefineProgramBenchmark {
    private static final int CALLS = 1000;
    private static final int BLOCKS = 1000;
    private static final long PLENTY = 1L << 62;

    /** Octets of the module cache; 0: none. */
    @Param({"0", "67108864"})
    private long cache;

    private Engine engine;
    private Module module;
    private Instance outer;
    private RefineContext context;
    private Dispatcher dispatcher;
    private byte[] program;

    @Setup(Level.Trial)
    public void open() {
        engine = Engine.create(EngineConfig.defaults().withBackend(Backend.JIT).withModuleCacheBytes(cache));
        // Calls gas so many times, then halts.
        module = engine.compile(Assembler.assemble("""
                    load_imm t0, %d
                    fallthrough
                next:
                    ecalli 0
                    add_imm_64 t0, t0, -1
                    branch_ne_imm t0, 0, next
                    jump_ind ra
                """.formatted(CALLS)));
        outer = module.instantiate();
        context = new RefineContext(engine, new InMemoryEnvironment(0, Map.of(), Map.of(), 0));
        var calls = new HostCalls(engine.rules());
        dispatcher = new Dispatcher(calls.refine(context, Heap.of(engine.rules(), outer.memory())));
        program = Assembler.assemble("""
                load_ind_u64 t0, [sp + 8]
                add_64 t1, t0, a0
                xor_imm t1, t1, 77
                store_ind_u64 [sp + 8], t1
                branch_ne t0, a1, . + 4
                """.repeat(BLOCKS) + "trap\n");
    }

    @TearDown(Level.Trial)
    public void close() {
        context.close();
        outer.close();
        module.close();
        engine.close();
    }

    /** One host call, from the guest through the dispatcher and its handler and back. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public Exit hostCall() {
        return dispatcher.run(outer.gas(PLENTY).register(0, StandardProgram.HALT_ADDRESS).pc(0).gasCharged(false));
    }

    /** Compiles a program of 1,000 blocks and 5,000 instructions. */
    @Benchmark
    public void compile() {
        engine.compile(program).close();
    }
}
