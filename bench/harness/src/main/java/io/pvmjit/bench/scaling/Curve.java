package io.pvmjit.bench.scaling;

import java.util.List;

/**
 * Something measured for rising sizes: a table and a plot of a report.
 *
 * @param id names it in raw data and in the page
 * @param xTitle with the unit
 * @param yTitle with the unit
 * @param logarithmic whether both axes are, and the slope is an exponent
 */
public record Curve(String id, String title, String xTitle, String yTitle, boolean logarithmic, List<Line> lines) {
    public Curve {
        lines = List.copyOf(lines);
    }

    /** One measurement. */
    public record Point(double x, double y) {}

    /**
     * A quantity.
     *
     * @param sentence states its slope in words
     */
    public record Line(String name, List<Point> points, Fit fit, String sentence) {
        public Line {
            points = List.copyOf(points);
        }
    }
}
