package io.pvmjit.internal.sharing;

import io.pvmjit.QuotaException;
import io.pvmjit.Resource;
import io.pvmjit.internal.backend.Spending;

/** What one thing has taken of an invocation's spending, given back together. Not thread-safe. */
final class Charge {
    private static final Resource[] RESOURCES = Resource.values();

    private final Spending spending;
    private final long[] taken = new long[RESOURCES.length];

    Charge(Spending spending) {
        this.spending = spending;
    }

    /** Takes more, or gives back, to have so many octets in all; false, and nothing changed, when they are not to be had. */
    boolean trySet(Resource resource, long octets) {
        int i = resource.ordinal();
        long more = octets - taken[i];
        if (more > 0 && !spending.tryTake(resource, more)) {
            return false;
        }
        if (more < 0) {
            spending.giveBack(resource, -more);
        }
        taken[i] = octets; // No call before: the stack may be at its end.
        return true;
    }

    /**
     * As {@link #trySet}.
     *
     * @throws QuotaException when they are not to be had
     */
    void set(Resource resource, long octets) {
        int i = resource.ordinal();
        long more = octets - taken[i];
        if (more > 0) {
            spending.take(resource, more);
        } else if (more < 0) {
            spending.giveBack(resource, -more);
        }
        taken[i] = octets; // Likewise.
    }

    /** Gives all back. Called again, it does what is left. Takes nothing from the Java heap. */
    void release() {
        for (int i = 0; i < taken.length; i++) {
            long octets = taken[i];
            if (octets != 0) {
                spending.giveBack(RESOURCES[i], octets);
                taken[i] = 0;
            }
        }
    }

    Spending spending() {
        return spending;
    }
}
