package io.pvmjit.bench.peer;

/** A peer did not compute what another did: its time means nothing. The message names workload and peer. */
public final class WrongResultException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WrongResultException(String message) {
        super(message);
    }
}
