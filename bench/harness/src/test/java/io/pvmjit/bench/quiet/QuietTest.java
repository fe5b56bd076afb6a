package io.pvmjit.bench.quiet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is taken for a sign that a machine was not quiet. */
class QuietTest {
    private static final String PROCESS = "42 (a (b) c) S 1 1 1 0 -1 4194560 1 1 1 1 %d %d %d %d 20 0 9 0 1 2 3";

    private static ProcessorTimes times(String machine, long user, long system, long childUser, long childSystem) {
        return ProcessorTimes.parse(machine + "\ncpu0 1 1 1 1 1 1 1 1 0 0\n",
                PROCESS.formatted(user, system, childUser, childSystem));
    }

    /** 1,000 ticks, of which 40 were stolen, 660 busy; 500 of them ours. */
    @Test
    void othersHaveWhatIsNeitherIdleNorStolenNorOurs() {
        var before = times("cpu  100 0 100 1000 10 0 0 5 7 7", 10, 10, 10, 10);
        var after = times("cpu  400 100 300 1290 20 30 30 45 7 7", 210, 110, 160, 60);
        assertEquals(0.04, after.stolenSince(before), 1e-12);
        assertEquals(0.16, after.othersSince(before), 1e-12);
    }

    /** The kernel counts ours a tick earlier or later than all. */
    @Test
    void othersNeverHaveLessThanNothing() {
        var before = times("cpu  100 0 0 100 0 0 0 0 0 0", 0, 0, 0, 0);
        assertEquals(0, times("cpu  150 0 0 150 0 0 0 0 0 0", 51, 0, 0, 0).othersSince(before));
    }

    @Test
    void driftIsTheSlowestAgainstTheFastest() {
        assertEquals(0.25, new Drift("a", List.of(5.0, 4.0, 4.5)).moved(), 1e-12);
        assertTrue(Double.isNaN(new Drift("a", List.of()).moved()));
    }

    @Test
    void aQuietMachineHasNoDisturbances() {
        var quiet = new Quietness(0.02, 0.09, List.of(0.5), List.of(new Drift("a", List.of(10.0, 10.9))));
        assertEquals(List.of(), quiet.disturbances());
        assertTrue(quiet.quiet());
        assertTrue(Quietness.UNKNOWN.quiet());
    }

    @Test
    void whateverDisturbsIsNamed() {
        var drifts = List.of(new Drift("a", List.of(10.0, 10.5)), new Drift("b", List.of(20.0, 10.0)));
        var noisy = new Quietness(0.25, 0.5, List.of(3.0), drifts);
        assertFalse(noisy.quiet());
        assertEquals(List.of("native code of b moved by 100 %", "25 % of the processors' time was stolen",
                "other processes took 50 % of the processors' time"), noisy.disturbances());
    }

    @Test
    void theMachineTellsItsTimes() {
        try (var watch = new Watch(List.of(), 1)) {
            watch.look();
            watch.look();
            var seen = watch.finish();
            assertEquals(2, seen.loads().size());
            assertEquals(List.of(), seen.drifts());
        }
        assertTrue(ProcessorTimes.now().orElseThrow().own() >= 0);
    }
}
