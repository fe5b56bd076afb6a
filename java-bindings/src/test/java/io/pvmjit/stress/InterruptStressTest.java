package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link InterruptStress} here, and in JVMs with other collectors, checks and a profiler by signals. The system property
 * {@code pvmjit.interrupts} multiplies the numbers.
 */
@Timeout(600)
class InterruptStressTest {
    private static final long FACTOR = Long.getLong("pvmjit.interrupts", 1);

    @ParameterizedTest
    @CsvSource({"DEFAULT, 20000", "JIT_BASE_REGISTER, 2000", "JIT_CHECKED, 2000", "INTERPRETER, 2000", "CROSSCHECK, 1000"})
    void sixtyFourMachines(Setup setup, long interrupts) throws Exception {
        InterruptStress.run(FACTOR * interrupts, setup);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "-XX:+UseZGC",
        "-XX:+UseSerialGC",
        "-Xcheck:jni",
        "-XX:StartFlightRecording:settings=profile,jdk.CPUTimeSample#enabled=true,jdk.CPUTimeSample#throttle=1000/s,"
                + "filename=/dev/null"
    })
    void otherVirtualMachines(String flags) throws Exception {
        var all = new ArrayList<>(List.of(ChildJvm.NATIVE_ACCESS, "-Xmx256m"));
        all.addAll(Arrays.asList(flags.split(" ")));
        var result = ChildJvm.run(InterruptStress.class, all, Long.toString(FACTOR * 3000), "JIT").requireSuccess();
        assertEquals(1, result.linesAfter("Stops").size(), result::output);
        assertEquals(0, result.linesAfter("WARNING").size(), result::output);
    }
}
