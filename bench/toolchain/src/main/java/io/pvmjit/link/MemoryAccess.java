package io.pvmjit.link;

import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.program.Opcode;

/** Emits loads and stores. */
final class MemoryAccess {
    private final ProgramBuilder builder;
    private final RegisterFile registers;
    private final Scratch scratch;
    private final DataLayout layout;

    MemoryAccess(ProgramBuilder builder, RegisterFile registers, Scratch scratch, DataLayout layout) {
        this.layout = layout;
        this.builder = builder;
        this.registers = registers;
        this.scratch = scratch;
    }

    /** Opcodes for an address in a register and for one that is fixed. */
    private record Forms(Opcode indirect, Opcode direct) {}

    private static Forms load(RiscvOpcode opcode) {
        return switch (opcode) {
            case LB -> new Forms(Opcode.LOAD_IND_I8, Opcode.LOAD_I8);
            case LH -> new Forms(Opcode.LOAD_IND_I16, Opcode.LOAD_I16);
            case LW -> new Forms(Opcode.LOAD_IND_I32, Opcode.LOAD_I32);
            case LD -> new Forms(Opcode.LOAD_IND_U64, Opcode.LOAD_U64);
            case LBU -> new Forms(Opcode.LOAD_IND_U8, Opcode.LOAD_U8);
            case LHU -> new Forms(Opcode.LOAD_IND_U16, Opcode.LOAD_U16);
            default -> new Forms(Opcode.LOAD_IND_U32, Opcode.LOAD_U32);
        };
    }

    private static Forms store(RiscvOpcode opcode) {
        return switch (opcode) {
            case SB -> new Forms(Opcode.STORE_IND_U8, Opcode.STORE_U8);
            case SH -> new Forms(Opcode.STORE_IND_U16, Opcode.STORE_U16);
            case SW -> new Forms(Opcode.STORE_IND_U32, Opcode.STORE_U32);
            default -> new Forms(Opcode.STORE_IND_U64, Opcode.STORE_U64);
        };
    }

    private static Forms storeConstant(RiscvOpcode opcode) {
        return switch (opcode) {
            case SB -> new Forms(Opcode.STORE_IMM_IND_U8, Opcode.STORE_IMM_U8);
            case SH -> new Forms(Opcode.STORE_IMM_IND_U16, Opcode.STORE_IMM_U16);
            case SW -> new Forms(Opcode.STORE_IMM_IND_U32, Opcode.STORE_IMM_U32);
            default -> new Forms(Opcode.STORE_IMM_IND_U64, Opcode.STORE_IMM_U64);
        };
    }

    private static int octets(RiscvOpcode load) {
        return switch (load) {
            case LB, LBU -> 1;
            case LH, LHU -> 2;
            case LW, LWU -> 4;
            default -> 8;
        };
    }

    /** What a load makes of the octets in memory. */
    private static long loaded(RiscvOpcode load, long octets) {
        return switch (load) {
            case LB -> (byte) octets;
            case LH -> (short) octets;
            case LW -> (int) octets;
            default -> octets;
        };
    }

    /** What a store of so many octets keeps of a constant. */
    private static long stored(RiscvOpcode opcode, long value) {
        return switch (opcode) {
            case SB -> (byte) value;
            case SH -> (short) value;
            case SW -> (int) value;
            default -> value;
        };
    }

    void emitLoad(RiscvInstruction instruction, long offset) {
        var forms = load(instruction.opcode());
        // A load whose result is dropped still faults where it must: it goes to a register that nobody needs.
        boolean dropped = instruction.rd() == Registers.ZERO;
        int base = instruction.rs1();
        if (registers.isConstant(base)) {
            long address = registers.constant(base) + offset;
            var constant = layout.constant(address, octets(instruction.opcode()));
            if (constant.isPresent()) {
                registers.set(instruction.rd(), loaded(instruction.opcode(), constant.getAsLong()));
                return;
            }
            builder.append(forms.direct, dropped ? scratch.take() : written(instruction), (int) address);
        } else {
            int number = registers.read(base);
            builder.append(forms.indirect, dropped ? scratch.take() : written(instruction), number, offset);
        }
        scratch.release();
    }

    private int written(RiscvInstruction instruction) {
        return switch (instruction.opcode()) {
            case LD, LWU -> registers.write(instruction.rd());
            default -> registers.writeWord(instruction.rd());
        };
    }

    void emitStore(RiscvInstruction instruction, long offset) {
        int base = instruction.rs1();
        int source = instruction.rs2();
        boolean fixed = registers.isConstant(base);
        int address = fixed ? (int) (registers.constant(base) + offset) : 0;
        if (registers.isConstant(source)) {
            long value = stored(instruction.opcode(), registers.constant(source));
            if (RegisterFile.isImmediate(value)) {
                var forms = storeConstant(instruction.opcode());
                if (fixed) {
                    builder.append(forms.direct, address, value);
                } else {
                    builder.append(forms.indirect, registers.read(base), offset, value);
                }
                return;
            }
        }
        var forms = store(instruction.opcode());
        int number = registers.read(source);
        if (fixed) {
            builder.append(forms.direct, address, number);
        } else {
            builder.append(forms.indirect, registers.read(base), offset, number);
        }
    }
}
