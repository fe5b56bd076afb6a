package io.pvmjit.cli;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.Module;
import io.pvmjit.StandardProgram;
import io.pvmjit.debug.Debugger;
import io.pvmjit.explore.ProgramView;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.Dispatcher;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InvocationResult;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.RefineContext;
import io.pvmjit.hostcalls.trace.Trace.State;
import io.pvmjit.hostcalls.trace.TraceRecorder;
import io.pvmjit.input.AssemblyFile;
import io.pvmjit.input.InputException;
import io.pvmjit.rules.Rules;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** A program that is about to run as {@link RunOptions} say: what runs, what serves its host calls, and where it starts. */
final class Launch implements AutoCloseable {
    private final Path file;
    private final Engine engine;
    private final Optional<StandardProgram> standard;
    private final byte[] blob;
    private final byte[] serviceCode;
    private final long[] registers;
    private final ArgumentInvocation invocation;
    private final RefineContext context;
    private Module module;
    private Instance instance;

    private Launch(Path file, Engine engine, RunOptions options, Optional<StandardProgram> standard, byte[] contents) {
        this.file = file;
        this.engine = engine;
        this.standard = standard;
        this.blob = standard.map(program -> program.programBlob().toArray(ValueLayout.JAVA_BYTE)).orElse(contents);
        boolean hasMetadata = standard.isPresent() && standard.get().offset() > 0;
        this.serviceCode = hasMetadata ? contents : ServiceCode.of(contents).toArray(ValueLayout.JAVA_BYTE);
        var arguments = options.arguments();
        this.registers = standard.map(program -> program.registers(arguments)).orElseGet(options::registers);
        long entryPc = options.entryPc();
        long gas = options.gas();
        var environment = new InMemoryEnvironment(0, Map.of(), Map.of(), 0);
        this.context = new RefineContext(engine, environment);
        var calls = standard.map(program -> {
            var heap = Heap.of(engine.rules(), program);
            var hostCalls = new HostCalls(engine.rules());
            return options.refine() ? hostCalls.refine(context, heap) : hostCalls.isAuthorized(environment, heap);
        }).orElseGet(HostCallTable::empty);
        this.invocation = new ArgumentInvocation(entryPc, gas, arguments, calls);
    }

    /** Reads the program. */
    static Launch of(Path file, Engine engine, RunOptions options) {
        if (options.raw()) {
            return new Launch(file, engine, options, Optional.empty(), ProgramFile.bare(file, engine.rules()));
        }
        var contents = AssemblyFile.program(file, engine.rules());
        var program = ProgramFile.standard(file, contents, engine.rules());
        return new Launch(file, engine, options, Optional.of(program), contents);
    }

    /** The program blob. */
    byte[] blob() {
        return blob;
    }

    ArgumentInvocation invocation() {
        return invocation;
    }

    /** RAM at the start. */
    MemoryImage image() {
        return standard.map(program -> program.image(invocation.arguments())).orElse(MemoryImage.empty());
    }

    /** What serves the host calls of a program that runs in pieces. */
    HostServer server() {
        return new HostServer(invocation.calls(), Rules.of(engine.rules()).hostCalls());
    }

    /** A debugger of the program, at its start. */
    Debugger debugger() {
        if (invocation.entryPc() >>> 32 != 0) {
            throw new InputException("--entry: no program has an instruction at "
                    + Long.toUnsignedString(invocation.entryPc()));
        }
        try {
            var debugger = new Debugger(engine, blob, image());
            start(debugger.machine());
            return debugger;
        } catch (InvalidProgramException e) {
            throw invalid(e);
        }
    }

    /** What is known of the program without running it. */
    ProgramView view() {
        try {
            return new ProgramView(engine, blob);
        } catch (InvalidProgramException e) {
            throw invalid(e);
        }
    }

    private InputException invalid(InvalidProgramException e) {
        ProgramFile.requireBlob(file, blob);
        if (standard.isEmpty() && ProgramFile.isStandard(blob, engine.rules())) {
            return new InputException(file + " is a JAM blob: it runs without --raw");
        }
        return new InputException(file + (standard.isPresent() ? " holds no valid program: " : " is no program: ")
                + ProgramFile.reason(e));
    }

    /** Compiles the program and makes its instance. */
    Instance prepare() {
        try {
            module = engine.compile(blob);
        } catch (InvalidProgramException e) {
            throw invalid(e);
        }
        instance = module.instantiate(image());
        start(instance);
        return instance;
    }

    /** Sets registers, gas and pc as they are at the start; whether there is a pc to start at. */
    boolean start(Instance fresh) {
        fresh.registers(registers).gas(invocation.gas());
        // No program is longer than 32 bits can say: what lies beyond is a start where no instruction is.
        boolean exists = invocation.entryPc() >>> 32 == 0;
        if (exists) {
            fresh.pc(invocation.entryPc());
        }
        return exists;
    }

    /** Runs what was prepared to its end. */
    Exit run() {
        return run(invocation.calls());
    }

    private Exit run(HostCallTable calls) {
        return start(instance) ? new Dispatcher(calls).run(instance) : new Exit.Panic();
    }

    /** Runs what was prepared to its end, and writes its trace. */
    Exit run(TraceFile trace) {
        try (var recorder = new TraceRecorder(trace.writer(), serviceCode)) {
            var calls = standard.map(program -> recorder.begin(invocation, program, instance))
                    .orElseGet(() -> recorder.begin(new State(invocation.entryPc(), invocation.gas(), registers), instance,
                            invocation.calls()));
            var exit = run(calls);
            recorder.end(instance, exit);
            return exit;
        }
    }

    InvocationResult result(Exit exit) {
        return invocation.result(instance, exit);
    }

    @Override
    public void close() {
        try (context; var _ = module) {
            if (instance != null) {
                instance.close();
            }
        }
    }
}
