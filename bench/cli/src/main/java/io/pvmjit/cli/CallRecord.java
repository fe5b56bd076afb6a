package io.pvmjit.cli;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.HostCallNumbers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A record of the host calls of a run: put around the handlers that serve them. */
final class CallRecord {
    /** First and last register of arguments. */
    private static final int FIRST_ARGUMENT = 7;
    private static final int LAST_ARGUMENT = 12;

    /**
     * A call as it went.
     *
     * @param arguments registers 7 to 12
     * @param result register 7 afterwards, or how the run ended
     * @param value register 8 afterwards
     */
    record Call(
            String name, long pc, long[] arguments, long gasBefore, long gasAfter, String result, long value,
            long nanoseconds) {}

    /** Calls of one name, summed up. */
    static final class Summary {
        private final String name;
        private final Map<String, Integer> results = new TreeMap<>();
        private int count;
        private long nanoseconds;

        Summary(String name) {
            this.name = name;
        }

        String name() {
            return name;
        }

        int count() {
            return count;
        }

        double meanMicroseconds() {
            return nanoseconds / 1e3 / count;
        }

        /** The results that have names, and how often each came. */
        String outcomes() {
            var text = new ArrayList<String>();
            results.forEach((result, times) -> text.add(times + " " + result));
            return String.join(", ", text);
        }
    }

    private final Map<Long, String> names;
    private final List<Call> calls = new ArrayList<>();

    CallRecord(HostCallNumbers numbers) {
        this.names = numbers.names();
    }

    /** The table with this record around every handler. */
    HostCallTable around(HostCallTable table) {
        return table.wrap(handler -> context -> record(handler, context));
    }

    private HostCall.Outcome record(HostCall handler, HostContext context) {
        var name = names.getOrDefault(context.number(), "call " + context.number());
        long pc = context.instance().exitPc();
        var arguments = new long[LAST_ARGUMENT - FIRST_ARGUMENT + 1];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = context.register(FIRST_ARGUMENT + i);
        }
        long gas = context.gas();
        long begin = System.nanoTime();
        var outcome = handler.handle(context);
        long elapsed = System.nanoTime() - begin;
        var result = outcome == HostCall.Outcome.CONTINUE
                ? result(name, context.register(FIRST_ARGUMENT))
                : outcome.name().toLowerCase(Locale.ROOT).replace('_', '-');
        calls.add(new Call(name, pc, arguments, gas, context.gas(), result, context.register(FIRST_ARGUMENT + 1), elapsed));
        return outcome;
    }

    private static String result(String name, long value) {
        if (name.equals("invoke") && value >= 0 && value < INNER_EXITS.size()) {
            return INNER_EXITS.get((int) value);
        }
        return HostResults.name(value).orElse(Long.toUnsignedString(value));
    }

    private static final List<String> INNER_EXITS = List.of("HALT", "PANIC", "FAULT", "HOST", "OOG");

    List<Call> calls() {
        return calls;
    }

    /** Sums by name, in the order of first appearance. */
    Collection<Summary> summaries() {
        var summaries = new LinkedHashMap<String, Summary>();
        for (var call : calls) {
            var summary = summaries.computeIfAbsent(call.name(), Summary::new);
            summary.count++;
            summary.nanoseconds += call.nanoseconds();
            // Numbers (handles, lengths) are all different: only names are worth counting.
            boolean number = Character.isDigit(call.result().charAt(0));
            summary.results.merge(number ? "done" : call.result(), 1, Integer::sum);
        }
        return summaries.values();
    }
}
