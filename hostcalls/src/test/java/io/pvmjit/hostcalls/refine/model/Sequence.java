package io.pvmjit.hostcalls.refine.model;

import io.pvmjit.Engine;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.refine.model.Step.Gas;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Runs a sequence on the model and on what it is a model of, and makes one that fails shorter. */
final class Sequence {
    /** The most gas that a run of an inner machine finds: some run for as long as it lasts. */
    private static final long GAS_OF_INVOKE = 100_000;
    private static final int SHRINKING_RUNS = 3000;

    private Sequence() {}

    /** Does to the model what a step does. Null for a step that is no call. */
    static Tables.End model(Step step, Tables state) {
        return switch (step) {
            case Step.Write(long address, byte[] octets) -> {
                if (state.ram.writable(address, octets.length)) {
                    state.ram.write(address, octets);
                }
                yield null;
            }
            case Step.Call call -> {
                prepare(call, state);
                yield state.call(call.number());
            }
        };
    }

    /** Sets the arguments and the gas of a call. */
    static void prepare(Step.Call call, Tables state) {
        System.arraycopy(call.arguments(), 0, state.registers, 7, call.arguments().length);
        if (call.gas() == Gas.GIVEN) {
            state.gas = call.given();
        } else if (call.gas() != Gas.KEPT) {
            var cost = state.cost(call.number());
            var gas = call.gas() == Gas.EXACT ? cost : cost.subtract(BigInteger.ONE);
            state.gas = gas.min(Numbers.TWO_64.subtract(BigInteger.ONE)).longValue();
        }
        if (state.name(call.number()).equals("invoke") && Long.compareUnsigned(state.gas, GAS_OF_INVOKE) > 0) {
            state.gas = GAS_OF_INVOKE;
        }
    }

    /** What differs, and at which step; null when nothing does. */
    static String difference(Engine engine, List<Step> steps, boolean counted) {
        return difference(engine, steps, counted, UnaryOperator.identity());
    }

    /** @param change what is put around the host calls under test: the model must notice a mistake of it */
    static String difference(Engine engine, List<Step> steps, boolean counted, UnaryOperator<HostCallTable> change) {
        var before = engine.statistics();
        int at = 0;
        try (var subject = new Subject(engine, counted, change)) {
            for (; at < steps.size(); at++) {
                var difference = subject.differenceAfter(steps.get(at));
                if (difference != null) {
                    return "step " + at + ": " + difference;
                }
            }
            var difference = subject.differenceAtEnd();
            if (difference != null) {
                return "at the end: " + difference;
            }
        } catch (RuntimeException | AssertionError e) {
            return "step " + at + ": " + e + " at " + Arrays.stream(e.getStackTrace()).limit(6).toList();
        }
        var after = engine.statistics();
        if (counted && (after.modulesAlive() != before.modulesAlive()
                || after.instancesAlive() != before.instancesAlive()
                || after.codeBytesUsed() != before.codeBytesUsed())) {
            return "after the end: " + after + " is left, and was " + before;
        }
        return null;
    }

    /** Leaves out steps, then sets arguments to 0, for as long as the sequence fails. */
    static List<Step> shrunk(List<Step> failing, Predicate<List<Step>> fails) {
        var steps = failing;
        int runs = 0;
        for (int chunk = Math.max(1, steps.size() / 2); chunk > 0; chunk /= 2) {
            for (int from = steps.size() - chunk; from >= 0 && runs < SHRINKING_RUNS; from -= chunk) {
                var fewer = new ArrayList<>(steps);
                fewer.subList(from, Math.min(from + chunk, fewer.size())).clear();
                runs++;
                if (fails.test(fewer)) {
                    steps = fewer;
                }
            }
        }
        for (int i = 0; i < steps.size(); i++) {
            for (int k = 0; steps.get(i) instanceof Step.Call call && k < call.arguments().length; k++) {
                var arguments = call.arguments().clone();
                arguments[k] = 0;
                var simpler = new ArrayList<>(steps);
                simpler.set(i, new Step.Call(call.number(), arguments, call.gas(), call.given()));
                if (runs++ < SHRINKING_RUNS && fails.test(simpler)) {
                    steps = simpler;
                }
            }
        }
        return steps;
    }

    /** The steps, one a line. */
    static String text(List<Step> steps) {
        var text = new StringBuilder();
        for (int i = 0; i < steps.size(); i++) {
            text.append("  ").append(i).append(": ").append(steps.get(i)).append('\n');
        }
        return text.toString();
    }
}
