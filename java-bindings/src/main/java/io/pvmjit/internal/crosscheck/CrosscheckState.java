package io.pvmjit.internal.crosscheck;

import io.pvmjit.ExitKind;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.program.Instruction;
import java.util.ArrayList;
import java.util.List;

/**
 * What two machines are compared by, RAM apart.
 *
 * @param kind of the exit; null when the machine did not run
 * @param exitArgument of the exit
 * @param exitPc of the instruction that made it
 * @param pc where the next run starts
 * @param gas left, unsigned
 * @param gasCharged whether the block at pc is paid for
 * @param registers all of them
 */
record CrosscheckState(
        ExitKind kind, long exitArgument, long exitPc, long pc, long gas, boolean gasCharged, List<Long> registers) {

    static CrosscheckState of(BackendMachine machine, ExitKind kind) {
        var registers = new ArrayList<Long>(Instruction.REGISTER_COUNT);
        for (int i = 0; i < Instruction.REGISTER_COUNT; i++) {
            registers.add(machine.register(i));
        }
        return new CrosscheckState(kind, machine.exitArgument(), machine.exitPc(), machine.pc(), machine.gas(),
                machine.gasCharged(), registers);
    }

    /**
     * Everything that helps to find out which of two machines is wrong.
     *
     * @param occasion what they did
     * @param program that they ran
     * @param before their state before it; null when there is none
     * @param memory the first difference of their RAMs; null when there is none
     */
    static String report(String occasion, CrosscheckProgram program, CrosscheckState before, CrosscheckState tested,
            CrosscheckState expected, String memory) {
        var text = new StringBuilder("the backends differ after ").append(occasion).append('\n');
        text.append(row("", "before", "native", "oracle", false));
        var names = names();
        for (int i = 0; i < names.size(); i++) {
            var value = tested.values().get(i);
            var expectedValue = expected.values().get(i);
            text.append(row(names.get(i), before == null ? "" : before.values().get(i), value, expectedValue,
                    !value.equals(expectedValue)));
        }
        text.append("RAM: ").append(memory == null ? "equal" : memory).append('\n');
        text.append("program of ").append(program.blob().length).append(" octets\n");
        if (before != null) {
            text.append("  started at      ").append(program.instruction(before.pc)).append('\n');
        }
        text.append("  native ended at ").append(program.instruction(tested.exitPc)).append('\n');
        text.append("  oracle ended at ").append(program.instruction(expected.exitPc)).append('\n');
        return text.toString();
    }

    private static String row(String name, String before, String tested, String expected, boolean differs) {
        return "%-14s %-20s %-20s %-20s%s".formatted(name, before, tested, expected, differs ? "<- differs" : "")
                .stripTrailing() + "\n";
    }

    private static List<String> names() {
        var names = new ArrayList<>(List.of("exit", "exit argument", "exit pc", "pc", "gas", "gas charged"));
        for (int i = 0; i < Instruction.REGISTER_COUNT; i++) {
            names.add("register " + i);
        }
        return names;
    }

    /** In the order of {@link #names()}. */
    private List<String> values() {
        var values = new ArrayList<>(List.of(kind == null ? "-" : kind.name(), hexadecimal(exitArgument),
                Long.toString(exitPc), Long.toString(pc), Long.toUnsignedString(gas), Boolean.toString(gasCharged)));
        registers.forEach(register -> values.add(hexadecimal(register)));
        return values;
    }

    private static String hexadecimal(long value) {
        return "0x" + Long.toHexString(value);
    }
}
