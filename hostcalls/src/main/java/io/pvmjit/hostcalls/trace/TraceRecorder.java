package io.pvmjit.hostcalls.trace;

import io.pvmjit.Exit;
import io.pvmjit.HostObserver;
import io.pvmjit.HostWatch;
import io.pvmjit.Instance;
import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.InvocationObserver;
import io.pvmjit.hostcalls.trace.Trace.End;
import io.pvmjit.hostcalls.trace.Trace.Ending;
import io.pvmjit.hostcalls.trace.Trace.Octets;
import io.pvmjit.hostcalls.trace.Trace.State;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Writes the trace of one run while it goes on: the guest runs at full speed between its host calls. For one invocation,
 * on its thread.
 *
 * <p>Of what a host writes in a call, RAM is recorded as the call leaves it, and of what it reads, RAM as the call found it:
 * what it reads back of its own writes is left out.
 */
public final class TraceRecorder implements InvocationObserver, AutoCloseable {
    private static final Comparator<Octets> BY_ADDRESS = Comparator.comparingLong(Octets::address)
            .thenComparing(Octets::octets, Arrays::compareUnsigned);
    /** What is written is taken from RAM in pieces of this length. */
    private static final int PIECE = 1 << 24;

    private final TraceWriter writer;
    private final byte[] program;
    private State start;
    private Instance instance;
    private HostWatch watch;
    /** A call that is under way, or was interrupted and will be made again; null between calls. */
    private Pending pending;

    /**
     * @param writer where to write; stays open
     * @param program the blob that runs, with its metadata: service code
     */
    public TraceRecorder(TraceWriter writer, byte[] program) {
        this.writer = writer;
        this.program = program;
    }

    @Override
    public HostCallTable begin(ArgumentInvocation invocation, StandardProgram standard, Instance running) {
        var initial = new State(invocation.entryPc(), invocation.gas(), standard.registers(invocation.arguments()));
        return begin(initial, invocation.arguments(), running, invocation.calls());
    }

    /**
     * Begins the record of a bare program.
     *
     * @param initial how it starts
     * @param calls what serves its host calls
     * @return the same, recorded
     */
    public HostCallTable begin(State initial, Instance running, HostCallTable calls) {
        return begin(initial, new byte[0], running, calls);
    }

    private HostCallTable begin(State initial, byte[] arguments, Instance running, HostCallTable calls) {
        if (instance != null) {
            throw new IllegalStateException("a recorder is for one run");
        }
        instance = running;
        start = initial;
        running.module().engine().rules().revision()
                .ifPresent(revision -> writer.comment("revision " + revision.label()));
        writer.program(program);
        if (arguments.length != 0) {
            writer.written(new Octets(StandardProgram.ARGUMENT_ADDRESS, arguments));
        }
        writer.start(initial);
        watch = HostWatch.of(running, new HostObserver() {
            @Override
            public void read(long address, byte[] octets) {
                if (pending != null) {
                    pending.read(address, octets);
                }
            }

            @Override
            public void wrote(long address, long length) {
                if (pending != null) {
                    pending.wrote(address, length);
                }
            }

            @Override
            public void setRegister(int index, long value) {
                if (pending != null) {
                    pending.registers.put(index, value);
                }
            }
        });
        return calls.wrap(handler -> context -> record(handler, context));
    }

    private HostCall.Outcome record(HostCall handler, HostContext context) {
        long pc = instance.exitPc();
        if (pending == null || pending.state.pc() != pc) {
            pending = new Pending(context.number(), new State(pc, instance.gas(), instance.registers()));
        } else {
            pending.again = true;
        }
        var outcome = handler.handle(context);
        if (outcome == HostCall.Outcome.INTERRUPTED) {
            return outcome;
        }
        var call = pending;
        pending = null;
        boolean goesOn = outcome == HostCall.Outcome.CONTINUE;
        writer.call(new Trace.Call(call.number, call.state, sorted(call.reads), sorted(call.written(instance)),
                call.registers, goesOn ? OptionalLong.of(instance.gas()) : OptionalLong.empty(), 0));
        return outcome;
    }

    private static List<Octets> sorted(List<Octets> pieces) {
        pieces.sort(BY_ADDRESS);
        return pieces;
    }

    @Override
    public void end(Instance stopped, Exit exit) {
        // A start beyond any program makes no exit in the machine.
        long pc = start.pc() >>> 32 != 0 ? start.pc() : stopped.exitPc();
        var state = new State(pc, stopped.gas(), stopped.registers());
        switch (exit) {
            case Exit.Halt() -> writer.end(new End(Ending.HALT, 0, state, 0));
            case Exit.Panic() -> writer.end(new End(Ending.PANIC, 0, state, 0));
            case Exit.PageFault(long page) -> writer.end(new End(Ending.PANIC, page, state, 0));
            case Exit.OutOfGas() -> writer.end(new End(Ending.OOG, 0, state, 0));
            case Exit.Interrupted() -> writer.comment("interrupted at pc " + stopped.pc());
            case Exit.HostCall(long number) -> throw new AssertionError("host call " + number + " was not served");
        }
        close();
    }

    /** Ends the record where it is; does nothing when it has ended. */
    @Override
    public void close() {
        if (watch != null) {
            watch.close();
            watch = null;
        }
    }

    /** What has been seen of a call. */
    private static final class Pending {
        /** Octets from an address on. */
        private record Range(long address, long length) {
            boolean overlaps(long from, long octets) {
                return from < address + length && address < from + octets;
            }
        }

        private final long number;
        private final State state;
        private final List<Octets> reads = new ArrayList<>();
        private final List<Range> writes = new ArrayList<>();
        private final TreeMap<Integer, Long> registers = new TreeMap<>();
        /** It is made again after an interrupt: what it reads now it has read before. */
        private boolean again;

        Pending(long number, State state) {
            this.number = number;
            this.state = state;
        }

        void read(long address, byte[] octets) {
            if (!again && writes.stream().noneMatch(range -> range.overlaps(address, octets.length))) {
                reads.add(new Octets(address, octets));
            }
        }

        /** Ranges that overlap become one. */
        void wrote(long address, long length) {
            long from = address;
            long to = address + length;
            for (var ranges = writes.iterator(); ranges.hasNext();) {
                var range = ranges.next();
                if (range.overlaps(address, length)) {
                    from = Math.min(from, range.address);
                    to = Math.max(to, range.address + range.length);
                    ranges.remove();
                }
            }
            writes.add(new Range(from, to - from));
        }

        List<Octets> written(Instance instance) {
            var pieces = new ArrayList<Octets>();
            for (var range : writes) {
                for (long at = 0; at < range.length; at += PIECE) {
                    var octets = new byte[(int) Math.min(PIECE, range.length - at)];
                    if (instance.memory().read(range.address + at, octets)) {
                        pieces.add(new Octets(range.address + at, octets));
                    }
                }
            }
            return pieces;
        }
    }
}
