package io.pvmjit.bench.report;

import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.scaling.Curve;
import java.util.List;
import java.util.stream.Stream;

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
        /** The sections with tables, in the order of a report. */
        static List<Section> of(Report report, Tables tables) {
            return Stream.of(ofWorkloads(report, tables), ofCompilations(report, tables)).flatMap(List::stream).toList();
        }

        private static List<Section> ofCompilations(Report report, Tables tables) {
            if (report.compilations().bombs().isEmpty()) {
                return List.of();
            }
            return List.of(
                    new Section("Compile: time and machine code", "The shortest time of our JIT to validate, price, "
                            + "compile, publish and close.", tables.compilations()),
                    new Section("Compile bombs", "Programs that take as long as they can; the last column is the time of an "
                            + "octet divided by the workloads' geometric mean.", tables.bombs()));
        }

        private static List<Section> ofWorkloads(Report report, Tables tables) {
            if (report.workloads().isEmpty()) {
                return List.of();
            }
            return List.of(
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
