package io.pvmjit.bench.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.bench.scaling.Curve.Point;
import io.pvmjit.hostcalls.refine.Limits;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Lines through measured points, and that every curve is measured. */
class ScalingTest {
    @Test
    void aLineThroughPointsOnALineIsThatLine() {
        var fit = Fit.linear(List.of(new Point(1, 5), new Point(2, 7), new Point(4, 11)));
        assertEquals(2, fit.slope(), 1e-12);
        assertEquals(3, fit.intercept(), 1e-12);
        assertEquals(1, fit.determination(), 1e-12);
    }

    @Test
    void leastSquaresOfScatteredPoints() {
        // By hand: means 2 and 3, products 3, squares 2 and 6.
        var fit = Fit.linear(List.of(new Point(1, 1), new Point(2, 4), new Point(3, 4)));
        assertEquals(1.5, fit.slope(), 1e-12);
        assertEquals(0, fit.intercept(), 1e-12);
        assertEquals(0.75, fit.determination(), 1e-12);
    }

    @Test
    void theSlopeOfLogarithmsIsTheExponent() {
        var fit = Fit.logarithmic(List.of(new Point(1, 3), new Point(10, 300), new Point(100, 30_000)));
        assertEquals(2, fit.slope(), 1e-12);
        assertEquals("with its power of 2.00 (R² 1.000): faster than linearly", fit.growth());
        assertTrue(Fit.logarithmic(List.of(new Point(1, 1), new Point(4, 2))).growth().endsWith("slower than linearly"));
        assertTrue(Fit.logarithmic(List.of(new Point(1, 1), new Point(4, 4.1))).growth().endsWith(": linearly"));
    }

    @Test
    void everyCurveIsMeasured() {
        var steps = new ArrayList<String>();
        var curves = Scaling.measure(16, 20, 5, steps::add);
        assertEquals(List.of("code size", "threads", "instances", "inner machines"), steps);
        assertEquals(List.of("compile-time", "compile-memory", "threads", "instances-memory", "instances-maps", "machines"),
                curves.stream().map(Curve::id).toList());
        for (var curve : curves) {
            for (var line : curve.lines()) {
                assertFalse(line.points().isEmpty());
                assertFalse(line.sentence().contains("NaN"), line::sentence);
            }
        }
        assertEquals(20, last(curves.get(3)).x());
        assertEquals(Limits.MACHINES, last(curves.get(5)).x());
        // Each of the 20 instances needs at least one map more.
        assertTrue(last(curves.get(4)).y() >= 20 + first(curves.get(4)).y() - 1);
    }

    /** Twice as many machines as there may be at a time, so that both ways of dropping them are gone through again. */
    @Test
    void machinesAreMadeAndDropped() {
        var growths = MachineGrowth.measure(2 * Limits.MACHINES + 1);
        assertEquals(2, growths.size());
        for (var growth : growths) {
            assertEquals(2 * Limits.MACHINES + 1, growth.machines());
            assertTrue(growth.nanoseconds() > 0, growth::toString);
            assertEquals(0, growth.descriptors(), growth::toString);
        }
    }

    private static Point first(Curve curve) {
        return curve.lines().getFirst().points().getFirst();
    }

    private static Point last(Curve curve) {
        return curve.lines().getFirst().points().getLast();
    }
}
