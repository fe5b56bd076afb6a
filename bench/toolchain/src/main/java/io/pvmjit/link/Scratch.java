package io.pvmjit.link;

import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.program.Opcode;

/**
 * Finds a register of the PVM for a value that lives within one instruction: one that nothing reads later, or one whose
 * constant is pending. When there is none, one is saved below the stack pointer, where nothing of value can lie.
 */
final class Scratch {
    private static final int NOTHING = -1;
    private static final int SAVED_BELOW = -8;

    private final ProgramBuilder builder;
    private final RegisterFile registers;
    private final Liveness liveness;
    private Operation operation;
    private int saved = NOTHING;

    Scratch(ProgramBuilder builder, RegisterFile registers, Liveness liveness) {
        this.builder = builder;
        this.registers = registers;
        this.liveness = liveness;
    }

    /** The operation that is about to be emitted. */
    void at(Operation next) {
        operation = next;
    }

    /** Registers that hold nothing that matters between the operands and the result of the operation. */
    static int free(Operation operation, Liveness liveness) {
        return Registers.ALL & ~Registers.read(operation)
                & (~liveness.after(operation) | Registers.written(operation));
    }

    /** A register with 0 in it, until {@link #release}. */
    int zero() {
        int number = take();
        builder.append(Opcode.LOAD_IMM, number, 0);
        return number;
    }

    /** A register of the PVM that may be overwritten, until {@link #release}. */
    int take() {
        int candidates = free(operation, liveness)
                | registers.pending() & ~Registers.read(operation) & ~Registers.written(operation);
        if (candidates != 0) {
            int number = Integer.numberOfTrailingZeros(candidates);
            registers.clobber(number);
            return number;
        }
        // The stack pointer itself is no candidate: it is needed to find the value again.
        int stackPointer = Registers.mask(Registers.STACK_POINTER);
        saved = Integer.numberOfTrailingZeros(
                Registers.ALL & ~stackPointer & ~Registers.read(operation) & ~Registers.written(operation));
        builder.append(Opcode.STORE_IND_U64, registers.read(Registers.STACK_POINTER), SAVED_BELOW, saved);
        return saved;
    }

    /** The value that was saved, if one was, goes back to its register. */
    void release() {
        if (saved != NOTHING) {
            builder.append(Opcode.LOAD_IND_U64, saved, registers.read(Registers.STACK_POINTER), SAVED_BELOW);
            saved = NOTHING;
        }
    }
}
