package io.pvmjit.bench.report;

import io.pvmjit.bench.quiet.Quietness;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** The tables of the machine: what it is, and whether it was quiet. */
final class MachineTables {
    private static final double PERCENT = 100;

    private MachineTables() {}

    /** Native code of each workload at the begin, between rounds and at the end; and by how much it moved. */
    static Table drifts(Quietness quietness) {
        int times = quietness.drifts().stream().mapToInt(drift -> drift.nanoseconds().size()).max().orElse(0);
        var header = new ArrayList<>(List.of("native code"));
        for (int i = 0; i < times; i++) {
            header.add(i == 0 ? "begin" : i == times - 1 ? "end" : "after round " + i);
        }
        header.add("moved by, %");
        return new Table(header, quietness.drifts().stream().map(drift -> {
            var row = new ArrayList<>(List.of(drift.workload()));
            drift.nanoseconds().forEach(time -> row.add(Format.duration(time)));
            row.add(Format.number(PERCENT * drift.moved()));
            return List.copyOf(row);
        }).toList());
    }

    /** What the processors did, in a sentence. */
    static String sentence(Quietness quietness) {
        return "Native code of each workload, its shortest time; %s %% of the processors' time was stolen, other processes "
                .formatted(Format.number(PERCENT * quietness.stolen()))
                + "took %s %%; load averages %s.".formatted(Format.number(PERCENT * quietness.others()),
                        String.join(", ", quietness.loads().stream().map(Format::number).toList()));
    }

    /** What a reader must know before all figures; empty on a quiet machine. */
    static String warning(Quietness quietness) {
        return quietness.quiet() ? "" : "The machine was not quiet: " + String.join("; ", quietness.disturbances())
                + ". Ratios of this session are not quoted.";
    }

    /** Where and with what it was measured. */
    static Table environment(Environment environment) {
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("date", environment.date()));
        rows.add(List.of("CPU", environment.cpu() + ", " + environment.cores() + " cores"));
        rows.add(List.of("frequency governor", environment.governor()));
        rows.add(List.of("memory", environment.memory()));
        rows.add(List.of("kernel", environment.kernel()));
        rows.add(List.of("JDK", environment.jdk()));
        rows.add(List.of("JVM arguments", String.join(" ", environment.jvmArguments())));
        rows.add(List.of("commit", environment.commit() + (environment.treeDirty() ? ", with changes" : "")));
        rows.add(List.of("libpvmjit", environment.libraryBuild()));
        rows.add(List.of("load before, after", environment.loadBefore() + "; " + environment.loadAfter()));
        new TreeMap<>(environment.toolVersions()).forEach((tool, version) -> rows.add(List.of(tool, version)));
        return new Table(List.of("what", "value"), rows);
    }
}
