package io.pvmjit.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.bench.compile.Compilations;
import io.pvmjit.bench.counter.Counts;
import io.pvmjit.bench.counter.Counts.Count;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.quiet.Drift;
import io.pvmjit.bench.quiet.Quietness;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The report as text: what its figures are relative to, and that nothing is missing. */
class MarkdownReportTest {
    private static final Quietness NOISY =
            new Quietness(0.04, 0.02, List.of(), List.of(new Drift("alpha", List.of(1e6, 1.3e6, 1.1e6))));
    private static final Compilations COMPILATIONS = SmallReport.create().details().compilations();

    private final Tables tables = new Tables(SmallReport.create());

    /** Native code: 1 ms with a standard error of 0.0577 ms; two degrees of freedom, 4.303 of them in 95 %. */
    @Test
    void runsAreRelativeToNative() {
        assertEquals("""
                | workload | native, gcc -O2 | PVM, our JIT | WebAssembly, V8 |
                | --- | ---: | ---: | ---: |
                | alpha | 1.00 ms ± 25 % | 2.00 ± 0.497 | 1.00 ± ? |
                | beta | 2.00 ms ± 0.0 % | 8.00 ± 0.00 | – |
                | geometric mean | 1 | 4.00 ± 0.497 | 1.00 ± ? |
                | calls (host calls) | 1.00 ms ± 0.0 % | 100 ± 0.00 | – |
                """, tables.relativeToNative(Phase.RUN).markdown());
    }

    @Test
    void meansOfASessionThatWasNotQuietAreNotQuoted() {
        var report = SmallReport.create(NOISY, Counts.NONE);
        var run = new Tables(report).relativeToNative(Phase.RUN).rows();
        assertEquals(List.of("geometric mean", "1", "not quoted", "not quoted"), run.get(2));
        assertEquals(List.of("geometric mean", "not quoted"), new Tables(report).againstOurs(Phase.MAKE).rows().get(2));
        var text = MarkdownReport.of(report);
        assertTrue(text.startsWith("# Benchmarks, 2026-01-02, profile quick\n\n**The machine was not quiet: native code of "
                + "alpha moved by 30 %; 4 % of the processors' time was stolen. Ratios of this session are not quoted.**\n"),
                text);
        var page = HtmlReport.of(report);
        assertTrue(page.contains("<p class=\"warning\">The machine was not quiet: native code of alpha moved by 30 %"));
        assertFalse(page.contains("\"id\":\"means\""));
    }

    @Test
    void countsAreMultiplesOfNativeCodes() {
        var counts = new Counts("", List.of(new Count("alpha", Peer.NATIVE, 2e6, 1e6),
                new Count("alpha", Peer.JIT, 4e6, 3e6),
                new Count("beta", Peer.NATIVE, 900, 300), new Count("beta", Peer.JIT, 7_200, 3_600)));
        assertEquals("""
                | workload | native, gcc -O2: instructions | cycles | PVM, our JIT: instructions | cycles |
                | --- | ---: | ---: | ---: | ---: |
                | alpha | 2.00 M | 1.00 M | 4.00 M (2.00) | 3.00 M (3.00) |
                | beta | 900 | 300 | 7.20 k (8.00) | 3.60 k (12.0) |
                | geometric mean | 1.00 | 1.00 | 4.00 | 6.00 |
                | calls (host calls) | – | – | – | – |
                """, new Tables(SmallReport.create(Quietness.UNKNOWN, counts)).counts().markdown());
        // Instructions are the same whatever else runs; cycles are not.
        assertEquals(List.of("geometric mean", "1.00", "not quoted", "4.00", "not quoted"),
                new Tables(SmallReport.create(NOISY, counts)).counts().rows().get(2));
    }

    @Test
    void oneShotsAreRelativeToARunOfNativeCode() {
        assertEquals("3.00", figure(tables.relativeToNative(Phase.ONE_SHOT), 0, 2));
        assertEquals("6.00", figure(tables.relativeToNative(Phase.ONE_SHOT), 0, 3));
    }

    @Test
    void othersAreRelativeToOurs() {
        assertEquals(List.of("workload", "native, gcc -O2", "WebAssembly, V8"), tables.againstOurs(Phase.RUN).header());
        assertEquals("0.125", figure(tables.againstOurs(Phase.RUN), 1, 1));
        assertEquals("calls (host calls)", tables.againstOurs(Phase.RUN).rows().get(3).getFirst());
        assertEquals("0.500", figure(tables.againstOurs(Phase.RUN), 0, 2));
        // Only what is compiled here has a time to compile.
        assertEquals(List.of("workload", "WebAssembly, V8"), tables.againstOurs(Phase.COMPILE).header());
        assertEquals("3.00", figure(tables.againstOurs(Phase.COMPILE), 0, 1));
    }

    @Test
    void compilationsAreForInstructionsAndOctets() {
        assertEquals("""
                | program | instructions | octets | to start, ns an instruction | all, ns an instruction | all, ns an octet \
                | machine code, octets an octet |
                | --- | ---: | ---: | ---: | ---: | ---: | ---: |
                | alpha | 10 | 30 | 20.0 | 30.0 | 10.0 | 2.00 |
                | beta | 1,000 | 4,000 | 5.00 | 10.0 | 2.50 | 1.50 |
                | geometric mean |  |  | 10.00 | 17.3 | 5.00 | 1.73 |
                """, DetailTables.compilations(COMPILATIONS).markdown());
        assertEquals(List.of("all the same", "100", "100", "15.0", "2.00", "15.0", "2.00", "20.0"),
                DetailTables.bombs(COMPILATIONS).rows().getLast());
    }

    private static String figure(Table table, int row, int column) {
        return table.rows().get(row).get(column).split(" ")[0];
    }

    @Test
    void theReportHasEverySection() {
        var text = MarkdownReport.of(SmallReport.create());
        for (var expected : List.of(
                "# Benchmarks, 2026-01-02, profile quick\n\nMeasured by hand.\n",
                "| alpha | 5 | 0xffffffffffffffff | 77 | Does </script> \\| &amp; things. |",
                "| beta | 18446744073709551615 | 0x2 | – | Does others. |",
                "Until a run can start the worst, all the same, takes 2.00 times as long as typical code; until all machine "
                        + "code is made, the worst, all the same, takes 2.00 times as long as typical code.\n",
                "## Instructions and cycles of a run\n\nCounting is not allowed.\n\n## ",
                "| G1 | 1,000 | 2.00 µs | 30.0 µs | 400 µs | 5.00 ms | 6 |",
                "| made and dropped | 10,000 | -12 | 0 | 0 | 1.50 µs |",
                "its shortest time; 1.00 % of the processors' time was stolen, other processes took 2.00 %; load averages "
                        + "0.100, 0.200, 0.300.\n\n| native code | begin | after round 1 | end | moved by, % |\n",
                "| alpha | 1.00 ms | 1.05 ms | 1.02 ms | 5.00 |",
                "## Remarks\n\n- Beware.\n",
                "## Time and size\n\nIt grows linearly.\n\n| size, KiB | time, µs |\n| ---: | ---: |\n| 1 | 10 |\n",
                "| commit | 0123abc, with changes |")) {
            assertTrue(text.contains(expected), () -> expected + " is missing in:\n" + text);
        }
    }

    @Test
    void aTableHasAsManyColumnsEverywhere() {
        assertThrows(IllegalArgumentException.class, () -> new Table(List.of("a", "b"), List.of(List.of("1"))));
    }
}
