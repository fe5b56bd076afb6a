package io.pvmjit.cli;

import io.pvmjit.hostcalls.trace.Trace;
import io.pvmjit.hostcalls.trace.TraceDiff;
import io.pvmjit.hostcalls.trace.TraceDiff.Line;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm trace diff}: compares two traces. */
@Command(
        name = "diff",
        description = "Compares two traces, whoever wrote them, and shows where they first differ.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "Records are compared by what they say; comments and other lines are passed over. The revision is what the "
                    + "instructions around the place are read by.",
            "",
            "Exit codes: 0 they are equal, 1 they differ, 2 bad input."
        })
final class TraceDiffCommand implements Callable<Integer> {
    private static final int CONTEXT = 3;
    private static final int SHOWN = 400;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "A", description = "A trace.")
    private Path first;

    @Parameters(index = "1", paramLabel = "B", description = "Another trace.")
    private Path second;

    @Option(names = "--no-gas", description = "Compare all but gas: for traces of different revisions.")
    private boolean withoutGas;

    @Mixin
    private RevisionOption revision;

    @Override
    public Integer call() {
        var trace = TraceFile.read(first);
        var other = TraceFile.read(second);
        var diff = withoutGas ? TraceDiff.withoutGas(trace, other) : TraceDiff.of(trace, other);
        var out = spec.commandLine().getOut();
        if (diff.position().isEmpty()) {
            out.println(Text.line("no difference in " + diff.first().size() + " records"));
            return ExitCodes.OK;
        }
        show(out, trace, diff, diff.position().getAsInt());
        return ExitCodes.FAILED;
    }

    private void show(PrintWriter out, Trace trace, TraceDiff diff, int at) {
        out.println("first difference: record " + (at + 1));
        for (int i = Math.max(0, at - CONTEXT); i < at; i++) {
            out.println("  " + shown(diff.first().get(i).text()));
        }
        print(out, "- ", diff.first(), diff.second(), at);
        print(out, "+ ", diff.second(), diff.first(), at);
        if (at < diff.first().size() && at < diff.second().size()) {
            out.println("words that differ: " + shown(String.join(" ",
                    TraceDiff.words(diff.first().get(at).text(), diff.second().get(at).text()))) + " in " + Text.line(
                            first.toString()));
        }
        var place = at < diff.first().size() ? diff.first().get(at) : diff.first().getLast();
        place.pc().ifPresent(pc -> GuestCode.of(trace, revision.rules())
                .ifPresent(program -> GuestCode.around(program, pc).forEach(out::println)));
    }

    private static void print(PrintWriter out, String sign, List<Line> lines, List<Line> others, int at) {
        if (at == lines.size()) {
            out.println(sign + "(ends here)");
        }
        for (int i = at; i < Math.min(lines.size(), at + CONTEXT); i++) {
            boolean differs = i == at && at < others.size();
            out.println(sign + (differs ? Text.around(lines.get(i).text(), others.get(i).text(), SHOWN)
                    : shown(lines.get(i).text())));
        }
    }

    private static String shown(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "... (" + text.length() + " characters)";
    }
}
