package io.pvmjit.cli;

import io.pvmjit.Engine;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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

    @Option(names = "--trace", paramLabel = "FILE",
            description = "Write the trace of the run's host calls, in the form of JIP-7.")
    private Path trace;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private RunOptions options;

    @Override
    public Integer call() {
        options.check();
        long begin = System.nanoTime();
        try (var engine = options.engine().engine()) {
            var result = run(engine, System.nanoTime() - begin);
            if (json) {
                Json.print(spec.commandLine().getOut(), result.json());
            } else {
                result.print(spec.commandLine().getOut());
            }
        }
        return ExitCodes.OK;
    }

    /** @param started how long it took to start the engine */
    private RunResult run(Engine engine, long started) {
        try (var launch = Launch.of(file, engine, options);
                var record = trace == null ? null : TraceFile.create(trace)) {
            long begin = System.nanoTime();
            var instance = launch.prepare();
            long compiled = System.nanoTime();
            var exit = record == null ? launch.run() : launch.run(record);
            long end = System.nanoTime();
            return new RunResult(launch.invocation(), instance, exit, launch.result(exit),
                    new RunResult.Times(started, compiled - begin, end - compiled));
        }
    }
}
