package io.pvmjit;

/** Why a run ended, in the order of the results of the Gray Paper's {@code invoke} (0 to 4). */
public enum ExitKind {
    HALT,
    PANIC,
    /** {@link Instance#exitArgument()} is the address of the page. */
    PAGE_FAULT,
    /** {@link Instance#exitArgument()} is the number of the call. */
    HOST_CALL,
    OUT_OF_GAS
}
