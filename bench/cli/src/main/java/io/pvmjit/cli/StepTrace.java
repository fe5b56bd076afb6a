package io.pvmjit.cli;

import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.asm.Disassembler;
import io.pvmjit.debug.Debugger;
import io.pvmjit.debug.Stop;
import io.pvmjit.program.Program;
import java.io.PrintWriter;

/** A line for each instruction of a run, or for each basic block: pc, gas left, what it is, and the registers it changed. */
final class StepTrace {
    /** What has a line. */
    enum Unit {
        INSTRUCTIONS,
        BLOCKS
    }

    private static final int TEXT_COLUMNS = 44;

    private final PrintWriter out;
    private final Unit unit;
    private final Program program;
    private final HostServer server;
    private long[] registers;

    private StepTrace(PrintWriter out, Unit unit, Debugger debugger, HostServer server) {
        this.out = out;
        this.unit = unit;
        this.program = debugger.program();
        this.server = server;
        this.registers = debugger.machine().registers();
    }

    /** Runs a program to its end. */
    static void write(PrintWriter out, Unit unit, Debugger debugger, HostServer server) {
        new StepTrace(out, unit, debugger, server).run(debugger);
    }

    private void run(Debugger debugger) {
        long block = debugger.machine().pc();
        while (true) {
            long pc = debugger.machine().pc();
            var stop = debugger.step();
            var machine = debugger.machine();
            if (unit == Unit.INSTRUCTIONS) {
                line(pc, program.isStart(pc) ? Disassembler.instruction(program, (int) pc) : "(no instruction)", machine);
            } else if (!(stop instanceof Stop.Stepped) || !machine.gasCharged()) {
                // The next one is not paid for: a block has ended.
                line(block, "block", machine);
                block = machine.pc();
            }
            if (stop instanceof Stop.Exited(Exit exit)) {
                out.println("  " + server.describe(exit));
                if (!(exit instanceof Exit.HostCall)) {
                    return;
                }
                var end = server.serve(machine);
                changes(machine, "  served, gas " + Long.toUnsignedString(machine.gas()));
                if (end != null) {
                    out.println("  " + server.describe(end));
                    return;
                }
            }
        }
    }

    private void line(long pc, String what, Instance machine) {
        var gas = Long.toUnsignedString(machine.gas());
        changes(machine, ("%8d  gas %-20s %-" + TEXT_COLUMNS + "s").formatted(pc, gas, what));
    }

    private void changes(Instance machine, String beginning) {
        var text = new StringBuilder(beginning);
        var now = machine.registers();
        for (int i = 0; i < now.length; i++) {
            if (now[i] != registers[i]) {
                text.append(' ').append(RegisterList.NAMES.get(i)).append("=0x").append(Long.toHexString(now[i]));
            }
        }
        registers = now;
        out.println(text.toString().stripTrailing());
    }
}
