package io.pvmjit;

/** The native library cannot be used here; the message names operating system, architecture, path, cause and remedy. */
public final class NativeLoadException extends PvmException {
    private static final long serialVersionUID = 1L;

    /** One with the reason, and what caused it; null for nothing. */
    public NativeLoadException(String message, Throwable cause) {
        super(message, cause);
    }
}
