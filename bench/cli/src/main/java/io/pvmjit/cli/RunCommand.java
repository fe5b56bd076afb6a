package io.pvmjit.cli;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.Dispatcher;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.RefineContext;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm run}: runs a program. */
@Command(
        name = "run",
        description = "Runs a program and prints its result, its exit, the gas it used and its registers.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "Numbers are decimal, or hexadecimal with 0x. A JAM blob is served gas, grow_heap and fetch (which finds "
                    + "nothing), with --refine all that refine is; any other host call costs 1000 gas and answers WHAT "
                    + "(2^64 - 2) in a0, as does every call of a bare program.",
            "",
            "Exit codes: 0 the program ran, whatever became of it; 2 bad input."
        })
final class RunCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE",
            description = "A JAM blob, with or without metadata in front, or assembly text (*.pvmasm).")
    private Path file;

    @Option(names = "--raw", description = "FILE is a bare program blob: no RAM, no arguments.")
    private boolean raw;

    @Option(
            names = "--registers",
            paramLabel = "NAME=VALUE,...",
            description = "With --raw: registers at the start, r0 to r12 or ra sp t0 t1 t2 s0 s1 a0 to a5. Default: 0.")
    private String registers;

    @Option(
            names = "--args",
            paramLabel = "HEX|@FILE",
            description = "Arguments: octets in hexadecimal, or those of a file. Default: none.")
    private String arguments;

    @Option(names = "--gas", paramLabel = "N", defaultValue = "1000000000",
            description = "Gas at the start. Default: ${DEFAULT-VALUE}.")
    private String gas;

    @Option(names = "--entry", paramLabel = "PC", defaultValue = "0",
            description = "Where to start: 0 is refine and is-authorized, 5 accumulate. Default: ${DEFAULT-VALUE}.")
    private String entry;

    @Option(names = "--refine",
            description = "Serve every host call of refine, with no preimages and nothing to fetch ('pvm refine' has "
                    + "them).")
    private boolean refine;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private EngineOptions options;

    private long started;

    @Override
    public Integer call() {
        if (raw && arguments != null) {
            throw new ParameterException(spec.commandLine(), "--args is of no use with --raw: it has no RAM for them");
        }
        if (!raw && registers != null) {
            throw new ParameterException(spec.commandLine(), "--registers needs --raw: a JAM blob starts with its own");
        }
        if (raw && refine) {
            throw new ParameterException(spec.commandLine(), "--refine is for JAM blobs: --raw serves no host calls");
        }
        long entryPc = Inputs.unsigned(entry, "--entry");
        long gasAtStart = Inputs.unsigned(gas, "--gas");
        var octets = argumentOctets();
        long begin = System.nanoTime();
        try (var engine = options.engine()) {
            started = System.nanoTime() - begin;
            var result = raw
                    ? runRaw(engine, new ArgumentInvocation(entryPc, gasAtStart, octets, HostCallTable.empty()))
                    : runStandard(engine, calls -> new ArgumentInvocation(entryPc, gasAtStart, octets, calls));
            if (json) {
                Json.print(spec.commandLine().getOut(), result.json());
            } else {
                result.print(spec.commandLine().getOut());
            }
        }
        return ExitCodes.OK;
    }

    private byte[] argumentOctets() {
        if (arguments == null) {
            return new byte[0];
        }
        byte[] octets;
        if (arguments.startsWith("@")) {
            try {
                octets = Inputs.file(Path.of(arguments.substring(1)));
            } catch (InvalidPathException e) {
                throw new InputException("--args: " + e.getMessage());
            }
        } else {
            octets = Inputs.hex(arguments, "--args");
        }
        if (octets.length > StandardProgram.MAXIMUM_ARGUMENT_LENGTH) {
            throw new InputException("--args: " + octets.length + " octets, the most are "
                    + StandardProgram.MAXIMUM_ARGUMENT_LENGTH);
        }
        return octets;
    }

    private RunResult runStandard(Engine engine, Function<HostCallTable, ArgumentInvocation> invocations) {
        var program = ProgramFile.standard(file, engine.rules());
        var environment = new InMemoryEnvironment(0, Map.of(), Map.of(), 0);
        var hostCalls = new HostCalls(engine.rules());
        var heap = Heap.of(engine.rules(), program);
        try (var context = new RefineContext(engine, environment)) {
            return runStandard(engine, program, invocations.apply(
                    refine ? hostCalls.refine(context, heap) : hostCalls.isAuthorized(environment, heap)));
        }
    }

    private RunResult runStandard(Engine engine, StandardProgram program, ArgumentInvocation invocation) {
        long begin = System.nanoTime();
        try (var module = compile(engine, program.programBlob());
                var instance = module.instantiate(program.image(invocation.arguments()))) {
            long compiled = System.nanoTime();
            var exit = invocation.start(instance, program);
            long end = System.nanoTime();
            return new RunResult(invocation, instance, exit, invocation.result(instance, exit),
                    new RunResult.Times(started, compiled - begin, end - compiled));
        }
    }

    private RunResult runRaw(Engine engine, ArgumentInvocation invocation) {
        var blob = ProgramFile.bare(file, engine.rules());
        long begin = System.nanoTime();
        try (var module = compile(engine, MemorySegment.ofArray(blob));
                var instance = module.instantiate()) {
            instance.gas(invocation.gas()).registers(RegisterList.parse(registers == null ? "" : registers));
            long compiled = System.nanoTime();
            var exit = startRaw(instance, invocation);
            long end = System.nanoTime();
            return new RunResult(invocation, instance, exit, invocation.result(instance, exit),
                    new RunResult.Times(started, compiled - begin, end - compiled));
        }
    }

    private static Exit startRaw(Instance instance, ArgumentInvocation invocation) {
        if (invocation.entryPc() >>> 32 != 0) {
            return new Exit.Panic();
        }
        return new Dispatcher(invocation.calls()).run(instance.pc(invocation.entryPc()));
    }

    private Module compile(Engine engine, MemorySegment blob) {
        try {
            return engine.compile(blob);
        } catch (InvalidProgramException e) {
            ProgramFile.requireBlob(file, blob.toArray(ValueLayout.JAVA_BYTE));
            throw new InputException(file + (raw ? " is no program: " : " holds no valid program: ")
                    + ProgramFile.reason(e));
        }
    }
}
