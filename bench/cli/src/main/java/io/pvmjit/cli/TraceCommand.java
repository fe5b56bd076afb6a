package io.pvmjit.cli;

import io.pvmjit.input.InputException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm trace}: writes traces, and has the commands for them. */
@Command(
        name = "trace",
        description = "Runs a program and prints the trace of its host calls, in the form of JIP-7, or of its steps.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {TraceDiffCommand.class, TraceConvertCommand.class},
        footer = {
            "",
            "What serves the host calls is as for 'pvm run'. bench/docs/traces.md describes the form. With --steps the "
                    + "interpreter runs the program, and each line has a pc, the gas behind it, the instruction, and the "
                    + "registers that it changed.",
            "",
            "Exit codes: 0 the program ran, whatever became of it; 2 bad input."
        })
final class TraceCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "0..1",
            description = "A JAM blob, with or without metadata in front, or assembly text (*.pvmasm).")
    private Path file;

    @Option(names = {"-o", "--output"}, paramLabel = "OUT", description = "Where to write. Default: standard output.")
    private Path output;

    @Option(names = "--steps", description = "Print what every instruction does.")
    private boolean steps;

    @Option(names = "--blocks", description = "With --steps: print what every basic block does.")
    private boolean blocks;

    @Mixin
    private RunOptions options;

    @Override
    public Integer call() {
        if (file == null) {
            throw new ParameterException(spec.commandLine(), "Missing required parameter: 'FILE'");
        }
        if (blocks && !steps) {
            throw new ParameterException(spec.commandLine(), "--blocks goes with --steps");
        }
        options.check();
        try (var engine = options.engine().engine();
                var launch = Launch.of(file, engine, options)) {
            if (steps) {
                steps(launch);
                return ExitCodes.OK;
            }
            launch.prepare();
            try (var trace = output == null ? TraceFile.to(spec.commandLine().getOut()) : TraceFile.create(output)) {
                launch.run(trace);
            }
        }
        return ExitCodes.OK;
    }

    private void steps(Launch launch) {
        if (output == null) {
            steps(launch, spec.commandLine().getOut());
        } else {
            try (var out = new PrintWriter(OutputFile.stream(output), false, StandardCharsets.UTF_8)) {
                steps(launch, out);
                if (out.checkError()) {
                    throw new InputException(output + " cannot be written");
                }
            }
        }
    }

    private void steps(Launch launch, PrintWriter out) {
        try (var debugger = launch.debugger()) {
            StepTrace.write(out, blocks ? StepTrace.Unit.BLOCKS : StepTrace.Unit.INSTRUCTIONS, debugger, launch.server());
        }
    }
}
