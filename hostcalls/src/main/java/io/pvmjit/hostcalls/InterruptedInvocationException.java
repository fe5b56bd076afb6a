package io.pvmjit.hostcalls;

import io.pvmjit.PvmException;

/**
 * An invocation was interrupted, at a deadline or by hand, before it came to a result. It is no result: nothing that
 * consensus may see follows from it.
 */
public final class InterruptedInvocationException extends PvmException {
    private static final long serialVersionUID = 1L;

    private final long gasUsed;

    /**
     * An invocation that was given up.
     *
     * @param invocation which one, in words that begin a sentence
     * @param gasUsed until then, unsigned
     */
    public InterruptedInvocationException(String invocation, long gasUsed) {
        super(invocation + " was interrupted when it had used " + Long.toUnsignedString(gasUsed) + " gas");
        this.gasUsed = gasUsed;
    }

    /** Gas used until then, unsigned. */
    public long gasUsed() {
        return gasUsed;
    }
}
