package io.pvmjit.bench.tail;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** JVMs of their own are started by whole sessions. */
class TailsTest {
    @Test
    void quantilesAreTimesThatSoManyStayAtOrBelow() {
        var times = LongStream.rangeClosed(1, 1000).toArray();
        assertEquals(500, SmallRefinements.quantile(times, 0.5));
        assertEquals(990, SmallRefinements.quantile(times, 0.99));
        assertEquals(999, SmallRefinements.quantile(times, 0.999));
        assertEquals(7, SmallRefinements.quantile(new long[] {7}, 0.999));
    }

    @Test
    void refinementsAreTimedAndTheirResultsChecked() {
        var tail = SmallRefinements.measure("this", 10, 100);
        assertEquals("this", tail.collector());
        assertEquals(100, tail.runs());
        assertTrue(0 < tail.median() && tail.median() <= tail.p99() && tail.p99() <= tail.p999()
                && tail.p999() <= tail.longest(), tail::toString);
    }
}
