package io.pvmjit.cli;

import io.pvmjit.EngineRules;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.asm.Disassembler;
import io.pvmjit.hostcalls.trace.Trace;
import io.pvmjit.hostcalls.trace.TraceProgram;
import io.pvmjit.program.Program;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Instructions of a guest around a place, for people. */
final class GuestCode {
    private static final int BEFORE = 3;
    private static final int BEHIND = 3;

    private GuestCode() {}

    /** The program of a trace; empty when it is none by these rules. */
    static Optional<Program> of(Trace trace, EngineRules rules) {
        try {
            return Optional.of(Program.parse(TraceProgram.of(trace, rules).blob(), rules));
        } catch (InvalidProgramException _) {
            return Optional.empty();
        }
    }

    /** One instruction: its pc, and its assembly. */
    static String line(Program program, int pc) {
        return "%8d  %s".formatted(pc, Disassembler.instruction(program, pc));
    }

    /** The lines around an instruction, which has an arrow; one that says so when there is no instruction at pc. */
    static List<String> around(Program program, long pc) {
        if (!program.isStart(pc)) {
            return List.of("   no instruction starts at " + Long.toUnsignedString(pc));
        }
        // Within the block where one begins, and a few blocks on: code can be read forward only.
        var before = new ArrayDeque<Integer>();
        for (int at = program.blockAt((int) pc); at < pc; at = program.decode(at).next()) {
            before.add(at);
            if (before.size() > BEFORE) {
                before.remove();
            }
        }
        var lines = new ArrayList<String>();
        before.forEach(at -> lines.add("   " + line(program, at)));
        lines.add("-> " + line(program, (int) pc));
        int next = program.decode((int) pc).next();
        for (int i = 0; i < BEHIND && next < program.codeLength(); i++) {
            lines.add("   " + line(program, next));
            next = program.decode(next).next();
        }
        return lines;
    }
}
