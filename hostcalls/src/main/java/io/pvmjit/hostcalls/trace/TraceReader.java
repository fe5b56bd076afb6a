package io.pvmjit.hostcalls.trace;

import io.pvmjit.Instance;
import io.pvmjit.hostcalls.trace.Trace.Call;
import io.pvmjit.hostcalls.trace.Trace.End;
import io.pvmjit.hostcalls.trace.Trace.Ending;
import io.pvmjit.hostcalls.trace.Trace.Octets;
import io.pvmjit.hostcalls.trace.Trace.State;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a trace from text: records, wherever in a line they begin, among lines that are none. */
public final class TraceReader {
    /** Characters of a number, its sign and zeros in front included. */
    private static final int LONGEST_NUMBER = 24;

    private static final String STATE = "pc=(?<pc>\\S+) gas=(?<gas>\\S+)(?<registers>( r\\d+=\\S+){0,13})(\\s.*)?";
    private static final Pattern RECORD = Pattern.compile("(?<![0-9A-Za-z_])(program 0x|memwrite 0x|memread 0x|start pc=|"
            + "ecalli=[0-9-]|setreg r\\d|setgas <-|HALT pc=|OOG pc=|PANIC=|comment )");
    private static final Pattern PROGRAM = Pattern.compile("program 0x(?<octets>[0-9a-fA-F]*)(\\s.*)?");
    private static final Pattern PIECE = Pattern.compile(
            "mem(?:write|read) (?<address>0x[0-9a-fA-F]+) len=(?<length>\\S+) (?:<-|->) 0x(?<octets>[0-9a-fA-F]*)(\\s.*)?");
    private static final Pattern START = Pattern.compile("start " + STATE);
    private static final Pattern CALL = Pattern.compile("ecalli=(?<number>\\S+) " + STATE);
    private static final Pattern REGISTER = Pattern.compile("setreg r(?<index>\\d+) <- (?<value>\\S+)(\\s.*)?");
    private static final Pattern GAS = Pattern.compile("setgas <- (?<gas>\\S+)(\\s.*)?");
    private static final Pattern END = Pattern.compile("(?<ending>HALT|OOG|PANIC)(=(?<argument>\\S+))? " + STATE);
    private static final Pattern REVISION = Pattern.compile("comment revision (?<label>\\S+).*");
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final Pattern DUMPED = Pattern.compile(" r(\\d+)=(\\S+)");

    private int line;
    private byte[] program;
    private final List<Octets> initialWrites = new ArrayList<>();
    private State start;
    private final List<Call> calls = new ArrayList<>();
    private Open open;
    private End end;
    private String revision;

    /** A call whose effects are being read. */
    private static final class Open {
        private final long number;
        private final State state;
        private final int line;
        private final List<Octets> reads = new ArrayList<>();
        private final List<Octets> writes = new ArrayList<>();
        private final TreeMap<Integer, Long> registers = new TreeMap<>();
        private OptionalLong gas = OptionalLong.empty();

        Open(long number, State state, int line) {
            this.number = number;
            this.state = state;
            this.line = line;
        }

        Call close() {
            return new Call(number, state, reads, writes, registers, gas, line);
        }
    }

    private TraceReader() {}

    /**
     * The trace in a text. It may break off; what comes behind its end is not looked at.
     *
     * @throws MalformedTraceException when it does not begin with a program and a start, or a record has a mistake
     */
    public static Trace read(String text) {
        var reader = new TraceReader();
        text.lines().takeWhile(_ -> reader.end == null).forEach(reader::line);
        return reader.trace();
    }

    private Trace trace() {
        if (program == null) {
            throw new MalformedTraceException(0, "the record 'program' is missing");
        }
        if (start == null) {
            throw new MalformedTraceException(0, "the record 'start' is missing");
        }
        closeCall();
        return new Trace(program, initialWrites, start, calls, Optional.ofNullable(end), Optional.ofNullable(revision));
    }

    private void line(String written) {
        line++;
        // Whoever wrote it: fields are apart by any blanks.
        var text = BLANKS.matcher(written).replaceAll(" ");
        var found = RECORD.matcher(text);
        if (found.find()) {
            record(text.substring(found.start()), found.group());
        }
    }

