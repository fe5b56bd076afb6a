package io.pvmjit.hostcalls.trace;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;

/**
 * A recorded run: the program, how it started, every host call with all that the host did, and how it ended. Gas and
 * registers are unsigned 64-bit values. Nothing is copied, and arrays must not be changed.
 *
 * @param program the blob that ran, with its metadata
 * @param initialWrites what was written to RAM after its standard initialisation: the arguments
 * @param start before the first instruction
 * @param end empty when the record breaks off
 * @param revision the rules that the record says it follows; few records do
 */
public record Trace(
        byte[] program,
        List<Octets> initialWrites,
        State start,
        List<Call> calls,
        Optional<End> end,
        Optional<String> revision) {
    /** Checks that it is complete. */
    public Trace {
        Objects.requireNonNull(program, "program");
        Objects.requireNonNull(start, "start");
        initialWrites = List.copyOf(initialWrites);
        calls = List.copyOf(calls);
    }

    /**
     * What a machine is like when it stops.
     *
     * @param pc of the instruction where it stands
     * @param registers 13 of them
     */
    public record State(long pc, long gas, long[] registers) {}

    /** Octets in RAM: read from there or written to it. */
    public record Octets(long address, byte[] octets) {}

    /**
     * A host call.
     *
     * @param number sign-extended to 64 bits
     * @param state at the {@code ecalli}, before the call costs anything
     * @param reads what the host read of RAM as it was before the call
     * @param writes what the host wrote
     * @param registers what the host set registers to, by number
     * @param gas what is left when the guest goes on; empty when nothing is said, or the host ended the run
     * @param line where it begins in the text, from 1; 0 when it comes from none
     */
    public record Call(
            long number,
            State state,
            List<Octets> reads,
            List<Octets> writes,
            SortedMap<Integer, Long> registers,
            OptionalLong gas,
            int line) {}

    /** How runs end. A page fault is a panic. */
    public enum Ending {
        /** It halted. */
        HALT,
        /** It panicked, or a page faulted. */
        PANIC,
        /** It ran out of gas. */
        OOG
    }

    /**
     * The end of a run.
     *
     * @param argument of a panic: the address of the page that faulted, 0 for others
     * @param line in the text, from 1; 0 when it comes from none
     */
    public record End(Ending ending, long argument, State state, int line) {}

    /** Whether the host ended the run in the last call, instead of letting the guest go on. */
    public boolean endsInCall() {
        return !calls.isEmpty() && end.isPresent() && calls.getLast().gas().isEmpty()
                && calls.getLast().state().pc() == end.get().state().pc();
    }
}
