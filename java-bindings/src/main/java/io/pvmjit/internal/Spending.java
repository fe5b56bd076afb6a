package io.pvmjit.internal;

import io.pvmjit.QuotaException;
import io.pvmjit.Resource;
import java.util.Objects;

/** What one invocation has of each resource, or all that is in none. Thread-safe. */
public final class Spending {
    private final String invocation;
    private final long owner;
    /** By the ordinal of the resource. */
    private final Pool.Part[] parts;

    Spending(String invocation, Pool.Part[] parts) {
        this.invocation = Objects.requireNonNull(invocation, "invocation");
        this.owner = 1 + Integer.toUnsignedLong(invocation.hashCode());
        this.parts = parts;
    }

    /** Of somebody who has no bounds: what runs without an engine of the API. */
    public static Spending unbounded() {
        return new Budget(Long.MAX_VALUE / 4, Long.MAX_VALUE / 4, Long.MAX_VALUE / 4).own();
    }

    /** Whose it is. */
    public String invocation() {
        return invocation;
    }

    /** A number for all invocations of this name, not 0: whom slots of instances that have ended are kept for. */
    long owner() {
        return owner;
    }

    /** Octets taken and not given back. */
    public long spent(Resource resource) {
        return parts[resource.ordinal()].used();
    }

    /** Takes octets, 0 or more; false, and nothing taken, when they are not to be had. */
    public boolean tryTake(Resource resource, long octets) {
        return parts[resource.ordinal()].take(octets);
    }

    /**
     * Takes octets, 0 or more.
     *
     * @throws QuotaException when they are not to be had; then nothing is taken
     */
    public void take(Resource resource, long octets) {
        var part = parts[resource.ordinal()];
        if (!part.take(octets)) {
            throw new QuotaException(
                    invocation, resource, part.used(), octets, part.limitOfThis(), Math.max(0, part.available()));
        }
    }

    /** Gives octets back that were taken. Takes nothing from the Java heap. */
    public void giveBack(Resource resource, long octets) {
        parts[resource.ordinal()].giveBack(octets);
    }

    /** Gives up the shares of an invocation. Does nothing when done before. */
    public void close() {
        for (var part : parts) {
            part.close();
        }
    }
}
