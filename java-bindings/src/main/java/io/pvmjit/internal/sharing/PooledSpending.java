package io.pvmjit.internal.sharing;

import io.pvmjit.QuotaException;
import io.pvmjit.Resource;
import io.pvmjit.internal.backend.Spending;
import java.util.Objects;

/** Takes what it spends of pools, one for each resource. Thread-safe. */
final class PooledSpending implements Spending {
    private final String invocation;
    private final long owner;
    /** By the ordinal of the resource. */
    private final Pool.Part[] parts;

    PooledSpending(String invocation, Pool.Part[] parts) {
        this.invocation = Objects.requireNonNull(invocation, "invocation");
        this.owner = 1 + Integer.toUnsignedLong(invocation.hashCode());
        this.parts = parts;
    }

    @Override
    public String invocation() {
        return invocation;
    }

    @Override
    public long owner() {
        return owner;
    }

    @Override
    public long spent(Resource resource) {
        return parts[resource.ordinal()].used();
    }

    @Override
    public boolean tryTake(Resource resource, long octets) {
        return parts[resource.ordinal()].take(octets);
    }

    @Override
    public void take(Resource resource, long octets) {
        var part = parts[resource.ordinal()];
        if (!part.take(octets)) {
            throw new QuotaException(
                    invocation, resource, part.used(), octets, part.limitOfThis(), Math.max(0, part.available()));
        }
    }

    @Override
    public void giveBack(Resource resource, long octets) {
        parts[resource.ordinal()].giveBack(octets);
    }

    @Override
    public void close() {
        for (var part : parts) {
            part.close();
        }
    }
}
