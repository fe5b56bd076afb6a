package io.pvmjit.internal.crosscheck;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;

/** A program that two backends run, for the report of a difference. */
record CrosscheckProgram(byte[] blob, Rules rules) {
    /** What stands at an address, for people. */
    String instruction(long pc) {
        Program program;
        try {
            program = Program.parse(blob, rules);
        } catch (InvalidProgramException e) {
            return pc + ": " + e.getMessage();
        }
        if (!program.isStart(pc)) {
            return pc + ": no instruction starts there";
        }
        var i = program.decode((int) pc);
        return "%d: %s a=%d b=%d d=%d x=0x%x y=0x%x target=%d"
                .formatted(pc, i.opcode().mnemonic(), i.a(), i.b(), i.d(), i.x(), i.y(), i.target());
    }
}
