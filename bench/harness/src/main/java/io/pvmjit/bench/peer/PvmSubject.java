package io.pvmjit.bench.peer;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Instance;
import io.pvmjit.Module;
import io.pvmjit.StandardProgram;
import io.pvmjit.bench.workload.BuiltWorkload;
import io.pvmjit.bench.workload.Target;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.InvocationResult;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.RefineContext;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * A JAM blob on one of our backends, with exact gas and the host calls of refinement. Making is an instance with fresh
 * RAM and what serves its host calls; a run goes from the entry point to the output, in the instance that is kept.
 */
public final class PvmSubject implements Subject {
    private static final long MUCH_GAS = 1L << 62;
    private static final long ENTRY_PC = 0;

    private final String name;
    private final byte[] blob;
    private final Engine engine;
    private final HostCalls calls;
    private final InMemoryEnvironment environment = new InMemoryEnvironment(0, Map.of(), Map.of(), 0);
    private final StandardProgram program;
    private Module module;
    private Kept kept;
    private long gasUsed;

    /** A workload on a backend. */
    public PvmSubject(BuiltWorkload workload, Backend backend) {
        name = workload.name() + " on " + backend;
        blob = workload.octets(Target.PVM);
        // Without the module cache, which would make compiling a look-up.
        engine = Engine.create(EngineConfig.defaults().withBackend(backend).withModuleCacheBytes(0));
        calls = new HostCalls(engine.rules());
        program = StandardProgram.parse(blob);
    }

    @Override
    public void prepare() {
        module();
    }

    /** What the workload is compiled to, when it is first asked for. */
    public Module module() {
        if (module == null) {
            module = engine.compile(program.programBlob());
        }
        return module;
    }

    @Override
    public long oneShot(long parameter) {
        var parsed = StandardProgram.parse(blob);
        try (var compiled = engine.compile(parsed.programBlob())) {
            try (var made = new Kept(parsed, compiled, parameter)) {
                return run(made);
            }
        }
    }

    @Override
    public Object compile() {
        var compiled = engine.compile(StandardProgram.parse(blob).programBlob());
        compiled.close();
        return compiled;
    }

    @Override
    public Object make() {
        try (var made = new Kept(program, module(), 0)) {
            return made;
        }
    }

    @Override
    public long run(long parameter) {
        if (kept == null || kept.parameter != parameter) {
            closeKept();
            kept = new Kept(program, module(), parameter);
        }
        return run(kept);
    }

    private long run(Kept made) {
        var exit = made.invocation.start(made.instance.gasCharged(false), made.parsed);
        var result = made.invocation.result(made.instance, exit);
        gasUsed = result.gasUsed();
        if (result instanceof InvocationResult.Output(byte[] octets, long _) && octets.length == Long.BYTES) {
            return MemorySegment.ofArray(octets).get(java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED, 0);
        }
        throw new IllegalStateException(name + ": expected eight octets of output, but it was " + exit + " at pc "
                + made.instance.exitPc());
    }

    private void closeKept() {
        if (kept != null) {
            kept.close();
            kept = null;
        }
    }

    /** An instance with its parameter as argument, and what serves its host calls. */
    private final class Kept implements AutoCloseable {
        private final StandardProgram parsed;
        private final long parameter;
        private final Instance instance;
        private final RefineContext context;
        private final ArgumentInvocation invocation;

        Kept(StandardProgram parsed, Module compiled, long parameter) {
            this.parsed = parsed;
            this.parameter = parameter;
            var arguments = arguments(parameter);
            instance = compiled.instantiate(parsed.image(arguments));
            context = new RefineContext(engine, environment);
            var table = calls.refine(context, Heap.of(calls.rules(), parsed));
            invocation = new ArgumentInvocation(ENTRY_PC, MUCH_GAS, arguments, table);
        }

        @Override
        public void close() {
            context.close();
            instance.close();
        }
    }

    private static byte[] arguments(long parameter) {
        return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(parameter).array();
    }

    @Override
    public long gasUsed() {
        return gasUsed;
    }

    @Override
    public void close() {
        closeKept();
        if (module != null) {
            module.close();
        }
        engine.close();
    }
}
