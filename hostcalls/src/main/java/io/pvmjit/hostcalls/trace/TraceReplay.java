package io.pvmjit.hostcalls.trace;

import io.pvmjit.Engine;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.PageAccess;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.trace.Trace.Call;
import io.pvmjit.hostcalls.trace.Trace.End;
import io.pvmjit.hostcalls.trace.Trace.Ending;
import io.pvmjit.hostcalls.trace.Trace.Octets;
import io.pvmjit.rules.HostFunction;
import io.pvmjit.rules.Rules;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Runs a recorded program again, with what the record says that its host did, and compares every stop.
 *
 * <p>A record does not say that {@code grow_heap} makes pages accessible: that follows from the rules, when the program is a
 * standard one and the call leaves the end of the heap that it was asked for in register 7.
 */
public final class TraceReplay {
    private static final int RESULT = 7;
    private static final int SHOWN_OCTETS = 32;

    /** From record to record, in place of gas that is not compared: more than a whole refinement may have, yet an end. */
    private static final long PLENTY = 10_000_000_000L;

    private final Trace trace;
    private final Instance instance;
    private final boolean gas;
    private final long growHeap;
    /** Null for a bare program. */
    private final Heap heap;
    private long heapEnd;

    private TraceReplay(Trace trace, Instance instance, Heap heap, boolean gas) {
        this.trace = trace;
        this.instance = instance;
        this.gas = gas;
        var rules = Rules.of(instance.module().engine().rules());
        this.growHeap = rules.hostCalls().of(HostFunction.GROW_HEAP).orElse(Long.MIN_VALUE);
        this.heap = heap;
        this.heapEnd = heap == null ? 0 : heap.end();
    }

    /**
     * Replays a trace by the engine's rules.
     *
     * @return the first difference; empty when there is none, as far as the record goes
     * @throws InvalidProgramException when the program is none by these rules
     * @throws MalformedTraceException when its start cannot be
     */
    public static Optional<Difference> run(Engine engine, Trace trace) {
        return run(engine, trace, true);
    }

    /**
     * As {@link #run(Engine, Trace)}, for traces of other rules, too.
     *
     * @param gas whether gas is compared. Else the run has plenty, whatever the record says, and no end for want of gas is
     *     looked for
     */
    public static Optional<Difference> run(Engine engine, Trace trace, boolean gas) {
        var program = TraceProgram.of(trace, engine.rules());
        try (var module = engine.compile(program.blob());
                var instance = module.instantiate(program.image(trace));
                var _ = instance.hold()) {
            var heap = program.standard().map(standard -> Heap.of(engine.rules(), standard)).orElse(null);
            return Optional.ofNullable(new TraceReplay(trace, instance, heap, gas).run());
        }
    }

    private Difference run() {
        var start = trace.start();
        boolean exists = start.pc() >>> 32 == 0;
        instance.registers(start.registers()).gas(gas ? start.gas() : PLENTY);
        if (exists) {
            instance.pc(start.pc());
        }
        for (int i = 0; i < trace.calls().size(); i++) {
            var call = trace.calls().get(i);
            var comparison = new Comparison(i + 1, "ecalli=" + call.number(), call.line());
            var kind = exists ? instance.resume() : ExitKind.PANIC;
            boolean last = i == trace.calls().size() - 1 && trace.endsInCall();
            var difference = comparison.call(kind, call);
            difference = difference != null ? difference : serve(comparison, call, last);
            if (difference != null) {
                return difference;
            }
        }
        if (trace.end().isEmpty() || !gas && trace.end().get().ending() == Ending.OOG) {
            return null;
        }
        var end = trace.end().get();
        var comparison = new Comparison(trace.calls().size() + 1, end.ending().name(), end.line());
        if (trace.endsInCall()) {
            // How it ended and what gas was left then is the host's word.
            return comparison.registers(end.state().registers());
        }
        return comparison.end(exists ? instance.resume() : ExitKind.PANIC, end, exists ? instance.exitPc() : start.pc());
    }

