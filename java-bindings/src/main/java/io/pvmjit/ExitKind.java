package io.pvmjit;

/**
 * Why a run ended: the results of the Gray Paper's {@code invoke}, in their order (0 to 4), and one that guests never see.
 */
public enum ExitKind {
    HALT,
    PANIC,
    /** {@link Instance#exitArgument()} is the address of the page. */
    PAGE_FAULT,
    /** {@link Instance#exitArgument()} is the number of the call. */
    HOST_CALL,
    OUT_OF_GAS,
    /** See {@link Exit.Interrupted}. */
    INTERRUPTED
}
