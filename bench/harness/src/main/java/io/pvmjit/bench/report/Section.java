package io.pvmjit.bench.report;

import io.pvmjit.bench.compile.Compilation;
import io.pvmjit.bench.compile.Compilations;
import io.pvmjit.bench.peer.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * A part of a report: a title, what it says, and its figures.
 *
 * @param table empty when there is nothing to show but the sentence
 */
record Section(String title, String sentence, Optional<Table> table) {
    private Section(String title, String sentence, Table table) {
        this(title, sentence, Optional.of(table));
    }

    /** All, in the order of a report. */
    static List<Section> of(Report report) {
        var sections = new ArrayList<Section>();
        if (!report.workloads().isEmpty()) {
            var tables = new Tables(report);
            sections.addAll(ratios(tables));
            sections.addAll(times(tables));
            counts(report, tables).ifPresent(sections::add);
            sections.add(new Section("Workloads", "Parameters, results (in hexadecimal, the same from every peer) and gas "
                    + "(the same on both of our backends).", tables.workloads()));
        }
        sections.addAll(compilations(report.details()));
        sections.addAll(operations(report.details()));
        return sections;
    }

    private static List<Section> ratios(Tables tables) {
        return List.of(
                new Section("Run, relative to native", "Time of a warm run in an instance that is kept, divided by that "
                        + "of native code, with the 95 % confidence interval. The geometric mean is that of pure "
                        + "computation.", tables.relativeToNative(Phase.RUN)),
                new Section("One-shot, relative to native", "Time to compile, make an instance and run it, divided by that "
                        + "of a run of native code, which was compiled before.", tables.relativeToNative(Phase.ONE_SHOT)),
                new Section("Our JIT against each: run", "The peer's time divided by ours: above 1, we are faster.",
                        tables.againstOurs(Phase.RUN)),
                new Section("Our JIT against each: one-shot", "The peer's time divided by ours: above 1, we are faster.",
                        tables.againstOurs(Phase.ONE_SHOT)),
                new Section("Our JIT against each: make", "The peer's time divided by ours: above 1, we are faster.",
                        tables.againstOurs(Phase.MAKE)),
                new Section("Our JIT against each: compile", "The peer's time divided by ours: above 1, we are faster.",
                        tables.againstOurs(Phase.COMPILE)));
    }

    private static List<Section> times(Tables tables) {
        return List.of(
                new Section("One-shot", "Compile, make, run.", tables.times(Phase.ONE_SHOT)),
                new Section("Compile", "From octets in memory to what instances are made of.", tables.times(Phase.COMPILE)),
                new Section("Make", "An instance of what is compiled, ready to run.", tables.times(Phase.MAKE)),
                new Section("Run", "A warm run in an instance that is kept.", tables.times(Phase.RUN)));
    }

    private static Optional<Section> counts(Report report, Tables tables) {
        var title = "Instructions and cycles of a run";
        if (!report.counts().refusal().isEmpty()) {
            return Optional.of(new Section(title, "Counting is " + report.counts().refusal() + ".", Optional.empty()));
        }
        return report.counts().counts().isEmpty() ? Optional.empty() : Optional.of(new Section(title,
                "Counted by the processor outside the kernel, the least of several runs; in parentheses as multiples of "
                        + "native code's.",
                tables.counts()));
    }

    private static List<Section> compilations(Details details) {
        var compilations = details.compilations();
        if (compilations.bombs().isEmpty()) {
            return List.of();
        }
        return List.of(
                new Section("Compile: ns an instruction, octets of machine code per octet", "The shortest time of our JIT "
                        + "for workloads, and programs that others compiled: until a run can start, with the machine code "
                        + "of where programs begin; and for all machine code, before the first run. The latter is what a "
                        + "run that gets everywhere pays for in all.",
                        DetailTables.compilations(compilations)),
                new Section("Compile bombs", "Programs that take as long as they can, and typical code as large as they "
                        + "are, which they are compared with by the time for an octet of the blob. Until a run can start "
                        + worst(compilations, Compilation::nanosecondsToStartPerOctet)
                        + "; until all machine code is made, " + worst(compilations, Compilation::nanosecondsPerOctet) + ".",
                        DetailTables.bombs(compilations)));
    }

    private static String worst(Compilations compilations, ToDoubleFunction<Compilation> figure) {
        var worst = compilations.worst(figure);
        return "the worst, " + worst.name() + ", takes " + Format.number(compilations.toTypical(worst, figure))
                + " times as long as typical code";
    }

    private static List<Section> operations(Details details) {
        var sections = new ArrayList<Section>();
        if (!details.tails().isEmpty()) {
            sections.add(new Section("Tail latency", "A small refinement from its service code to its output, with one host "
                    + "call, its module in the cache; one after the other, each timed, in a JVM of its own for each "
                    + "garbage collector.", DetailTables.tails(details.tails())));
        }
        if (!details.growths().isEmpty()) {
            sections.add(new Section("Machines made and dropped", "What this process takes more when the last of so many "
                    + "machines is gone, the same number having come before.", DetailTables.growths(details.growths())));
        }
        for (var curve : details.curves()) {
            sections.add(new Section(curve.title(), String.join(" ", curve.lines().stream()
                    .map(line -> line.sentence()).toList()), DetailTables.curve(curve)));
        }
        return sections;
    }

    /** The last ones: the machine. */
    static List<Section> ofMachine(Report report) {
        var sections = new ArrayList<Section>();
        var drifts = MachineTables.drifts(report.quietness());
        sections.add(new Section("Whether the machine was quiet", MachineTables.sentence(report.quietness()),
                report.quietness().drifts().isEmpty() ? Optional.empty() : Optional.of(drifts)));
        sections.add(new Section("Environment", "Where and with what this was measured.",
                MachineTables.environment(report.environment())));
        return sections;
    }
}
