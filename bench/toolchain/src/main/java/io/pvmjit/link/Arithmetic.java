package io.pvmjit.link;

import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.program.Opcode;

/** Emits what computes: RISC-V instructions with a result in a register, from registers and constants. */
final class Arithmetic {
    private static final long SEVEN_BITS = 0x7f7f_7f7f_7f7f_7f7fL;

    private final ProgramBuilder builder;
    private final RegisterFile registers;
    private final Scratch scratch;

    Arithmetic(ProgramBuilder builder, RegisterFile registers, Scratch scratch) {
        this.builder = builder;
        this.registers = registers;
        this.scratch = scratch;
    }

    /** Emits an operation; one whose result is dropped takes nothing. */
    void emit(Operation operation, long immediate) {
        var instruction = operation.instruction();
        int rd = instruction.rd();
        int a = instruction.rs1();
        int b = instruction.rs2();
        if (rd == Registers.ZERO) {
            return;
        }
        switch (instruction.opcode()) {
            case LUI -> registers.set(rd, immediate);
            case ADDI -> withImmediate(Binary.ADD, rd, a, immediate);
            case ADDIW -> withImmediate(Binary.ADDW, rd, a, immediate);
            case SLTI -> withImmediate(Binary.SLT, rd, a, immediate);
            case SLTIU -> withImmediate(Binary.SLTU, rd, a, immediate);
            case XORI -> withImmediate(Binary.XOR, rd, a, immediate);
            case ORI -> withImmediate(Binary.OR, rd, a, immediate);
            case ANDI -> withImmediate(Binary.AND, rd, a, immediate);
            case SLLI -> withImmediate(Binary.SLL, rd, a, immediate);
            case SRLI -> withImmediate(Binary.SRL, rd, a, immediate);
            case SRAI -> withImmediate(Binary.SRA, rd, a, immediate);
            case RORI -> withImmediate(Binary.ROR, rd, a, immediate);
            case SLLIW -> withImmediate(Binary.SLLW, rd, a, immediate);
            case SRLIW -> withImmediate(Binary.SRLW, rd, a, immediate);
            case SRAIW -> withImmediate(Binary.SRAW, rd, a, immediate);
            case RORIW -> withImmediate(Binary.RORW, rd, a, immediate);
            case CLZ -> unary(Opcode.LEADING_ZERO_BITS_64, rd, a);
            case CTZ -> unary(Opcode.TRAILING_ZERO_BITS_64, rd, a);
            case CPOP -> unary(Opcode.COUNT_SET_BITS_64, rd, a);
            case CLZW -> unary(Opcode.LEADING_ZERO_BITS_32, rd, a);
            case CTZW -> unary(Opcode.TRAILING_ZERO_BITS_32, rd, a);
            case CPOPW -> unary(Opcode.COUNT_SET_BITS_32, rd, a);
            case SEXT_B -> unary(Opcode.SIGN_EXTEND_8, rd, a);
            case SEXT_H -> unary(Opcode.SIGN_EXTEND_16, rd, a);
            case ZEXT_H -> unary(Opcode.ZERO_EXTEND_16, rd, a);
            case REV8 -> unary(Opcode.REVERSE_BYTES, rd, a);
            case ORC_B -> fillOctets(rd, a);
            default -> binary(Binary.valueOf(instruction.opcode().name()), rd, a, b);
        }
    }

    private void unary(Opcode opcode, int rd, int a) {
        if (registers.isConstant(a)) {
            registers.set(rd, Binary.evaluate(opcode, registers.constant(a)));
            return;
        }
        int source = registers.read(a);
        builder.append(opcode, opcode == Opcode.REVERSE_BYTES ? registers.write(rd) : registers.writeWord(rd), source);
    }

    /** orc.b: 255 for each octet that is not zero. A sum tells of the lower seven bits of each, a choice of the eighth. */
    private void fillOctets(int rd, int a) {
        int source = a == Registers.ZERO ? scratch.zero() : registers.read(a);
        int mask = scratch.take();
        int octets = scratch.take();
        builder.append(Opcode.LOAD_IMM_64, mask, SEVEN_BITS);
        builder.append(Opcode.AND, octets, source, mask);
        builder.append(Opcode.ADD_64, octets, octets, mask);
        builder.append(Opcode.OR, octets, octets, source);
        builder.append(Opcode.AND_INV, octets, octets, mask);
        builder.append(Opcode.SHLO_R_IMM_64, octets, octets, 7);
        builder.append(Opcode.MUL_IMM_64, registers.write(rd), octets, 255);
        scratch.release();
    }

    /** {@code rd = a op b}. */
    void binary(Binary operation, int rd, int a, int b) {
        if (registers.isConstant(b)) {
            if (registers.isConstant(a)) {
                registers.set(rd, operation.apply(registers.constant(a), registers.constant(b)));
                return;
            }
            if (withConstant(operation, rd, a, registers.constant(b))) {
                return;
            }
        } else if (registers.isConstant(a)) {
            long constant = registers.constant(a);
            if (operation.isCommutative() ? withConstant(operation, rd, b, constant)
                    : withFirstConstant(operation, rd, constant, b)) {
                return;
            }
        }
        // Of two operands one at most is zero: two constants were computed above.
        int zero = a == Registers.ZERO || b == Registers.ZERO ? scratch.zero() : -1;
        int first = a == Registers.ZERO ? zero : registers.read(a);
        int second = b == Registers.ZERO ? zero : registers.read(b);
        builder.append(operation.opcode(), written(operation, rd), first, second);
        scratch.release();
    }

    private void withImmediate(Binary operation, int rd, int a, long immediate) {
        if (registers.isConstant(a)) {
            registers.set(rd, operation.apply(registers.constant(a), immediate));
        } else if (!withConstant(operation, rd, a, immediate)) {
            throw new IllegalStateException(operation + " has no form for " + immediate);
        }
    }

    private int written(Binary operation, int rd) {
        return operation.isWord() ? registers.writeWord(rd) : registers.write(rd);
    }

    /** {@code rd = a op constant}; whether there is an instruction for it. */
    private boolean withConstant(Binary operation, int rd, int a, long constant) {
        long value = operation.immediate(constant);
        if (operation.isIdentity(value) || operation == Binary.ADDW && value == 0 && registers.isWord(a)) {
            move(rd, a);
            return true;
        }
        var opcode = operation.withImmediate();
        if (opcode == null || !RegisterFile.isImmediate(value)) {
            return false;
        }
        int source = registers.read(a);
        builder.append(opcode, written(operation, rd), source, value);
        return true;
    }

    /** {@code rd = constant op b} where that is not {@code b op constant}. */
    private boolean withFirstConstant(Binary operation, int rd, long constant, int b) {
        var opcode = operation.withFirstImmediate();
        if (opcode == null || !RegisterFile.isImmediate(constant)) {
            return false;
        }
        int source = registers.read(b);
        builder.append(opcode, written(operation, rd), source, constant);
        return true;
    }

    /** {@code rd = a}, a register that is not a constant. */
    private void move(int rd, int a) {
        if (rd != a) {
            boolean word = registers.isWord(a);
            int source = registers.read(a);
            builder.append(Opcode.MOVE_REG, word ? registers.writeWord(rd) : registers.write(rd), source);
        }
    }
}
