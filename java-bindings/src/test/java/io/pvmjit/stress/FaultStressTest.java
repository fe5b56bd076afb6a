package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link FaultStress} here for four seconds, and in JVMs with other collectors, compilers and checks for one each: the
 * system property {@code pvmjit.stress.seconds} makes these last longer.
 */
@Timeout(600)
class FaultStressTest {
    private static final String SECONDS = System.getProperty("pvmjit.stress.seconds", "1");
    private static final Setup[] EIGHT = {
        Setup.JIT, Setup.JIT, Setup.JIT, Setup.JIT, Setup.JIT_BASE_REGISTER, Setup.JIT_BASE_REGISTER, Setup.JIT_CHECKED,
        Setup.JIT_SINGLE_MAPPING
    };

    @Test
    void eightThreadsForFourSeconds() throws Exception {
        System.out.println("4 s here: " + FaultStress.run(4, List.of(EIGHT)).requireAll());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "-XX:+UseG1GC",
        "-XX:+UseZGC",
        "-XX:+UseShenandoahGC",
        "-XX:+UseParallelGC",
        "-XX:+UseSerialGC",
        "-Xcheck:jni",
        "-XX:TieredStopAtLevel=1 -XX:-OmitStackTraceInFastThrow",
        "-Xint",
        "-Xcomp -XX:TieredStopAtLevel=1",
        "-XX:StartFlightRecording:settings=profile,filename=/dev/null",
        // A profiler that sends SIGPROF to every thread.
        "-XX:StartFlightRecording:settings=profile,jdk.CPUTimeSample#enabled=true,jdk.CPUTimeSample#throttle=1000/s,"
                + "filename=/dev/null"
    })
    void otherVirtualMachines(String flags) throws Exception {
        inChild(flags, Map.of());
    }

    /** The JDK's library that keeps HotSpot's signal handlers before those that others install. */
    @Test
    void signalChaining() throws Exception {
        var library = Path.of(System.getProperty("java.home"), "lib", "libjsig.so");
        Assumptions.assumeTrue(Files.exists(library), library + " is not there");
        inChild("-XX:+UseG1GC", Map.of("LD_PRELOAD", library.toString()));
    }

    private static void inChild(String flags, Map<String, String> environment) throws Exception {
        var all = new ArrayList<>(List.of(ChildJvm.NATIVE_ACCESS, "-Xmx256m"));
        all.addAll(Arrays.asList(flags.split(" ")));
        var arguments = new ArrayList<>(List.of(SECONDS));
        for (var setup : EIGHT) {
            arguments.add(setup.name());
        }
        var result = ChildJvm.run(environment, FaultStress.class, all, arguments.toArray(String[]::new)).requireSuccess();
        assertEquals(1, result.linesAfter("Report").size(), result::output);
        System.out.println(SECONDS + " s with " + flags + environment + ": " + result.linesAfter("Report").getFirst());
    }
}
