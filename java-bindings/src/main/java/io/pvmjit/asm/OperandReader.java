package io.pvmjit.asm;

import io.pvmjit.program.Opcode;
import io.pvmjit.program.Operand;
import io.pvmjit.program.OperandForm;

/** Reads the operands of one instruction. */
final class OperandReader {
    private final Scanner scanner;
    private final Opcode opcode;
    private int a;
    private int b;
    private int d;
    private Source.Immediate x;
    private Source.Immediate y;
    private Source.Target target;

    OperandReader(Scanner scanner, Opcode opcode) {
        this.scanner = scanner;
        this.opcode = opcode;
    }

    Source.Instruction read(int column) {
        boolean first = true;
        for (var operand : opcode.operands().list()) {
            if (!first) {
                scanner.expect(',', usage());
            }
            first = false;
            operand(operand);
        }
        scanner.expectEnd(usage());
        return new Source.Instruction(scanner.line(), column, opcode, a, b, d, x, y, target);
    }

    private String usage() {
        return "write " + Usage.of(opcode);
    }

    private void operand(Operand operand) {
        if (operand == Operand.TARGET) {
            target = target();
            return;
        }
        if (operand.isMemory()) {
            scanner.expect('[', usage());
        }
        if (operand.register() != null) {
            int number = register();
            switch (operand.register()) {
                case A -> a = number;
                case B -> b = number;
                case D -> d = number;
                case X, Y -> throw new AssertionError(operand);
            }
        }
        if (operand.immediate() != null) {
            var value = operand.register() == null ? immediate() : displacement();
            if (operand.immediate() == Operand.Field.X) {
                x = value;
            } else {
                y = value;
            }
        }
        if (operand.isMemory()) {
            scanner.expect(']', usage());
        }
    }

    private int register() {
        int column = scanner.column();
        var name = scanner.name(usage());
        var number = Registers.number(name);
        if (number == null) {
            throw scanner.errorAt(column, "expected a register, found '" + name + "'",
                    "use r0 to r12, or ra sp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5; " + usage());
        }
        return number;
    }

    /** What is added to a register: nothing, or a sign and a sum. */
    private Source.Immediate displacement() {
        char next = scanner.peek();
        return next == '+' || next == '-'
                ? immediate()
                : new Source.Immediate(Expression.zero(scanner), Source.SHORTEST);
    }

    private Source.Immediate immediate() {
        if (scanner.atEnd()) {
            throw scanner.error("an operand is missing", usage());
        }
        return new Source.Immediate(Expression.read(scanner), width());
    }

    private Source.Target target() {
        int column = scanner.column();
        if (scanner.take('.')) {
            var offset = displacement();
            int width = offset.width() == Source.SHORTEST ? width() : offset.width();
            return new Source.Target(null, offset.value(), width);
        }
        if (!scanner.atName()) {
            throw scanner.error("expected a label" + scanner.insteadOf(),
                    "write the name of a label, or an offset from the instruction such as . + 8");
        }
        var expression = Expression.read(scanner);
        var label = expression.onlyName();
        if (label == null) {
            throw scanner.errorAt(column, "a sum where a label is expected",
                    "write the name of a label, or an offset from the instruction such as . + 8");
        }
        return new Source.Target(label, expression, width());
    }

    /** The width that is asked for: {@code !} and 0 to 4. */
    private int width() {
        if (!scanner.take('!')) {
            return Source.SHORTEST;
        }
        int column = scanner.column();
        long width = scanner.number("write ! and a number of octets, 0 to 4");
        if (Long.compareUnsigned(width, Encoding.MAXIMUM_WIDTH) > 0 || opcode.form() == OperandForm.REG_IMM64) {
            throw scanner.errorAt(column, "a width of " + Long.toUnsignedString(width) + " octets",
                    opcode.form() == OperandForm.REG_IMM64
                            ? "remove it: the immediate of load_imm_64 always has 8"
                            : "write ! and a number of octets, 0 to 4");
        }
        return (int) width;
    }
}
