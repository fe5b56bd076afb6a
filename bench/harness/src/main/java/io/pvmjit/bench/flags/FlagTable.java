package io.pvmjit.bench.flags;

import io.pvmjit.bench.peer.WorkloadBenchmark;
import io.pvmjit.bench.workload.Kind;
import io.pvmjit.bench.workload.Workload;
import io.pvmjit.bench.workload.WorkloadTable;
import io.pvmjit.link.GuestCompiler;
import io.pvmjit.link.GuestToolchain;
import io.pvmjit.link.LinkException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * {@code scripts/bench flags}: what a run of each workload costs when it is compiled with each of some flags, as
 * multiples of the first row, in the form of Markdown. Nothing of it is a time: it comes out the same on every machine.
 */
public final class FlagTable {
    /** The first is what the others are compared with. */
    private static final List<String> GCC = List.of("-O2 -fschedule-insns", "-O2 -fno-schedule-insns",
            "-O3 -fschedule-insns", "-O3 -fno-schedule-insns", "-Os", "-O2 -fno-schedule-insns -fno-schedule-insns2",
            "-O2 -fno-schedule-insns -funroll-loops", "-O2 -fno-schedule-insns -flto");
    private static final String SCHEDULED = " -mllvm -enable-misched=true";
    private static final List<String> CLANG = List.of("-O2" + SCHEDULED, "-O3" + SCHEDULED, "-Os" + SCHEDULED,
            "-O2 -mllvm -enable-misched=false", "-O2 -fno-unroll-loops" + SCHEDULED);

    private final Path workloads;
    private final List<Workload> wanted;

    /** @param workloads their folder */
    FlagTable(Path workloads, List<Workload> wanted) {
        this.workloads = workloads;
        this.wanted = wanted;
    }

    /** Arguments: flags to compare instead of ours, each after {@code gcc} or {@code clang}, as one argument. */
    public static void main(String[] arguments) throws LinkException {
        var workloads = Path.of(System.getProperty(WorkloadBenchmark.FOLDER, "bench")).toAbsolutePath().resolve("workloads");
        // The large one says nothing new, and takes a minute; what others wrote is built by flags of its own.
        var table = new FlagTable(workloads, WorkloadTable.read(workloads).all().stream()
                .filter(workload -> workload.kind() == Kind.COMPUTATION && workload.inner().isEmpty()
                        && workload.packages().isEmpty() && !workload.name().equals("large"))
                .toList());
        var rows = new ArrayList<>(List.of(arguments));
        if (rows.isEmpty()) {
            GCC.forEach(flags -> rows.add("gcc " + flags));
            CLANG.forEach(flags -> rows.add("clang " + flags));
        }
        table.print(rows, System.out);
    }

    void print(List<String> rows, PrintStream out) throws LinkException {
        out.print("| flags | ");
        wanted.forEach(workload -> out.print(workload.name() + " | "));
        out.println("gas | instructions | octets |");
        out.println("|---|" + "---:|".repeat(wanted.size() + 3));
        List<GuestCost> first = null;
        for (var row : rows) {
            var costs = costs(row);
            first = first == null ? costs : first;
            out.print("| `" + row + "` | ");
            for (int i = 0; i < costs.size(); i++) {
                out.print(number((double) costs.get(i).gas() / first.get(i).gas()) + " | ");
            }
            out.println(number(mean(costs, first, GuestCost::gas)) + " | "
                    + number(mean(costs, first, GuestCost::instructions)) + " | "
                    + number(mean(costs, first, GuestCost::octets)) + " |");
        }
    }

    private List<GuestCost> costs(String row) throws LinkException {
        var words = List.of(row.split(" "));
        var toolchain = GuestToolchain.locate(GuestCompiler.valueOf(words.getFirst().toUpperCase(Locale.ROOT)), _ -> {});
        var costs = new ArrayList<GuestCost>();
        for (var workload : wanted) {
            costs.add(GuestCost.of(workload, workloads, toolchain, words.subList(1, words.size())));
        }
        return costs;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    /** Geometric mean of the ratios. */
    private static double mean(List<GuestCost> costs, List<GuestCost> first, ToDoubleFunction<GuestCost> figure) {
        double sum = 0;
        for (int i = 0; i < costs.size(); i++) {
            sum += Math.log(figure.applyAsDouble(costs.get(i)) / figure.applyAsDouble(first.get(i)));
        }
        return Math.exp(sum / costs.size());
    }
}
