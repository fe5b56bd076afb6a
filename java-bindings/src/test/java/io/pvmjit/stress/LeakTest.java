package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the process holds does not grow with the number of cycles: resident memory, memory maps, file descriptors. Each
 * cycle has a JVM of its own whose heap is all resident from the start, so that nothing but a leak moves the figures.
 */
class LeakTest {
    private static final long RESIDENT_GROWTH_KILOBYTES = 16 * 1024;
    private static final long MAPS_CHANGE = 50;

    @ParameterizedTest
    @CsvSource({
        "plain, 100000", "faults, 30000", "growth, 5000", "sizes, 10000", "cached, 10000", "orders, 20000",
        "rejections, 10000", "checked, 2500", "engines, 1000"
    })
    void nothingGrows(String cycle, int times) throws Exception {
        var flags = List.of(ChildJvm.NATIVE_ACCESS, "-XX:+UseSerialGC", "-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch",
                "-XX:TieredStopAtLevel=1");
        var result = ChildJvm.run(Leaks.class, flags, cycle, String.valueOf(times)).requireSuccess();
        var figures = new ArrayList<Leaks.Figures>();
        for (var line : result.linesAfter("FIGURES ")) {
            System.out.println(cycle + ", " + line);
            figures.add(Leaks.Figures.parse(line));
        }
        var first = figures.getFirst();
        var last = figures.getLast();
        assertEquals(times, last.cycle(), result::output);
        assertTrue(last.residentKilobytes() - first.residentKilobytes() < RESIDENT_GROWTH_KILOBYTES, result::output);
        assertTrue(Math.abs(last.maps() - first.maps()) <= MAPS_CHANGE, result::output);
        assertEquals(first.files(), last.files(), result::output);
    }
}
