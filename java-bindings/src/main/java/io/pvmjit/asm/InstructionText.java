package io.pvmjit.asm;

import io.pvmjit.program.Instruction;
import io.pvmjit.program.Operand;
import java.util.function.LongFunction;

/** Writes single instructions as text. */
final class InstructionText {
    /** Smaller numbers are written in decimal, others in hexadecimal. */
    private static final long DECIMAL_LIMIT = 4096;

    /** Gives names to places; null where a place has none. */
    interface Names {
        /** The label of an address in the code. */
        String label(long address);

        /** The label that a dynamic jump address leads to. */
        String dynamic(long address);

        /** No place has a name. */
        Names NONE = new Names() {
            @Override
            public String label(long address) {
                return null;
            }

            @Override
            public String dynamic(long address) {
                return null;
            }
        };
    }

    private InstructionText() {}

    /**
     * Appends an instruction as the assembler reads it.
     *
     * @param fixedOffset whether the width of its offset to a label must be written
     */
    static void write(StringBuilder out, Instruction instruction, Encoding encoding, Names names, boolean fixedOffset) {
        var opcode = encoding.opcode();
        out.append(opcode.mnemonic());
        char separator = ' ';
        for (var operand : opcode.operands().list()) {
            out.append(separator);
            if (separator == ',') {
                out.append(' ');
            }
            separator = ',';
            if (operand == Operand.TARGET) {
                target(out, instruction, encoding, names, fixedOffset);
            } else {
                out.append(operand.isMemory() ? "[" : "");
                write(out, operand, encoding, names);
                out.append(operand.isMemory() ? "]" : "");
            }
        }
    }

    /** A register, an immediate, or their sum. */
    private static void write(StringBuilder out, Operand operand, Encoding encoding, Names names) {
        if (operand.register() != null) {
            out.append(Registers.name(encoding.register(operand.register())));
        }
        if (operand.immediate() == null) {
            return;
        }
        boolean isX = operand.immediate() == Operand.Field.X;
        long value = isX ? encoding.x() : encoding.y();
        int width = isX ? encoding.xWidth() : encoding.yWidth();
        if (operand.register() != null) {
            displacement(out, value, width);
        } else if (operand.isMemory()) {
            number(out, value, width, InstructionText::address);
        } else {
            immediate(out, value, width, isX ? linkName(encoding, names) : null);
        }
    }

    /** What a call leaves in ra is where to return to. */
    private static String linkName(Encoding encoding, Names names) {
        return switch (encoding.opcode().operands()) {
            case CONSTANT_JUMP, CONSTANT_JUMP_IND -> encoding.a() == 0 ? names.dynamic(encoding.x()) : null;
            default -> null;
        };
    }

    private static void immediate(StringBuilder out, long value, int width, String name) {
        number(out, value, width, name == null ? InstructionText::signed : unused -> "@" + name);
    }

    private static void number(StringBuilder out, long value, int width, LongFunction<String> format) {
        out.append(format.apply(value));
        if (width != Encoding.width(value) && width <= Encoding.MAXIMUM_WIDTH) {
            out.append('!').append(width);
        }
    }

    private static void displacement(StringBuilder out, long value, int width) {
        if (value != 0 || width != 0) {
            out.append(value < 0 ? " - " : " + ");
            number(out, value, width, number -> signed(Math.abs(number)));
        }
    }

    private static void target(
            StringBuilder out, Instruction instruction, Encoding encoding, Names names, boolean fixed) {
        var label = names.label(instruction.target());
        if (label == null) {
            out.append('.');
            displacement(out, encoding.offset(), encoding.offsetWidth());
            return;
        }
        out.append(label);
        if (fixed) {
            out.append('!').append(encoding.offsetWidth());
        }
    }

    /** A number for the assembler: decimal when small, else hexadecimal. */
    static String signed(long value) {
        if (value > -DECIMAL_LIMIT && value < DECIMAL_LIMIT) {
            return Long.toString(value);
        }
        return value < 0 && value >= Integer.MIN_VALUE
                ? "-0x" + Long.toHexString(-value)
                : "0x" + Long.toHexString(value);
    }

    /** An address for the assembler, which takes it modulo 2^32. */
    private static String address(long value) {
        return value >= 0 && value < 10 ? Long.toString(value) : "0x" + Integer.toHexString((int) value);
    }
}
