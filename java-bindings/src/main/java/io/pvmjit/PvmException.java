package io.pvmjit;

/**
 * What an embedder may have to handle: a program that is not valid, a limit that is reached, a library that does not
 * load. What a running guest does wrong is an {@link Exit}, never an exception.
 */
public class PvmException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** One with the reason, a line. */
    public PvmException(String message) {
        super(message);
    }

    /** One with the reason, a line, and what caused it. */
    public PvmException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Without suppressed exceptions, and with a stack trace only if asked for. */
    PvmException(String message, boolean writableStackTrace) {
        super(message, null, false, writableStackTrace);
    }
}
