package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link FaultStress} here for ten seconds, and in JVMs with other collectors, compilers and checks for two each. */
@Timeout(300)
class FaultStressTest {
    private static final Setup[] EIGHT = {
        Setup.JIT, Setup.JIT, Setup.JIT, Setup.JIT, Setup.JIT_BASE_REGISTER, Setup.JIT_BASE_REGISTER, Setup.JIT_CHECKED,
        Setup.JIT_SINGLE_MAPPING
    };

    @Test
    void eightThreadsForTenSeconds() throws Exception {
        System.out.println("10 s here: " + FaultStress.run(10, List.of(EIGHT)).requireAll());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "-XX:+UseG1GC",
        "-XX:+UseZGC",
        "-XX:+UseParallelGC",
        "-XX:+UseSerialGC",
        "-Xcheck:jni",
        "-XX:TieredStopAtLevel=1 -XX:-OmitStackTraceInFastThrow",
        "-Xint",
        "-Xcomp -XX:TieredStopAtLevel=1",
        "-XX:StartFlightRecording:settings=profile,filename=/dev/null"
    })
    void otherVirtualMachines(String flags) throws Exception {
        var all = new ArrayList<>(List.of(ChildJvm.NATIVE_ACCESS, "-Xmx256m"));
        all.addAll(Arrays.asList(flags.split(" ")));
        var arguments = new ArrayList<>(List.of("2"));
        for (var setup : EIGHT) {
            arguments.add(setup.name());
        }
        var result = ChildJvm.run(FaultStress.class, all, arguments.toArray(String[]::new)).requireSuccess();
        assertEquals(1, result.linesAfter("Report").size(), result::output);
        System.out.println("2 s with " + flags + ": " + result.linesAfter("Report").getFirst());
    }
}
