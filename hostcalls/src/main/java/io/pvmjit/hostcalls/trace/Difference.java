package io.pvmjit.hostcalls.trace;

import java.util.Optional;

/**
 * Where a run first differs from its record.
 *
 * @param record which one: 0 is the start, from 1 on the calls, and behind them the end
 * @param name of the record, such as {@code ecalli=2}
 * @param line where it begins in the text of the trace, from 1; 0 when it comes from none
 * @param pc where the run stands
 * @param what differs: a register, {@code gas}, {@code pc}, {@code RAM at 0x20000} or another
 */
public record Difference(int record, String name, int line, long pc, String what, String expected, String found) {
    @Override
    public String toString() {
        return "record " + record + " (" + name + (line == 0 ? "" : ", line " + line) + "), pc " + Long.toUnsignedString(pc)
                + ": " + what + " is " + found + ", expected " + expected;
    }

    /** The number of a register, when one differs. */
    public Optional<Integer> register() {
        return what.matches("r\\d\\d") ? Optional.of(Integer.parseInt(what.substring(1))) : Optional.empty();
    }
}
