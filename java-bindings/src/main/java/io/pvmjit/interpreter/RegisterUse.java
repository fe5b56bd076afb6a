package io.pvmjit.interpreter;

import io.pvmjit.program.Instruction;
import io.pvmjit.program.Operand.Use;

/**
 * Which registers an instruction reads and writes, whether or not a run would change them, as sets: bit i stands for
 * register i. What the gas model (Gray Paper A.9) asks.
 */
final class RegisterUse {
    private RegisterUse() {}

    /**
     * The registers read.
     *
     * @param updatedAreRead whether {@code cmov} reads its destination, which depends on the revision
     */
    static int sources(Instruction instruction, boolean updatedAreRead) {
        int read = registers(instruction, Use.READ);
        return updatedAreRead ? read | registers(instruction, Use.UPDATE) : read;
    }

    /** The registers written: one or none. */
    static int destinations(Instruction instruction) {
        return registers(instruction, Use.WRITE) | registers(instruction, Use.UPDATE);
    }

    private static int registers(Instruction instruction, Use use) {
        var operands = instruction.opcode().operands().list();
        int set = 0;
        for (int i = 0; i < operands.size(); i++) {
            var operand = operands.get(i);
            if (operand.use() == use) {
                set |= 1 << instruction.register(operand.register());
            }
        }
        return set;
    }
}
