package io.pvmjit.cli;

import io.pvmjit.Instance;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.util.List;

/** Registers by name. */
final class RegisterList {
    /** By number: what the registers serve for by the RISC-V calling convention. */
    static final List<String> NAMES =
            List.of("ra", "sp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5");

    private RegisterList() {}

    /** The values in a list such as {@code r7=1,sp=0x10}; 0 for registers that it does not name. */
    static long[] parse(String list) {
        var values = new long[Instance.REGISTER_COUNT];
        if (list.isBlank()) {
            return values;
        }
        var seen = new boolean[values.length];
        for (var assignment : list.split(",", -1)) {
            var parts = assignment.split("=", -1);
            if (parts.length != 2) {
                throw new InputException("--registers: '" + assignment + "' is not of the form NAME=VALUE");
            }
            int number = number(parts[0].strip(), "--registers");
            if (seen[number]) {
                throw new InputException("--registers: '" + parts[0].strip() + "' has a value already");
            }
            seen[number] = true;
            values[number] = Inputs.word(parts[1].strip(), "--registers: " + parts[0].strip());
        }
        return values;
    }

    /** The number of a register, by its number behind an r or by its name. */
    static int number(String name, String what) {
        int number = name.matches("r[0-9]|r1[0-2]") ? Integer.parseInt(name.substring(1)) : NAMES.indexOf(name);
        if (number < 0) {
            throw new InputException(what + ": there is no register '" + name + "', but r0 to r12 or "
                    + String.join(" ", NAMES));
        }
        return number;
    }
}
