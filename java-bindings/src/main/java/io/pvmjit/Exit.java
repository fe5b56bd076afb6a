package io.pvmjit;

/** Why a run ended. */
public sealed interface Exit {
    /** The program jumped to the halt address, 2^32 - 2^16. */
    record Halt() implements Exit {
        static final Halt INSTANCE = new Halt();
    }

    /** A trap, an invalid jump, an access below 2^16, or a start where no instruction is. */
    record Panic() implements Exit {
        static final Panic INSTANCE = new Panic();
    }

    /** The next block costs more gas than there is; nothing of it was charged. */
    record OutOfGas() implements Exit {
        static final OutOfGas INSTANCE = new OutOfGas();
    }

    /**
     * An access that the page does not grant; the instruction had no effect.
     *
     * @param page address of the page, a multiple of 4096
     */
    record PageFault(long page) implements Exit {}

    /**
     * An {@code ecalli}; the next run goes on behind it.
     *
     * @param number of the call, sign-extended to 64 bits
     */
    record HostCall(long number) implements Exit {}

    /**
     * Somebody interrupted the run, which stands in front of a block, or where it would have begun. Not the guest's doing,
     * and nothing that it can notice: the next run goes on as if nothing had been.
     */
    record Interrupted() implements Exit {
        static final Interrupted INSTANCE = new Interrupted();
    }

    /** The exit of this kind, with its argument where it has one. */
    static Exit of(ExitKind kind, long argument) {
        return switch (kind) {
            case HALT -> Halt.INSTANCE;
            case PANIC -> Panic.INSTANCE;
            case OUT_OF_GAS -> OutOfGas.INSTANCE;
            case PAGE_FAULT -> new PageFault(argument);
            case HOST_CALL -> new HostCall(argument);
            case INTERRUPTED -> Interrupted.INSTANCE;
        };
    }
}