    /** Does what the host did. */
    private Difference serve(Comparison comparison, Call call, boolean ends) {
        for (var piece : call.writes()) {
            if (!instance.memory().write(piece.address(), piece.octets())) {
                return comparison.of("RAM at 0x" + Long.toHexString(piece.address()),
                        "writable (" + piece.octets().length + " octets)", "not writable");
            }
        }
        long wished = instance.register(RESULT);
        call.registers().forEach(instance::register);
        if (gas) {
            call.gas().ifPresent(instance::gas);
        } else {
            instance.gas(PLENTY);
        }
        boolean grows = heap != null && call.number() == growHeap && !ends && instance.register(RESULT) == wished
                && Long.compareUnsigned(wished, heapEnd) > 0 && Long.compareUnsigned(wished, heap.limit()) <= 0;
        if (grows) {
            instance.memory().protect(heapEnd, wished - heapEnd, PageAccess.WRITE, true);
            heapEnd = wished;
        }
        return null;
    }

    /** Compares the instance with one record. Each method answers the first difference, or null. */
    private final class Comparison {
        private final int record;
        private final String name;
        private final int line;

        Comparison(int record, String name, int line) {
            this.record = record;
            this.name = name;
            this.line = line;
        }

        Difference of(String what, String expected, String found) {
            return new Difference(record, name, line, instance.exitPc(), what, expected, found);
        }

        private Difference numbers(String what, long expected, long found) {
            return expected == found ? null : of(what, Long.toUnsignedString(expected), Long.toUnsignedString(found));
        }

        Difference call(ExitKind kind, Call call) {
            if (kind != ExitKind.HOST_CALL || instance.exitArgument() != call.number()) {
                return of("the stop", "ecalli=" + call.number(), describe(kind));
            }
            var difference = state(call.state(), instance.exitPc());
            for (var piece : call.reads()) {
                difference = difference != null ? difference : read(piece);
            }
            return difference;
        }

        Difference end(ExitKind kind, End end, long pc) {
            var found = ending(kind);
            boolean sameFault = end.argument() == 0 || end.argument() == instance.exitArgument();
            if (found != end.ending() || found == Ending.PANIC && !sameFault) {
                var argument = end.argument() == 0 ? "" : "=" + Long.toUnsignedString(end.argument());
                return of("the stop", end.ending() + argument, describe(kind));
            }
            return state(end.state(), pc);
        }

        private Ending ending(ExitKind kind) {
            return switch (kind) {
                case HALT -> Ending.HALT;
                case PANIC, PAGE_FAULT -> Ending.PANIC;
                case OUT_OF_GAS -> Ending.OOG;
                case HOST_CALL, INTERRUPTED -> null;
            };
        }

        private String describe(ExitKind kind) {
            return switch (kind) {
                case HOST_CALL -> "ecalli=" + instance.exitArgument();
                case PAGE_FAULT -> "PANIC=" + instance.exitArgument() + ", a page fault";
                case HALT, PANIC, OUT_OF_GAS -> ending(kind).name();
                case INTERRUPTED -> "an interrupt";
            };
        }

        private Difference state(Trace.State expected, long pc) {
            var difference = numbers("pc", expected.pc(), pc);
            if (difference == null && gas) {
                difference = numbers("gas", expected.gas(), instance.gas());
            }
            return difference != null ? difference : registers(expected.registers());
        }

        Difference registers(long[] expected) {
            for (int i = 0; i < expected.length; i++) {
                long found = instance.register(i);
                if (expected[i] != found) {
                    return of("r%02d".formatted(i), "0x" + Long.toHexString(expected[i]), "0x" + Long.toHexString(found));
                }
            }
            return null;
        }

        private Difference read(Octets piece) {
            var found = new byte[piece.octets().length];
            if (!instance.memory().read(piece.address(), found)) {
                return of("RAM at 0x" + Long.toHexString(piece.address()), "readable", "not readable");
            }
            int at = Arrays.mismatch(piece.octets(), found);
            return at < 0 ? null : of("RAM at 0x" + Long.toHexString(piece.address() + at), shown(piece.octets(), at),
                    shown(found, at));
        }

        private static String shown(byte[] octets, int from) {
            int to = Math.min(octets.length, from + SHOWN_OCTETS);
            return "0x" + HexFormat.of().formatHex(octets, from, to) + (to < octets.length ? "..." : "");
        }
    }
}
