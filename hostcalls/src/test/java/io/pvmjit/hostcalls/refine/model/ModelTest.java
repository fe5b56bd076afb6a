package io.pvmjit.hostcalls.refine.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.PageAccess;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random sequences of host calls have the results, gas, RAM and counts that the model gives. System properties:
 * {@code pvmjit.model.seed}, {@code pvmjit.model.sequences}, and {@code pvmjit.model.first} to begin with another
 * number.
 */
class ModelTest {
    private static final long SEED = Long.getLong("pvmjit.model.seed", 20_260_603);
    private static final int FIRST = Integer.getInteger("pvmjit.model.first", 0);
    private static final int COUNT = Integer.getInteger("pvmjit.model.sequences", 12_000);
    private static final Sequences SEQUENCES = new Sequences(SEED);

    @Test
    void agrees(TestReporter reporter) throws Exception {
        reporter.publishEntry("seed", Long.toString(SEED));
        var failure = SEQUENCES.run(FIRST, number -> number < FIRST + COUNT, new AtomicLong());
        assertNull(failure, failure);
    }

    /** Sequences reach every function and result, and every limit: otherwise their agreement says little. */
    @Test
    void reachesEveryRow() {
        var reached = new TreeMap<String, Integer>();
        for (int number = 0; number < 3000; number++) {
            var state = new Tables(Sequences.revision(number));
            for (var step : SEQUENCES.of(number)) {
                var end = Sequence.model(step, state);
                if (step instanceof Step.Call call) {
                    var name = state.name(call.number());
                    long result = state.registers[7];
                    var row = end != Tables.End.CONTINUE ? end.toString()
                            : result < 0 && result >= -9 ? Long.toString(result)
                            : name.equals("invoke") ? "exit " + result : "done";
                    reached.merge(name + " " + row + (aboutHeldHandles(name, call, state) ? ", held" : ""), 1,
                            Integer::sum);
                }
            }
        }
        for (var row : List.of("compile done, held", "compile -5, held", "machine -4, held", "expunge -4, held",
                "gas done", "grow_heap done", "fetch done", "fetch -1", "fetch PANIC",
                "historical_lookup done", "historical_lookup -1", "historical_lookup PANIC", "export done",
                "export -5", "export PANIC", "compile done", "compile -9", "compile -5", "compile -1", "compile PANIC",
                "machine done", "machine -5", "machine -4", "machine -9", "machine PANIC", "peek done", "peek -4",
                "peek -3", "peek PANIC", "poke done", "poke -4", "poke -3", "poke PANIC", "pages done", "pages -4",
                "pages -9", "invoke exit 0", "invoke exit 1", "invoke exit 2", "invoke exit 3", "invoke exit 4",
                "invoke -4", "invoke PANIC", "expunge done", "expunge -4", "expunge -9", "unknown -2")) {
            assertTrue(reached.getOrDefault(row, 0) >= 10, () -> row + " in " + reached);
        }
        for (var name : List.of("gas", "grow_heap", "fetch", "historical_lookup", "export", "compile", "machine",
                "peek", "poke", "pages", "invoke", "expunge", "unknown")) {
            assertTrue(reached.getOrDefault(name + " OUT_OF_GAS", 0) >= 10, () -> name + " without gas in " + reached);
        }
    }

    /** Whether handles that only machines hold bear on the result: all of them, or the one that is named. */
    private static boolean aboutHeldHandles(String name, Step.Call call, Tables state) {
        if (!state.handled) {
            return false;
        }
        var held = state.handlesInUse();
        held.removeAll(state.modules.keySet());
        return switch (name) {
            case "compile" -> !held.isEmpty();
            case "machine" -> held.contains(call.arguments()[0]);
            case "expunge" -> call.arguments()[0] == 1 && held.contains(call.arguments()[1]);
            default -> false;
        };
    }

    /** Mistakes that host calls could make. */
    private enum Mistake {
        GAS(call -> call.gas(call.gas() ^ 1)),
        REGISTER(call -> call.register(12, call.register(12) + 1)),
        OCTET(call -> call.memory().write(0x21FFF, new byte[] {77})),
        ACCESS(call -> call.memory().protect(34, 1, PageAccess.READ, false));

        private final Consumer<HostContext> effect;

        Mistake(Consumer<HostContext> effect) {
            this.effect = effect;
        }

        /** What makes the mistake after every poke, that is, in revision next, call 12. */
        UnaryOperator<HostCallTable> change() {
            return table -> table.wrap(call -> context -> {
                var outcome = call.handle(context);
                if (call == table.get(12)) {
                    effect.accept(context);
                }
                return outcome;
            });
        }
    }

    /** A mistake is found, and what remains of the sequence is the one call that makes it. */
    @ParameterizedTest
    @EnumSource
    void findsAndShrinks(Mistake mistake) {
        int number = 10;
        while (SEQUENCES.of(number).stream().noneMatch(step -> step instanceof Step.Call call && call.number() == 12)) {
            number++;
        }
        var steps = SEQUENCES.of(number);
        try (var engine = Sequences.Setting.JIT.engine(Sequences.revision(number))) {
            Predicate<List<Step>> fails = some -> Sequence.difference(engine, some, true, mistake.change()) != null;
            assertTrue(fails.test(steps));
            var shrunk = Sequence.shrunk(steps, fails);
            assertEquals(1, shrunk.size(), () -> Sequence.text(shrunk));
            assertTrue(shrunk.getFirst() instanceof Step.Call call && call.number() == 12, () -> Sequence.text(shrunk));
        }
    }
}
