package io.pvmjit.hostcalls.refine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.Revision;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCall.Outcome;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Outer programs that call the host with garbage, with handles from nowhere, twice, too late, and pointers to
 * everywhere: what comes of it is the same on the JIT and on the interpreter, and nothing but what the tables name. The
 * system property {@code pvmjit.hostile.seeds} tells how many there are of each revision.
 */
class HostileTest {
    private static final int SEEDS = Integer.getInteger("pvmjit.hostile.seeds", 1500);
    private static final long GAS = 1_000_000;
    private static final int EXPORT_OFFSET = 3060;
    private static final long OK = 0;
    private static final long NONE = -1;
    private static final long WHAT = -2;
    private static final long OOB = -3;
    private static final long WHO = -4;
    private static final long FULL = -5;
    private static final long HUH = -9;

    private static InMemoryEnvironment environment() {
        var items = new HashMap<InMemoryEnvironment.Item, byte[]>();
        for (int selector = 0; selector < 16; selector += 3) {
            items.put(new InMemoryEnvironment.Item(selector, 0, 0), "an item".getBytes(StandardCharsets.US_ASCII));
        }
        var preimages = Map.of(InMemoryEnvironment.Key.of(Refinements.SERVICE, Refinements.hash(1)), Refinements.CALL);
        return new InMemoryEnvironment(Refinements.SERVICE, preimages, items, EXPORT_OFFSET);
    }

    private static boolean below(long value, long bound) {
        return value >= 0 && value < bound;
    }

    private static boolean oneOf(long value, long... values) {
        for (long each : values) {
            if (value == each) {
                return true;
            }
        }
        return false;
    }

    /** Whether a call may answer so. */
    private static boolean specified(boolean handled, long number, long result) {
        // In revision 0.8.0 there is no call 9 of revision next, and what follows it stands one lower.
        long call = handled || number < 9 ? number : number + 1;
        return switch ((int) call) {
            case 0 -> below(result, GAS);
            case 1 -> below(result, 1 << 20);
            case 2 -> result == NONE || result == "an item".length();
            case 7 -> result == NONE || result == Refinements.CALL.length;
            case 8 -> result == FULL || below(result - EXPORT_OFFSET, 3072 - EXPORT_OFFSET);
            case 9 -> below(result, 128) || oneOf(result, FULL, NONE, HUH);
            case 10 -> below(result, 63) || oneOf(result, FULL, HUH) || handled && result == WHO;
            case 11, 12 -> oneOf(result, OK, WHO, OOB);
            case 13 -> oneOf(result, OK, WHO, HUH);
            case 14 -> below(result, 5) || result == WHO;
            case 15 -> below(result, 10) || result == WHO || handled && result == HUH;
            default -> result == WHAT;
        };
    }

    /** What a program did, call by call. */
    private static final class Trace {
        private final boolean handled;
        private final List<String> calls = new ArrayList<>();
        private final Map<String, Integer> results = new TreeMap<>();

        Trace(boolean handled) {
            this.handled = handled;
        }

        HostCallTable around(HostCallTable table) {
            return table.wrap(call -> context -> traced(call, context));
        }

        private Outcome traced(HostCall call, HostContext context) {
            long number = context.number();
            var before = context.instance().registers();
            long gas = context.gas();
            var outcome = call.handle(context);
            var after = context.instance().registers();
            var text = number + " " + hex(before) + " " + gas + " -> " + outcome + " " + hex(after) + " "
                    + context.gas();
            assertTrue(context.gas() <= gas - (outcome == Outcome.CONTINUE ? 48 : 0), text);
            boolean invoke = number == (handled ? 14 : 13);
            for (int i = 0; i < Instance.REGISTER_COUNT; i++) {
                boolean mayChange = i == 7 || i == 8 && invoke && oneOf(after[7], 2, 3);
                assertTrue(after[i] == before[i] || mayChange, text);
            }
            assertTrue(outcome != Outcome.CONTINUE || specified(handled, number, after[7]), text);
            calls.add(text);
            var row = number + ": " + (after[7] < 0 ? after[7] : "done");
            results.merge(outcome == Outcome.CONTINUE ? row : outcome.toString(), 1, Integer::sum);
            return outcome;
        }

        private static String hex(long[] values) {
            var text = new StringBuilder();
            for (int i = 7; i < values.length; i++) {
                text.append(Long.toHexString(values[i])).append(i + 1 < values.length ? "," : "");
            }
            return text.toString();
        }
    }

    private static Trace run(Engine engine, int seed) {
        boolean handled = engine.revision() == Revision.NEXT;
        var code = HostileProgram.serviceCode(new SplittableRandom(seed), handled);
        var trace = new Trace(handled);
        var invocation = new RefineInvocation(engine, HostCalls.of(engine.revision()), trace::around);
        var refinement = invocation.run(environment(), code, new byte[] {1, 2, 3}, GAS);
        Refinements.assertNothingLeft(engine);
        trace.calls.add((refinement.result() instanceof WorkResult.Output(byte[] octets) ? HexFormat.of()
                .formatHex(octets)
                : refinement.result().toString()) + " " + refinement.gasUsed() + " "
                + refinement.exports().stream().map(HexFormat.of()::formatHex).toList());
        assertTrue(Long.compareUnsigned(refinement.gasUsed(), GAS) <= 0);
        return trace;
    }

    @ParameterizedTest
    @EnumSource
    void comesToTheSame(Revision revision) {
        var results = new TreeMap<String, Integer>();
        try (var jit = Refinements.engine(Backend.JIT, revision);
                var interpreter = Refinements.engine(Backend.INTERPRETER, revision)) {
            for (int seed = 0; seed < SEEDS; seed++) {
                var compiled = run(jit, seed);
                var interpreted = run(interpreter, seed);
                assertEquals(String.join("\n", interpreted.calls), String.join("\n", compiled.calls), "seed " + seed);
                compiled.results.forEach((result, count) -> results.merge(result, count, Integer::sum));
            }
        }
        assertReached(revision, results);
    }

    /** Programs get far enough for all that to say something. */
    private static void assertReached(Revision revision, Map<String, Integer> results) {
        long shift = revision == Revision.NEXT ? 0 : 1;
        var rows = new ArrayList<>(List.of("0: done", "1: done", "2: done", "2: -1", "7: done", "7: -1", "8: done",
                "8: -5", "3: -2", "6: -2", "16: -2", "20: -2", "PANIC", "OUT_OF_GAS"));
        for (var row : List.of("10: done", "10: -9", "11: done", "11: -3", "11: -4", "12: done", "12: -3", "12: -4",
                "13: done", "13: -4", "13: -9", "14: done", "14: -4", "15: done", "15: -4")) {
            rows.add(Long.parseLong(row.substring(0, 2)) - shift + row.substring(2));
        }
        if (revision == Revision.NEXT) {
            rows.addAll(List.of("9: done", "9: -1", "9: -9", "10: -4", "15: -9"));
        } else {
            rows.add("15: -2");
        }
        for (var row : rows) {
            assertTrue(results.getOrDefault(row, 0) >= 5, () -> row + " in " + results);
        }
    }
}
