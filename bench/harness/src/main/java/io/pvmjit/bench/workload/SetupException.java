package io.pvmjit.bench.workload;

/** Something that a measurement needs is not there, or not as it has to be. The message is one line that says what. */
public final class SetupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SetupException(String message) {
        super(message);
    }
}
