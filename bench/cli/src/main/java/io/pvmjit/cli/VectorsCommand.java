package io.pvmjit.cli;

import io.pvmjit.Backend;
import io.pvmjit.Revision;
import io.pvmjit.conformance.VectorFiles;
import io.pvmjit.conformance.VectorReport;
import io.pvmjit.conformance.VectorRunner;
import io.pvmjit.input.InputException;
import io.pvmjit.rules.Rules;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code pvm vectors}: runs conformance vectors. */
@Command(
        name = "vectors",
        description = "Runs every conformance vector below the given folders and prints what differs.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "The kind of a file follows from the name of its folder: programs, koute, gas, fuzz, deblob, traces, runs, "
                    + "spi, refine. Folders named hostcalls are left out: see 'pvm hostcalls'.",
            "",
            "The last line is 'N passed, N failed', one count for each case. With --backend all each backend has a "
                    + "line 'BACKEND: N passed, N failed' before it, and a case passes when it does on all of them.",
            "",
            "Exit codes: 0 all passed, 1 a case failed, 2 there is nothing to run, or bad input."
        })
final class VectorsCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", arity = "1..*", description = "Folder of vectors, of any number of kinds.")
    private List<Path> folders;

    @Option(
            names = "--backend",
            paramLabel = "BACKEND",
            converter = BackendsConverter.class,
            description = "jit, interpreter, crosscheck, or all. Default: jit where it works, else interpreter.")
    private Backends backends = new Backends(List.of());

    @Option(
            names = "--revision",
            paramLabel = "REVISION",
            converter = RevisionOption.Converter.class,
            description = "Rules of the Gray Paper that the vectors follow: 0.8.0, 0.8.0-vectors or next. Default: 0.8.0.")
    private Revision revision = Revision.V0_8_0;

    /** The backends to run on; none for the one that is chosen by itself. */
    private record Backends(List<Backend> list) {}

    @Override
    public Integer call() {
        var vectors = VectorFiles.find(folders);
        for (var folder : vectors.leftOut()) {
            error("note: " + folder + " is left out: this command does not run its kind");
        }
        if (vectors.files().isEmpty()) {
            throw new InputException("nothing to run: no vectors below "
                    + folders.stream().map(Path::toString).collect(Collectors.joining(", ")));
        }
        var reports = new ArrayList<VectorReport>();
        if (backends.list.size() <= 1) {
            reports.add(run(vectors, backends.list.isEmpty() ? null : backends.list.getFirst(), ""));
        } else {
            for (var backend : backends.list) {
                var report = run(vectors, backend, backend.label());
                print(backend.label() + ": " + VectorReport.summary(report.passedCount(), report.failedCount()));
                reports.add(report);
            }
        }
        int cases = reports.getFirst().passedCount() + reports.getFirst().failedCount();
        if (cases == 0) {
            throw new InputException("nothing to run: the vector files hold no cases");
        }
        // One count for each case, however many backends ran it.
        int failed = (int) reports.stream().flatMap(report -> report.failedCases().stream()).distinct().count();
        print(VectorReport.summary(cases - failed, failed));
        return failed == 0 ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private VectorReport run(VectorFiles vectors, Backend backend, String label) {
        var files = vectors.files();
        var progress = Progress.of(spec.commandLine().getErr(), "files", files.size());
        var report = new VectorReport(label, line -> {
            progress.clear();
            print(line);
        });
        try (var engine = EngineOptions.engine(backend, Rules.of(revision))) {
            var runner = new VectorRunner(engine, report);
            for (int i = 0; i < files.size(); i++) {
                runner.run(List.of(files.get(i)));
                progress.step(i + 1);
            }
        } finally {
            progress.clear();
        }
        return report;
    }

    private void print(String line) {
        var out = spec.commandLine().getOut();
        out.println(Text.line(line));
        out.flush();
    }

    private void error(String line) {
        spec.commandLine().getErr().println(Text.line(line));
    }

    private static final class BackendsConverter implements ITypeConverter<Backends> {
        @Override
        public Backends convert(String value) {
            if (value.equals("all")) {
                return new Backends(Arrays.asList(Backend.values()));
            }
            try {
                return new Backends(List.of(Backend.of(value)));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage() + ", all");
            }
        }
    }
}
