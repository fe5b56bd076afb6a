package io.pvmjit.bench.report;

import io.pvmjit.bench.compile.Compilation;
import io.pvmjit.bench.compile.Compilations;
import io.pvmjit.bench.scaling.Curve;
import io.pvmjit.bench.scaling.Growth;
import io.pvmjit.bench.tail.TailLatency;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The tables of what was measured beside the workloads. */
final class DetailTables {
    private DetailTables() {}

    /** What compiling the workloads and published programs takes and makes. */
    static Table compilations(Compilations compilations) {
        var rows = new ArrayList<List<String>>();
        compilations.typical().forEach(one -> rows.add(compilation(one)));
        if (!rows.isEmpty()) {
            var all = compilations.typical();
            rows.add(List.of("geometric mean", "", "", mean(all, Compilation::nanosecondsToStartPerInstruction),
                    mean(all, Compilation::nanosecondsPerInstruction), mean(all, Compilation::nanosecondsPerOctet),
                    mean(all, Compilation::expansion)));
        }
        return new Table(compilationHeader("program"), rows);
    }

    private static String mean(List<Compilation> all, ToDoubleFunction<Compilation> figure) {
        return Format.number(Compilations.geometricMean(all, figure));
    }

    /** Bombs, and typical code as large as they are, with their time against the latter's. */
    static Table bombs(Compilations compilations) {
        var header = List.of("program", "instructions", "octets", "to start, ns an octet", "against typical",
                "all, ns an octet", "against typical", "machine code, octets an octet");
        return new Table(header, Stream.concat(compilations.ofSize().stream(), compilations.bombs().stream())
                .map(one -> List.of(one.name(), Format.coordinate(one.instructions()), Format.coordinate(one.octets()),
                        Format.number(one.nanosecondsToStartPerOctet()),
                        Format.number(compilations.toTypical(one, Compilation::nanosecondsToStartPerOctet)),
                        Format.number(one.nanosecondsPerOctet()),
                        Format.number(compilations.toTypical(one, Compilation::nanosecondsPerOctet)),
                        Format.number(one.expansion())))
                .toList());
    }

    private static List<String> compilationHeader(String what) {
        return new ArrayList<>(List.of(what, "instructions", "octets", "to start, ns an instruction",
                "all, ns an instruction", "all, ns an octet", "machine code, octets an octet"));
    }

    private static List<String> compilation(Compilation one) {
        return new ArrayList<>(List.of(one.name(), Format.coordinate(one.instructions()),
                Format.coordinate(one.octets()), Format.number(one.nanosecondsToStartPerInstruction()),
                Format.number(one.nanosecondsPerInstruction()),
                Format.number(one.nanosecondsPerOctet()), Format.number(one.expansion())));
    }

    /** A row for each garbage collector. */
    static Table tails(List<TailLatency> tails) {
        return new Table(List.of("garbage collector", "refinements", "p50", "p99", "p99.9", "longest", "collections"),
                tails.stream().map(tail -> List.of(tail.collector(), Format.coordinate(tail.runs()),
                        Format.duration(tail.median()), Format.duration(tail.p99()), Format.duration(tail.p999()),
                        Format.duration(tail.longest()), Format.coordinate(tail.collections()))).toList());
    }

    /** A row for each way in which machines end. */
    static Table growths(List<Growth> growths) {
        return new Table(List.of("inner machines", "how many", "resident memory more, KiB", "memory maps more",
                "descriptors more", "time of each"),
                growths.stream().map(one -> List.of(one.what(), Format.coordinate(one.machines()),
                        Format.coordinate(one.residentKibibytes()), Format.coordinate(one.maps()),
                        Format.coordinate(one.descriptors()), Format.duration(one.nanoseconds()))).toList());
    }

    /** The points of a curve, a column for each of its lines. */
    static Table curve(Curve curve) {
        var header = new ArrayList<String>();
        header.add(curve.xTitle());
        boolean single = curve.lines().size() == 1;
        curve.lines().forEach(line -> header.add(single ? curve.yTitle() : line.name() + " (" + curve.yTitle() + ")"));
        // Lines of one curve are measured at the same sizes.
        Map<Double, List<String>> rows = new TreeMap<>();
        for (var line : curve.lines()) {
            for (var point : line.points()) {
                rows.computeIfAbsent(point.x(), x -> new ArrayList<>(List.of(Format.coordinate(x))))
                        .add(Format.coordinate(point.y()));
            }
        }
        return new Table(header, List.copyOf(rows.values()));
    }
}
