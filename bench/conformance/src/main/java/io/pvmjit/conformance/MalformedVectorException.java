package io.pvmjit.conformance;

/** A vector that does not have the form of its kind. The message says where and what was expected. */
public final class MalformedVectorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MalformedVectorException(String message) {
        super(message);
    }
}
