package io.pvmjit.input;

/** Input that a command cannot work with. The message is one line that says what is wrong with what. */
public final class InputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public InputException(String message) {
        super(message);
    }
}
