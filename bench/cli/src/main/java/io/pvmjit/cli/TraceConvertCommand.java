package io.pvmjit.cli;

import io.pvmjit.conformance.MalformedVectorException;
import io.pvmjit.conformance.RecordedRuns;
import io.pvmjit.input.FileKind;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm trace convert}: turns a recorded run of the vectors into a trace. */
@Command(
        name = "convert",
        description = "Turns a recorded run of the conformance vectors (JSON, kind traces) into a trace.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {"", "Exit codes: 0 done, 2 bad input."})
final class TraceConvertCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "A recorded run. The program that it names lies beside it.")
    private Path file;

    @Option(names = {"-o", "--output"}, paramLabel = "OUT", description = "Where to write. Default: standard output.")
    private Path output;

    @Override
    public Integer call() {
        var contents = Inputs.file(file);
        FileKind.JSON.require("a recorded run of the vectors", file, contents);
        try {
            var traces = RecordedRuns.read(file, contents);
            if (traces.size() != 1) {
                throw new InputException(file + " holds " + traces.size() + " recorded runs, not one");
            }
            try (var target = output == null ? TraceFile.to(spec.commandLine().getOut()) : TraceFile.create(output)) {
                target.writer().write(traces.getFirst());
            }
        } catch (MalformedVectorException e) {
            throw new InputException(file + ": " + e.getMessage());
        }
        return ExitCodes.OK;
    }
}
