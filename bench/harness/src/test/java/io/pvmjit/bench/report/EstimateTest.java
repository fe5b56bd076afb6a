package io.pvmjit.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Means and their errors. */
class EstimateTest {
    /** Student's distribution with four degrees of freedom has 95 % within 2.776445 standard errors. */
    @Test
    void theErrorIsThatOfStudentsDistribution() {
        var estimate = Estimate.of(List.of(1.0, 2.0, 3.0, 4.0, 5.0));
        assertEquals(3, estimate.mean(), 1e-12);
        assertEquals(2.776445 * Math.sqrt(2.5 / 5), estimate.error(), 1e-5);
        assertEquals(5, estimate.count());
    }

    @Test
    void twoSamplesHaveNoError() {
        var estimate = Estimate.of(List.of(6.0, 8.0));
        assertEquals(7, estimate.mean());
        assertTrue(Double.isNaN(estimate.error()));
        assertEquals("7.00 ± ?", Format.ratio(estimate));
    }

    @Test
    void relativeErrorsOfARatioAddUpAsSquares() {
        var ratio = new Estimate(30, 0.9, 10).ratioTo(new Estimate(10, 0.4, 6));
        assertEquals(3, ratio.mean(), 1e-12);
        assertEquals(3 * 0.05, ratio.error(), 1e-12);
        assertEquals(6, ratio.count());
    }

    @Test
    void theGeometricMeanOfARatioAndItsReciprocalIsOne() {
        var mean = Estimate.geometricMean(List.of(new Estimate(4, 0.12, 5), new Estimate(0.25, 0.01, 5)));
        assertEquals(1, mean.mean(), 1e-12);
        // Relative errors of 3 % and 4 %: 5 % together, halved by the mean of two.
        assertEquals(0.025, mean.error(), 1e-12);
    }
}
