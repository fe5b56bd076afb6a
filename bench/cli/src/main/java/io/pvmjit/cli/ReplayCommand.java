package io.pvmjit.cli;

import io.pvmjit.Backend;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Revision;
import io.pvmjit.hostcalls.trace.Difference;
import io.pvmjit.hostcalls.trace.MalformedTraceException;
import io.pvmjit.hostcalls.trace.Trace;
import io.pvmjit.hostcalls.trace.TraceReplay;
import io.pvmjit.input.InputException;
import io.pvmjit.rules.Rules;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm replay}: runs a recorded program again. */
@Command(
        name = "replay",
        description = "Runs the program of a trace again, with what the trace says that its host did, and stops at the "
                + "first difference.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "FILE is a trace in the form of JIP-7, whoever wrote it; 'pvm run --trace' and 'pvm refine --trace' write such. "
                    + "Lines that are no records are passed over.",
            "",
            "Exit codes: 0 no difference, 1 the run differs from the trace, 2 bad input."
        })
final class ReplayCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The trace.")
    private Path file;

    @Option(
            names = "--backend",
            paramLabel = "BACKEND",
            converter = BackendsConverter.class,
            description = "jit, interpreter, crosscheck, or all. Default: jit where it works, else interpreter.")
    private List<Backend> backends;

    @Option(names = "--no-gas",
            description = "Compare all but gas, of which the run has plenty: for traces of other revisions.")
    private boolean withoutGas;

    @Mixin
    private RevisionOption revision;

    @Override
    public Integer call() {
        var trace = TraceFile.read(file);
        var rules = revision.chosen().map(Rules::of).orElseGet(() -> rules(trace));
        boolean differs = false;
        for (var backend : backends == null ? Collections.<Backend>singletonList(null) : backends) {
            differs |= !replay(trace, backend, rules);
        }
        return differs ? ExitCodes.FAILED : ExitCodes.OK;
    }

    /** Those that the trace names, else the default's. */
    private Rules rules(Trace trace) {
        try {
            return trace.revision().map(label -> Rules.of(Revision.of(label))).orElseGet(Rules::defaults);
        } catch (IllegalArgumentException e) {
            throw new InputException(file + ": " + e.getMessage() + "; --revision overrules it");
        }
    }

    private boolean replay(Trace trace, Backend backend, Rules rules) {
        try (var engine = EngineOptions.engine(backend, rules)) {
            var difference = TraceReplay.run(engine, trace, !withoutGas);
            var out = spec.commandLine().getOut();
            lines(trace, difference, rules).forEach(line -> out.println(engine.backend() + ": " + line));
            out.flush();
            return difference.isEmpty();
        } catch (InvalidProgramException e) {
            throw new InputException(file + " has no program of revision " + rules + ": " + ProgramFile.reason(e));
        } catch (MalformedTraceException e) {
            throw new InputException(file + ": " + e.getMessage());
        }
    }

    private static List<String> lines(Trace trace, Optional<Difference> difference, Rules rules) {
        var calls = Text.count(trace.calls().size(), "host call");
        if (difference.isEmpty()) {
            return List.of(trace.end()
                    .map(end -> "no difference in " + calls + ", " + end.ending() + " with "
                            + Long.toUnsignedString(end.state().gas()) + " gas left, revision " + rules)
                    .orElseGet(() -> "no difference in " + calls + ", where the trace breaks off, revision " + rules));
        }
        var lines = new ArrayList<String>();
        lines.add(difference.get().toString());
        GuestCode.of(trace, rules).ifPresent(program -> lines.addAll(GuestCode.around(program, difference.get().pc())));
        return lines;
    }

    static final class BackendsConverter implements ITypeConverter<List<Backend>> {
        @Override
        public List<Backend> convert(String value) {
            return value.equals("all") ? Arrays.asList(Backend.values())
                    : List.of(new EngineOptions.BackendConverter().convert(value));
        }
    }
}
