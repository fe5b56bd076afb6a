package io.pvmjit.hostcalls.trace;

import io.pvmjit.hostcalls.trace.Trace.State;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Compares two traces record by record, whoever wrote them: by what the records say, not by how they are written.
 */
public final class TraceDiff {
    /**
     * A record as text.
     *
     * @param text in the one form that this library writes
     * @param pc where the run stands then; empty in front of its start
     */
    public record Line(String text, OptionalLong pc) {}

    private final List<Line> first;
    private final List<Line> second;
    private final int position;

    private TraceDiff(List<Line> first, List<Line> second) {
        this.first = first;
        this.second = second;
        int same = 0;
        while (same < Math.min(first.size(), second.size()) && first.get(same).text.equals(second.get(same).text)) {
            same++;
        }
        this.position = same;
    }

    /** Compares two traces. */
    public static TraceDiff of(Trace first, Trace second) {
        return new TraceDiff(lines(first), lines(second));
    }

    /** Compares all of two traces but gas, for those of different rules. */
    public static TraceDiff withoutGas(Trace first, Trace second) {
        return new TraceDiff(gasless(first), gasless(second));
    }

    private static List<Line> gasless(Trace trace) {
        return lines(trace).stream().filter(line -> !line.text.startsWith("setgas "))
                .map(line -> new Line(line.text.replaceFirst(" gas=\\d+", ""), line.pc)).toList();
    }

    /** The records of a trace in the one form that this library writes, comments left out. */
    public static List<Line> lines(Trace trace) {
        var lines = new ArrayList<Line>();
        add(lines, OptionalLong.empty(), writer -> {
            writer.program(trace.program());
            trace.initialWrites().forEach(writer::written);
        });
        addState(lines, trace.start(), writer -> writer.start(trace.start()));
        for (var call : trace.calls()) {
            addState(lines, call.state(), writer -> writer.call(call));
        }
        trace.end().ifPresent(end -> addState(lines, end.state(), writer -> writer.end(end)));
        return lines;
    }

    private interface Records {
        void write(TraceWriter writer);
    }

    private static void addState(List<Line> lines, State state, Records records) {
        add(lines, OptionalLong.of(state.pc()), records);
    }

    private static void add(List<Line> lines, OptionalLong pc, Records records) {
        var octets = new ByteArrayOutputStream();
        try (var writer = new TraceWriter(octets)) {
            records.write(writer);
        }
        octets.toString(StandardCharsets.US_ASCII).lines().forEach(text -> lines.add(new Line(text, pc)));
    }

    /** How many records come before the first difference, as {@link #lines} counts them; empty when there is none. */
    public OptionalInt position() {
        boolean equal = position == first.size() && position == second.size();
        return equal ? OptionalInt.empty() : OptionalInt.of(position);
    }

    /** The records of the first trace. */
    public List<Line> first() {
        return first;
    }

    /** The records of the second trace. */
    public List<Line> second() {
        return second;
    }

    /** The words in which two records differ, such as {@code gas=12}: of the first where it has some, else of the second. */
    public static List<String> words(String one, String other) {
        var others = List.of(other.split(" "));
        var own = List.of(one.split(" "));
        var differing = own.stream().filter(word -> !others.contains(word)).toList();
        return differing.isEmpty() ? others.stream().filter(word -> !own.contains(word)).toList() : differing;
    }
}
