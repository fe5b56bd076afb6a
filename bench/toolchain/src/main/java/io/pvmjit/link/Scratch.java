package io.pvmjit.link;

import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.program.Opcode;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds a register of the PVM for a value that lives within one instruction: one that nothing reads later, or one whose
 * constant is pending. When there is none, one is saved below the stack pointer, where nothing of value can lie.
 */
final class Scratch {
    private final ProgramBuilder builder;
    private final RegisterFile registers;
    private final Liveness liveness;
    private Operation operation;
    /** Registers that were taken, and those of them that were saved, each a word further below the stack pointer. */
    private int taken;
    private final List<Integer> saved = new ArrayList<>();

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
        int used = Registers.read(operation) | Registers.written(operation) | taken;
        int candidates = (free(operation, liveness) | registers.pending() & ~used) & ~taken;
        int number;
        if (candidates != 0) {
            number = Integer.numberOfTrailingZeros(candidates);
            registers.clobber(number);
        } else {
            // The stack pointer itself is no candidate: it is needed to find the value again.
            int stackPointer = Registers.mask(Registers.STACK_POINTER);
            number = Integer.numberOfTrailingZeros(Registers.ALL & ~stackPointer & ~used);
            saved.add(number);
            builder.append(Opcode.STORE_IND_U64, registers.read(Registers.STACK_POINTER), below(saved.size()), number);
        }
        taken |= 1 << number;
        return number;
    }

    private static long below(int words) {
        return -(long) Long.BYTES * words;
    }

    /** The values that were saved go back to their registers. */
    void release() {
        for (int words = saved.size(); words > 0; words--) {
            builder.append(Opcode.LOAD_IND_U64, saved.get(words - 1), registers.read(Registers.STACK_POINTER),
                    below(words));
        }
        saved.clear();
        taken = 0;
    }
}
