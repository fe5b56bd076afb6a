package io.pvmjit.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.bench.peer.Phase;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The report as text: what its figures are relative to, and that nothing is missing. */
class MarkdownReportTest {
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
                """, tables.relativeToNative(Phase.RUN).markdown());
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
        assertEquals("0.500", figure(tables.againstOurs(Phase.RUN), 0, 2));
        // Only what is compiled here has a time to compile.
        assertEquals(List.of("workload", "WebAssembly, V8"), tables.againstOurs(Phase.COMPILE).header());
        assertEquals("3.00", figure(tables.againstOurs(Phase.COMPILE), 0, 1));
    }

    @Test
    void compilationsAreForInstructionsAndOctets() {
        assertEquals("""
                | workload | instructions | octets | ns an instruction | ns an octet | machine code, octets an octet |
                | --- | ---: | ---: | ---: | ---: | ---: |
                | alpha | 10 | 30 | 30.0 | 10.0 | 2.00 |
                | beta | 1,000 | 4,000 | 10.0 | 2.50 | 1.50 |
                """, tables.compilations().markdown());
        assertEquals(List.of("all the same", "100", "100", "15.0", "15.0", "20.0", "3.00"),
                tables.bombs().rows().getFirst());
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
