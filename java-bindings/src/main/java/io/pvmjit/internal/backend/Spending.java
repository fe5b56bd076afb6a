package io.pvmjit.internal.backend;

import io.pvmjit.QuotaException;
import io.pvmjit.Resource;

/** What one invocation has of each resource, or all that is in none. Thread-safe. */
public interface Spending {
    /** Whose it is. */
    String invocation();

    /** A number for all invocations of this name, not 0: whom slots of instances that have ended are kept for. */
    long owner();

    /** Octets taken and not given back. */
    long spent(Resource resource);

    /** Takes octets, 0 or more; false, and nothing taken, when they are not to be had. */
    boolean tryTake(Resource resource, long octets);

    /**
     * Takes octets, 0 or more.
     *
     * @throws QuotaException when they are not to be had; then nothing is taken
     */
    void take(Resource resource, long octets);

    /** Gives octets back that were taken. Takes nothing from the Java heap. */
    void giveBack(Resource resource, long octets);

    /** Gives up the shares of an invocation. Does nothing when done before. */
    void close();
}
