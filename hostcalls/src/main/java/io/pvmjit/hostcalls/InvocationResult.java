package io.pvmjit.hostcalls;

/** What an argument invocation comes to (Gray Paper A.8, Psi_M). */
public sealed interface InvocationResult {
    /** Gas used, unsigned: never more than was given. */
    long gasUsed();

    /**
     * The program halted.
     *
     * @param output what registers 7 and 8 point at; empty when that is not readable
     */
    record Output(byte[] output, long gasUsed) implements InvocationResult {}

    /**
     * The program halted with more output than the caller takes; nothing of it was copied. A program may name as output
     * any RAM that it can read, up to 4 GiB.
     *
     * @param length octets of the output
     */
    record OutputTooLong(long length, long gasUsed) implements InvocationResult {}

    /** The gas did not last (OOG). */
    record OutOfGas(long gasUsed) implements InvocationResult {}

    /** A panic, a page fault, or a blob that is not a valid program (PANIC). */
    record Panic(long gasUsed) implements InvocationResult {}
}
