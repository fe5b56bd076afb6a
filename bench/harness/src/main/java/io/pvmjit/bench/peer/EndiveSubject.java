package io.pvmjit.bench.peer;

import io.pvmjit.bench.workload.BuiltWorkload;
import io.pvmjit.bench.workload.Target;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import run.endive.compiler.InterpreterFallback;
import run.endive.compiler.MachineFactoryCompiler;
import run.endive.runtime.ByteArrayMemory;
import run.endive.runtime.ExportFunction;
import run.endive.runtime.HostFunction;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

/** A WebAssembly module, compiled to bytecode of the JVM. A run is a call of the one instance. */
final class EndiveSubject implements Subject {
    /** A parsed module and its bytecode, loaded. */
    private record Compiled(WasmModule module, Function<Instance, Machine> factory) {
        Instance make() {
            return Instance.builder(module).withImportValues(host()).withMemoryFactory(ByteArrayMemory::new)
                    .withMachineFactory(factory).build();
        }
    }

    /** The one import that workloads have: a host call that answers less each time. */
    private static ImportValues host() {
        var gas = new AtomicLong(-1);
        return ImportValues.builder().addFunction(new HostFunction("host", "gas", FunctionType.returning(ValType.I64),
                (_, _) -> new long[] {gas.decrementAndGet()})).build();
    }

    private final byte[] wasm;
    private Compiled compiled;
    private ExportFunction run;

    EndiveSubject(BuiltWorkload workload) {
        wasm = workload.octets(Target.WASM);
    }

    @Override
    public void prepare() {
        compiled = compile();
        run = compiled.make().export("run");
    }

    /** Whether the JVM's limit of 64 KiB of bytecode in a method leaves functions to Endive's interpreter. */
    private boolean hasFunctionsTooLarge() {
        try {
            MachineFactoryCompiler.builder(Parser.parse(wasm))
                    .withInterpreterFallback(InterpreterFallback.FAIL).compile();
            return false;
        } catch (WasmEngineException _) {
            return true;
        }
    }

    @Override
    public long oneShot(long parameter) {
        return compile().make().export("run").apply(parameter)[0];
    }

    @Override
    public Compiled compile() {
        var module = Parser.parse(wasm);
        return new Compiled(module, MachineFactoryCompiler.builder(module)
                .withInterpreterFallback(InterpreterFallback.SILENT).compile());
    }

    @Override
    public Object make() {
        return compiled.make();
    }

    @Override
    public long run(long parameter) {
        return run.apply(parameter)[0];
    }

    @Override
    public String remark() {
        return hasFunctionsTooLarge() ? "has functions too large for the JVM, which Endive interprets" : "";
    }

    @Override
    public void close() {
        // All of it is on the heap.
    }
}
