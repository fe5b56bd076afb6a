package io.pvmjit.differential;

import io.pvmjit.EngineStatistics;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;

/** An engine with a mistake: it takes one instruction for another. What finds differences must find it. */
record MistakenEngine(BackendEngine engine, Opcode given, Opcode taken) implements BackendEngine {
    @Override
    public BackendModule compile(MemorySegment blob, Gate gate) {
        var program = Program.parse(blob.toArray(ValueLayout.JAVA_BYTE));
        var code = program.code();
        var starts = new BitSet();
        for (int pc = 0; pc < code.length; pc += 1 + program.skip(pc)) {
            starts.set(pc);
            if (program.octet(pc) == given.code()) {
                code[pc] = (byte) taken.code();
            }
        }
        var table = new long[program.jumpTableLength()];
        for (int i = 0; i < table.length; i++) {
            table[i] = program.jumpTarget(i);
        }
        return engine.compile(MemorySegment.ofArray(Program.encode(code, starts, table, program.entrySize())), gate);
    }

    @Override
    public EngineStatistics statistics() {
        return engine.statistics();
    }

    @Override
    public void interruptAll() {
        engine.interruptAll();
    }

    @Override
    public void close() {
        engine.close();
    }
}
