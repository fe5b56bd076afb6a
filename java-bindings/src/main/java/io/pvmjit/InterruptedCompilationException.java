package io.pvmjit;

/** An invocation was interrupted while it waited for its turn to compile: nothing was compiled. See {@link Turn}. */
public final class InterruptedCompilationException extends PvmException {
    private static final long serialVersionUID = 1L;

    /** Says so. */
    public InterruptedCompilationException() {
        super("the invocation was interrupted before its program was compiled");
    }
}
