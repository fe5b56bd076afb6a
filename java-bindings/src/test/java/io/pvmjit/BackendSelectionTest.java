package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.stress.ChildJvm;
import io.pvmjit.stress.Guests;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which backend an engine gets, and what is said about it: in JVMs of their own, as the choice is the process's. */
class BackendSelectionTest {
    private static final String NO_LIBRARY = "-Dpvmjit.library=/nonexistent/libpvmjit.so";
    private static final String DENY = "--illegal-native-access=deny";
    private static final String ADVICE = "start java with --enable-native-access=ALL-UNNAMED";

    /** Makes three engines of the backend that is named, or of any, and runs a program on each. */
    static final class MakeEngines {
        private MakeEngines() {}

        static void main(String[] backend) {
            var config = backend.length == 0
                    ? EngineConfig.defaults()
                    : EngineConfig.defaults().withBackend(Backend.of(backend[0]));
            for (int i = 0; i < 3; i++) {
                try (var engine = Engine.create(config);
                        var module = engine.compile(Guests.ADD);
                        var instance = module.instantiate()) {
                    instance.gas(1000).register(7, 40).register(8, 2);
                    var exit = instance.run();
                    System.out.println("RESULT " + engine.backend() + " " + exit + " " + instance.register(7));
                } catch (RuntimeException e) {
                    System.out.println("RESULT " + e.getClass().getSimpleName() + ": " + e.getMessage());
                }
            }
        }
    }

    private record Outcome(List<String> results, List<String> warnings, String output) {}

    private static Outcome run(List<String> flags, String... backend) throws Exception {
        var all = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")); // for a quick start
        all.addAll(flags);
        var result = ChildJvm.run(MakeEngines.class, all, backend).requireSuccess();
        var lines = result.output().lines().toList();
        assertEquals(3, result.linesAfter("RESULT ").size(), result::output);
        return new Outcome(
                result.linesAfter("RESULT ").stream().distinct().toList(),
                lines.stream().filter(line -> line.contains("io.pvmjit")).toList(),
                result.output());
    }

    private static String ran(Backend backend) {
        return backend + " Halt[] 42";
    }

    private static void assertMentions(String text, String... parts) {
        for (var part : parts) {
            assertTrue(text.contains(part), () -> "no '" + part + "' in: " + text);
        }
    }

    @Test
    void theJitUnlessAskedOtherwise() throws Exception {
        var outcome = run(List.of(ChildJvm.NATIVE_ACCESS, DENY));
        assertEquals(List.of(ran(Backend.JIT)), outcome.results());
        assertEquals(List.of(), outcome.warnings());
    }

    @ParameterizedTest
    @EnumSource
    void systemProperty(Backend backend) throws Exception {
        var outcome = run(List.of(ChildJvm.NATIVE_ACCESS, "-Dpvmjit.backend=" + backend));
        assertEquals(List.of(ran(backend)), outcome.results());
        assertEquals(List.of(), outcome.warnings());
    }

    @Test
    void configurationBeatsSystemProperty() throws Exception {
        var outcome = run(List.of(ChildJvm.NATIVE_ACCESS, "-Dpvmjit.backend=jit"), "interpreter");
        assertEquals(List.of(ran(Backend.INTERPRETER)), outcome.results());
    }

    @ParameterizedTest
    @CsvSource({"''", "JIT", "native"})
    void systemPropertyThatNamesNone(String value) throws Exception {
        var outcome = run(List.of(ChildJvm.NATIVE_ACCESS, "-Dpvmjit.backend=" + value));
        assertEquals(1, outcome.results().size());
        assertMentions(outcome.results().getFirst(), "IllegalArgumentException", "unknown backend '" + value + "'",
                "jit, interpreter, crosscheck");
    }

    @Test
    void fallBackIsLoggedOnceWithItsReason() throws Exception {
        var outcome = run(List.of(ChildJvm.NATIVE_ACCESS, NO_LIBRARY));
        assertEquals(List.of(ran(Backend.INTERPRETER)), outcome.results());
        assertEquals(1, outcome.warnings().size(), outcome.output());
        assertMentions(outcome.warnings().getFirst(), "WARN", "interpreter", "JIT", "/nonexistent/libpvmjit.so",
                "Linux " + System.getProperty("os.arch"));
    }

    @Test
    void fallBackWithoutNativeAccessNamesTheFlag() throws Exception {
        var outcome = run(List.of(DENY));
        assertEquals(List.of(ran(Backend.INTERPRETER)), outcome.results());
        assertEquals(1, outcome.warnings().size(), outcome.output());
        assertMentions(outcome.warnings().getFirst(), "WARN", "interpreter", ADVICE);
    }

    @Test
    void theInterpreterNeedsNoLibraryAndNoFlag() throws Exception {
        var outcome = run(List.of(DENY, NO_LIBRARY), "interpreter");
        assertEquals(List.of(ran(Backend.INTERPRETER)), outcome.results());
        assertEquals(List.of(), outcome.warnings());
        assertTrue(outcome.output().lines().allMatch(line -> line.startsWith("RESULT ")), outcome.output());
    }

    /** What was asked for by name is not replaced by something slower. */
    @ParameterizedTest
    @EnumSource(names = {"JIT", "CROSSCHECK"})
    void noFallBackFromAChoice(Backend backend) throws Exception {
        for (boolean byProperty : new boolean[] {false, true}) {
            for (var flags : List.of(List.of(ChildJvm.NATIVE_ACCESS, NO_LIBRARY), List.of(DENY))) {
                var all = new ArrayList<>(flags);
                if (byProperty) {
                    all.add("-Dpvmjit.backend=" + backend);
                }
                var outcome = byProperty ? run(all) : run(all, backend.label());
                assertEquals(1, outcome.results().size(), "every attempt fails alike: " + outcome.output());
                assertEquals(List.of(), outcome.warnings());
                var message = outcome.results().getFirst();
                assertMentions(message, "NativeLoadException",
                        "cannot load libpvmjit.so on Linux " + System.getProperty("os.arch"));
                if (flags.contains(NO_LIBRARY)) {
                    assertMentions(message, "/nonexistent/libpvmjit.so", "Can't load library");
                } else {
                    assertMentions(message, ADVICE);
                }
            }
        }
    }
}
