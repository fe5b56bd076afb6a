package io.pvmjit.hostcalls.refine;

/** What a refinement or an authorization comes to (Gray Paper 14.3, B.2, B.3). */
public sealed interface WorkResult {
    /** The code halted with this output. */
    record Output(byte[] octets) implements WorkResult {}

    /**
     * The code halted with more output than the caller takes; nothing of it was copied.
     *
     * @param length in octets, at most 2^32
     */
    record OutputTooLong(long length) implements WorkResult {}

    /** The gas did not last (OOG). */
    record OutOfGas() implements WorkResult {}

    /** The code panicked, or is not a valid program (PANIC). */
    record Panic() implements WorkResult {}

    /** The code is not available (BAD). */
    record Bad() implements WorkResult {}

    /** The code is longer than allowed (BIG). */
    record Big() implements WorkResult {}
}
