package io.pvmjit.asm;

import io.pvmjit.program.Instruction;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Operand;
import io.pvmjit.program.OperandForm;
import io.pvmjit.program.Program;
import io.pvmjit.rules.OpcodeOctets;

/**
 * The regular octets of one instruction: register nibbles up to 12, and immediates of a stated number of octets with
 * nothing behind them. The offset of a jump or branch is its last immediate.
 *
 * @param x first immediate
 * @param xWidth its octets, 0 to 4; 8 in reg_imm64 form
 * @param y second immediate
 * @param yWidth its octets, 0 to 4
 */
record Encoding(Opcode opcode, int a, int b, int d, long x, int xWidth, long y, int yWidth) {
    /** The most octets of an immediate, load_imm_64 aside. */
    static final int MAXIMUM_WIDTH = 4;

    /** The fewest octets from which sign extension gives the value back: 0 to 8. */
    static int width(long value) {
        long magnitude = value < 0 ? ~value : value;
        return value == 0 ? 0 : (64 - Long.numberOfLeadingZeros(magnitude)) / 8 + 1;
    }

    /** Whether sign extension gives the value back from this many octets. */
    static boolean fits(long value, int octets) {
        return width(value) <= octets;
    }

    /** The encoding with the shortest immediates. */
    static Encoding shortest(Opcode opcode, int a, int b, int d, long x, long y) {
        return new Encoding(opcode, a, b, d, x, opcode.form() == OperandForm.REG_IMM64 ? 8 : width(x), y, width(y));
    }

    /** The encoding with the shortest immediates of a decoded instruction. */
    static Encoding shortest(Instruction instruction) {
        long offset = instruction.target() - instruction.pc();
        var form = instruction.opcode().form();
        boolean offsetFirst = form == OperandForm.OFF || form == OperandForm.REG_REG_OFF;
        return shortest(instruction.opcode(), instruction.a(), instruction.b(), instruction.d(),
                offsetFirst ? offset : instruction.x(), form == OperandForm.REG_IMM_OFF ? offset : instruction.y());
    }

    /** The encoding of an instruction of a program; null when its octets are not regular. */
    static Encoding of(Program program, Instruction instruction) {
        int pc = instruction.pc();
        int arguments = instruction.next() - pc - 1;
        var form = instruction.opcode().form();
        int first = program.octet(pc + 1L);
        int xWidth = 0;
        int fixed = 0;
        switch (form) {
            case NONE -> {}
            case IMM, OFF -> xWidth = limit(arguments);
            case REG_IMM64 -> {
                fixed = 1;
                xWidth = 8;
            }
            case IMM_IMM -> {
                fixed = 1;
                xWidth = limit(first & 7);
            }
            case REG_IMM_IMM, REG_IMM_OFF -> {
                fixed = 1;
                xWidth = limit(first >> 4 & 7);
            }
            case REG_IMM, REG_REG_IMM, REG_REG_OFF -> {
                fixed = 1;
                xWidth = limit(arguments - 1);
            }
            case REG_REG -> fixed = 1;
            case REG_REG_IMM_IMM -> {
                fixed = 2;
                xWidth = limit(program.octet(pc + 2L) & 7);
            }
            case REG_REG_REG -> fixed = 2;
        }
        int yWidth = hasY(form) ? limit(arguments - fixed - xWidth) : 0;
        var shortest = shortest(instruction);
        var encoding = new Encoding(instruction.opcode(), instruction.a(), instruction.b(), instruction.d(),
                shortest.x, xWidth, shortest.y, yWidth);
        return encoding.matches(program, pc, 1 + arguments) ? encoding : null;
    }

    private static int limit(int width) {
        return Math.clamp(width, 0, MAXIMUM_WIDTH);
    }

    private static boolean hasY(OperandForm form) {
        return switch (form) {
            case IMM_IMM, REG_IMM_IMM, REG_IMM_OFF, REG_REG_IMM_IMM -> true;
            default -> false;
        };
    }

    private boolean matches(Program program, int pc, int length) {
        if (length() != length) {
            return false;
        }
        var octets = new byte[length];
        write(octets, 0, program.rules().opcodes());
        for (int i = 0; i < length; i++) {
            if ((octets[i] & 0xff) != program.octet((long) pc + i)) {
                return false;
            }
        }
        return true;
    }

    /** The number in a register field: A, B or D. */
    int register(Operand.Field field) {
        return switch (field) {
            case A -> a;
            case B -> b;
            case D -> d;
            case X, Y -> throw new IllegalArgumentException(field + " is no register");
        };
    }

    /** Octets of the offset. */
    int offsetWidth() {
        return opcode.form() == OperandForm.REG_IMM_OFF ? yWidth : xWidth;
    }

    /** Distance of the jump or branch, from the opcode. */
    long offset() {
        return opcode.form() == OperandForm.REG_IMM_OFF ? y : x;
    }

    /** The same with another offset. */
    Encoding withOffset(long offset, int width) {
        return opcode.form() == OperandForm.REG_IMM_OFF
                ? new Encoding(opcode, a, b, d, x, xWidth, offset, width)
                : new Encoding(opcode, a, b, d, offset, width, y, yWidth);
    }

    /** Octets of the whole instruction. */
    int length() {
        int fixed = switch (opcode.form()) {
            case NONE, IMM, OFF -> 1;
            case REG_IMM64, IMM_IMM, REG_IMM, REG_IMM_IMM, REG_IMM_OFF, REG_REG, REG_REG_IMM, REG_REG_OFF -> 2;
            case REG_REG_IMM_IMM, REG_REG_REG -> 3;
        };
        return fixed + xWidth + yWidth;
    }

    /** Writes the octets from {@code at} on. */
    void write(byte[] code, int at, OpcodeOctets opcodes) {
        int position = at;
        code[position++] = (byte) opcodes.octet(opcode);
        switch (opcode.form()) {
            case NONE, IMM, OFF -> {}
            case REG_IMM64, REG_IMM -> code[position++] = (byte) a;
            case IMM_IMM -> code[position++] = (byte) xWidth;
            case REG_IMM_IMM, REG_IMM_OFF -> code[position++] = (byte) (a | xWidth << 4);
            case REG_REG -> code[position++] = (byte) (d | a << 4);
            case REG_REG_IMM, REG_REG_OFF -> code[position++] = (byte) (a | b << 4);
            case REG_REG_IMM_IMM -> {
                code[position++] = (byte) (a | b << 4);
                code[position++] = (byte) xWidth;
            }
            case REG_REG_REG -> {
                code[position++] = (byte) (a | b << 4);
                code[position++] = (byte) d;
            }
        }
        for (int i = 0; i < xWidth; i++) {
            code[position++] = (byte) (x >> 8 * i);
        }
        for (int i = 0; i < yWidth; i++) {
            code[position++] = (byte) (y >> 8 * i);
        }
    }
}