    private void record(String record, String beginning) {
        switch (beginning) {
            case "program 0x" -> program = octets(match(PROGRAM, record).group("octets"));
            case "start pc=" -> start = state(match(START, record));
            case "comment " -> {
                var matcher = REVISION.matcher(record);
                if (matcher.matches()) {
                    revision = matcher.group("label");
                }
            }
            case "memwrite 0x" -> (open == null && start == null ? initialWrites : call(record).writes)
                    .add(piece(match(PIECE, record)));
            case "memread 0x" -> call(record).reads.add(piece(match(PIECE, record)));
            case "setgas <-" -> call(record).gas = OptionalLong.of(number(match(GAS, record).group("gas")));
            case "HALT pc=", "OOG pc=", "PANIC=" -> end(match(END, record));
            default -> {
                if (beginning.startsWith("setreg")) {
                    var matcher = match(REGISTER, record);
                    call(record).registers.put(index(matcher.group("index")), number(matcher.group("value")));
                } else {
                    openCall(match(CALL, record));
                }
            }
        }
    }

    private Open call(String record) {
        if (open == null) {
            throw new MalformedTraceException(line, "'" + shown(record) + "' belongs to no ecalli");
        }
        return open;
    }

    private void openCall(Matcher matcher) {
        requireStart();
        closeCall();
        long number = (int) number(matcher.group("number"));
        open = new Open(number, state(matcher), line);
    }

    private void closeCall() {
        if (open != null) {
            calls.add(open.close());
            open = null;
        }
    }

    private void end(Matcher matcher) {
        requireStart();
        closeCall();
        var ending = Ending.valueOf(matcher.group("ending"));
        var argument = matcher.group("argument");
        end = new End(ending, argument == null ? 0 : number(argument), state(matcher), line);
    }

    private void requireStart() {
        if (start == null) {
            throw new MalformedTraceException(line, "there is no record 'start' before it");
        }
    }

    private Matcher match(Pattern pattern, String record) {
        var matcher = pattern.matcher(record);
        if (!matcher.matches()) {
            throw new MalformedTraceException(line, "'" + shown(record) + "' has not the form of its record");
        }
        return matcher;
    }

    private State state(Matcher matcher) {
        var registers = new long[Instance.REGISTER_COUNT];
        var dumped = DUMPED.matcher(matcher.group("registers"));
        while (dumped.find()) {
            registers[index(dumped.group(1))] = number(dumped.group(2));
        }
        return new State(number(matcher.group("pc")), number(matcher.group("gas")), registers);
    }

    private Octets piece(Matcher matcher) {
        long address = number(matcher.group("address"));
        var octets = octets(matcher.group("octets"));
        if (number(matcher.group("length")) != octets.length) {
            throw new MalformedTraceException(line, octets.length + " octets, but len=" + matcher.group("length"));
        }
        if (address < 0 || address + octets.length > 1L << 32) {
            throw new MalformedTraceException(line, "the octets reach beyond 2^32");
        }
        return new Octets(address, octets);
    }

    private byte[] octets(String digits) {
        if (digits.length() % 2 != 0) {
            throw new MalformedTraceException(line, "an odd number of hexadecimal digits (" + digits.length() + ")");
        }
        return HexFormat.of().parseHex(digits);
    }

    private int index(String text) {
        long index = number(text);
        if (index < 0 || index >= Instance.REGISTER_COUNT) {
            throw new MalformedTraceException(line, "there is no register r" + shown(text));
        }
        return (int) index;
    }

    private long number(String text) {
        try {
            var number = text.substring(0, Math.min(text.length(), LONGEST_NUMBER + 1));
            var value = text.startsWith("0x") ? new BigInteger(number.substring(2), 16) : new BigInteger(number);
            boolean fits = value.bitLength() <= Long.SIZE && (value.signum() >= 0 || value.bitLength() < Long.SIZE);
            if (fits && text.length() <= LONGEST_NUMBER) {
                return value.longValue();
            }
        } catch (NumberFormatException _) {
            // What it is, is said below.
        }
        throw new MalformedTraceException(line, "'" + shown(text) + "' is not a number of 64 bits");
    }

    private static String shown(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }
}
