package io.pvmjit.bench.report;

import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.scaling.Curve;

/** A report as Markdown: every figure, no charts. */
public final class MarkdownReport {
    private MarkdownReport() {}

    /** The whole text. */
    public static String of(Report report) {
        var tables = new Tables(report);
        var text = new StringBuilder("# Benchmarks, ").append(report.environment().date()).append(", profile ")
                .append(report.profile()).append("\n\n");
        report.method().forEach(sentence -> text.append(sentence).append('\n'));
        for (var section : Section.of(report, tables)) {
            text.append("\n## ").append(section.title()).append("\n\n").append(section.sentence()).append("\n\n")
                    .append(section.table().markdown());
        }
        if (!report.remarks().isEmpty()) {
            text.append("\n## Remarks\n\n");
            report.remarks().forEach(remark -> text.append("- ").append(remark).append('\n'));
        }
        for (var curve : report.curves()) {
            text.append("\n## ").append(curve.title()).append("\n\n");
            curve.lines().stream().map(Curve.Line::sentence).forEach(line -> text.append(line).append('\n'));
            text.append('\n').append(Tables.curve(curve).markdown());
        }
        text.append("\n## Environment\n\n").append(tables.environment().markdown());
        return text.toString();
    }

    /** A table with its title and what it says. */
    record Section(String title, String sentence, Table table) {
        /** The sections about workloads, in the order of a report. */
        static java.util.List<Section> of(Report report, Tables tables) {
            if (report.workloads().isEmpty()) {
                return java.util.List.of();
            }
            return java.util.List.of(
                    new Section("Run, relative to native", "Time of a warm run of what is compiled, divided by that of "
                            + "native code, with the 95 % confidence interval.", tables.relativeToNative(Phase.RUN)),
                    new Section("One-shot, relative to native", "Time to compile, instantiate and run, divided by that "
                            + "of a run of native code, which was compiled before.",
                            tables.relativeToNative(Phase.ONE_SHOT)),
                    new Section("Our JIT against each: run", "The peer's time divided by ours: above 1, we are faster.",
                            tables.againstOurs(Phase.RUN)),
                    new Section("Our JIT against each: one-shot", "The peer's time divided by ours: above 1, we are "
                            + "faster.", tables.againstOurs(Phase.ONE_SHOT)),
                    new Section("Our JIT against each: compile", "The peer's time divided by ours: above 1, we are "
                            + "faster.", tables.againstOurs(Phase.COMPILE)),
                    new Section("One-shot", "Compile, instantiate, run.", tables.times(Phase.ONE_SHOT)),
                    new Section("Compile", "From octets in memory to what can be instantiated.",
                            tables.times(Phase.COMPILE)),
                    new Section("Run", "A warm run of what is compiled.", tables.times(Phase.RUN)),
                    new Section("Instantiate", "An instance of what is compiled; a run of ours includes its own.",
                            tables.times(Phase.INSTANTIATE)),
                    new Section("Workloads", "Parameters, results (in hexadecimal, the same from every peer) and gas "
                            + "(the same on both of our backends).", tables.workloads()));
        }
    }
}
