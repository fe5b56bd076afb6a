package io.pvmjit.bench.counter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Counters of the processor count, or say why they cannot. */
class CountersTest {
    private static final int ROUNDS = 1_000_000;

    private long sink;

    /** At least an instruction for each round; or a clear word about why there are no counters here. */
    @Test
    void instructionsAreCountedOrTheReasonIsSaid() {
        try (var counters = new Counters()) {
            var reading = counters.count(this::work);
            assertTrue(reading.instructions() >= ROUNDS, reading::toString);
            assertTrue(reading.cycles() > 0, reading::toString);
        } catch (RefusedException e) {
            assertTrue(e.getMessage().startsWith("not allowed: ") || e.getMessage().startsWith("not possible: "),
                    e::getMessage);
            assertEquals(new Counts(e.getMessage(), List.of()), Counting.measure(List.of(), 1, _ -> {}));
        }
    }

    private void work() {
        long value = sink;
        for (int i = 0; i < ROUNDS; i++) {
            value = value * 6_364_136_223_846_793_005L + i;
        }
        sink = value;
    }

    @Test
    void aRefusalSaysWhatIsNeeded() {
        assertTrue(Counters.reason(13).startsWith("not allowed: the kernel refuses perf_event_open (kernel."));
        assertTrue(Counters.reason(2).contains("fails with error 2"));
    }
}
