package io.pvmjit.cli;

import io.pvmjit.Backend;
import io.pvmjit.conformance.HostCallScriptRunner;
import io.pvmjit.conformance.VectorReport;
import io.pvmjit.input.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm hostcalls}: runs host-call scripts. */
@Command(
        name = "hostcalls",
        description = "Runs every host-call script (*.json) below the given folders, on every backend, and prints what "
                + "differs.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "A script drives the host functions of refine directly, without an outer program.",
            "",
            "The last line is 'N passed, N failed', one count for each script: it passes when it does on all backends.",
            "",
            "Exit codes: 0 all passed, 1 a script failed, 2 there is nothing to run, or bad input."
        })
final class HostcallsCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", arity = "1..*", description = "Folder of scripts.")
    private List<Path> folders;

    @Override
    public Integer call() {
        try (var runner = new HostCallScriptRunner(List.of(Backend.values()), this::print)) {
            var scripts = List.copyOf(HostCallScriptRunner.find(folders));
            var progress = Progress.of(spec.commandLine().getErr(), "scripts", scripts.size());
            for (int i = 0; i < scripts.size(); i++) {
                runner.run(scripts.get(i));
                progress.step(i + 1);
            }
            progress.clear();
            if (runner.passedCount() + runner.failedCount() == 0) {
                throw new InputException("nothing to run: no scripts below "
                        + folders.stream().map(Path::toString).collect(Collectors.joining(", ")));
            }
            print(VectorReport.summary(runner.passedCount(), runner.failedCount()));
            return runner.failedCount() == 0 ? ExitCodes.OK : ExitCodes.FAILED;
        }
    }

    private void print(String line) {
        var out = spec.commandLine().getOut();
        out.println(Text.line(line));
        out.flush();
    }
}
