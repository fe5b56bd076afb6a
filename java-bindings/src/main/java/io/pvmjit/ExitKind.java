package io.pvmjit;

/**
 * Why a run ended: the results of the Gray Paper's {@code invoke}, in their order (0 to 4), and one that guests never see.
 */
public enum ExitKind {
    /** The program jumped to the address that halts. */
    HALT,
    /** It did what no program may do. */
    PANIC,
    /** {@link Instance#exitArgument()} is the address of the page. */
    PAGE_FAULT,
    /** {@link Instance#exitArgument()} is the number of the call. */
    HOST_CALL,
    /** There is not enough gas for the next block. */
    OUT_OF_GAS,
    /** See {@link Exit.Interrupted}. */
    INTERRUPTED
}
