package io.pvmjit.asm;

import io.pvmjit.program.Opcode;
import io.pvmjit.program.Operand;
import java.util.stream.Collectors;

/** How instructions are written, for messages. */
final class Usage {
    private Usage() {}

    /** For instance {@code load_ind_u8 register, [register + number]}. */
    static String of(Opcode opcode) {
        var operands = opcode.operands().list().stream().map(Operand::description).collect(Collectors.joining(", "));
        return operands.isEmpty() ? opcode.mnemonic() : opcode.mnemonic() + " " + operands;
    }
}
