package io.pvmjit.bench.scaling;

import io.pvmjit.bench.scaling.Curve.Point;
import java.util.List;

/**
 * A straight line through points, by least squares.
 *
 * @param slope NaN when there are not two different x
 * @param determination R squared: 1 when all points lie on the line
 */
public record Fit(double slope, double intercept, double determination) {
    /** Through the points as they are. */
    public static Fit linear(List<Point> points) {
        double n = points.size();
        double meanX = points.stream().mapToDouble(Point::x).sum() / n;
        double meanY = points.stream().mapToDouble(Point::y).sum() / n;
        double squaresX = 0;
        double squaresY = 0;
        double products = 0;
        for (var point : points) {
            squaresX += (point.x() - meanX) * (point.x() - meanX);
            squaresY += (point.y() - meanY) * (point.y() - meanY);
            products += (point.x() - meanX) * (point.y() - meanY);
        }
        double slope = products / squaresX;
        double determination = squaresY == 0 ? 1 : products * products / (squaresX * squaresY);
        return new Fit(slope, meanY - slope * meanX, determination);
    }

    /** Through the points' logarithms: the slope is the exponent of a power law. Coordinates are positive. */
    public static Fit logarithmic(List<Point> points) {
        return linear(points.stream().map(point -> new Point(Math.log(point.x()), Math.log(point.y()))).toList());
    }

    /** How far a point's y is from a power law at most, relative to what that says. */
    double residual(List<Point> points) {
        return points.stream()
                .mapToDouble(point -> Math.abs(point.y() / Math.exp(intercept + slope * Math.log(point.x())) - 1)).max()
                .orElse(Double.NaN);
    }

    /** How a power law with this exponent grows. */
    String growth() {
        var text = "with its power of %.2f (R² %.3f): ".formatted(slope, determination);
        if (slope < 0.9) {
            return text + "slower than linearly";
        }
        return text + (slope <= 1.1 ? "linearly" : "faster than linearly");
    }
}
