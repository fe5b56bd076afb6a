package io.pvmjit.bench.counter;

/** The kernel does not let this process count. The message says what to do about it. */
final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
        super(message);
    }
}
