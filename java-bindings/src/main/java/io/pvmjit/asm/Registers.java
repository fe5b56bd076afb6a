package io.pvmjit.asm;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Names of the 13 registers: {@code r0} to {@code r12}, and those of the RISC-V calling convention they serve for. */
final class Registers {
    /** The calling convention's names by register number: the ones that are printed. */
    private static final List<String> NAMES =
            List.of("ra", "sp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5");

    private static final Map<String, Integer> NUMBERS = new HashMap<>();

    static {
        for (int i = 0; i < NAMES.size(); i++) {
            NUMBERS.put(NAMES.get(i), i);
            NUMBERS.put("r" + i, i);
        }
    }

    private Registers() {}

    static String name(int number) {
        return NAMES.get(number);
    }

    /** The number of the register with this name; null when there is none. */
    static Integer number(String name) {
        return NUMBERS.get(name);
    }
}
