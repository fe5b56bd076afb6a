package io.pvmjit.internal.sharing;

import io.pvmjit.Resource;

/**
 * All that an engine's guests may have of one resource, and who has what. Half of it are shares, the same for each
 * invocation of a given number; what is promised to those that run and may come is never given to others. Thread-safe.
 *
 * <p>A part draws more than it needs at once, so that its small changes do not meet here.
 */
final class Pool {
    /** Octets that a part draws at least where they are to be had. */
    private static final long CHUNK = 256 << 10;

    private final Resource resource;
    private final long limit;
    private final long limitOfOne;
    private final int sharers;
    private final long share;

    // Guarded by this object's monitor.
    /** What parts have drawn. */
    private long drawn;
    /** What open parts have not drawn of their shares. */
    private long promised;
    private int open;

    /**
     * @param limit octets for all
     * @param limitOfOne octets for one invocation
     * @param sharers invocations that have a share, 1 or more
     */
    Pool(Resource resource, long limit, long limitOfOne, int sharers) {
        this.resource = resource;
        this.limit = limit;
        this.limitOfOne = limitOfOne;
        this.sharers = sharers;
        this.share = Math.min(limit / 2 / sharers, limitOfOne);
    }

    /** A part for an invocation, with a share. */
    synchronized Part open() {
        var part = new Part(limitOfOne, Math.min(share, Math.max(0, limit - drawn - promised)));
        promised += part.undrawnShare;
        part.counted = true;
        open++;
        return part;
    }

    /** A part for what is in no invocation: without share, and without a bound of its own. */
    Part own() {
        return new Part(Long.MAX_VALUE, 0);
    }

    synchronized long drawn() {
        return drawn;
    }

    long limit() {
        return limit;
    }

    /** What a part may draw now. */
    private long free(Part part) {
        long toCome = Math.max(0, sharers - open) * share;
        return part.undrawnShare + Math.max(0, limit - drawn - promised - toCome);
    }

    /** All of it or nothing: no call once something is written, for the stack may be at its end. */
    private void change(Part part, long octets) {
        long undrawn = part.closed ? 0 : Math.max(0, part.share - part.granted - octets);
        drawn += octets;
        part.granted += octets;
        promised += undrawn - part.undrawnShare;
        part.undrawnShare = undrawn;
        if (part.closed && part.counted) {
            part.counted = false;
            open--;
        }
    }

    /**
     * What one invocation has of the pool, or all that is in none. Whatever changes is written when no call is left that
     * could fail: the stack may be at its end.
     */
    final class Part {
        private final long limitOfThis;
        private final long share;
        // Written under its own monitor.
        private volatile long used;
        /** Drawn from the pool. Written under the pool's monitor, too. */
        private volatile long granted;
        private boolean closed;
        // Guarded by the pool's monitor.
        private long undrawnShare;
        /** One of those that are open. */
        private boolean counted;

        private Part(long limitOfThis, long share) {
            this.limitOfThis = limitOfThis;
            this.share = share;
            this.undrawnShare = share;
        }

        Resource resource() {
            return resource;
        }

        long used() {
            return used;
        }

        long limitOfThis() {
            return limitOfThis;
        }

        /** What there is beyond what is used, by the bound of all. */
        long available() {
            synchronized (Pool.this) {
                return granted - used + free(this);
            }
        }

        /** Takes octets, 0 or more; false, and nothing taken, when they are not to be had. */
        synchronized boolean take(long octets) {
            long wanted = used + octets;
            if (wanted > granted && !draw(wanted)) {
                return false;
            }
            used = wanted;
            return true;
        }

        private boolean draw(long wanted) {
            synchronized (Pool.this) {
                long needed = wanted - granted;
                long free = free(this);
                if (wanted > limitOfThis || needed > free) {
                    return false;
                }
                change(this, Math.max(needed, Math.min(Math.min(CHUNK, free), limitOfThis - granted)));
                return true;
            }
        }

        /** Gives octets back, or throws and has not. Takes nothing from the Java heap. */
        synchronized void giveBack(long octets) {
            long left = used - octets;
            if (closed) {
                shrink(left);
            } else if (granted - left > 2 * CHUNK) {
                try {
                    shrink(left + CHUNK);
                } catch (StackOverflowError _) {
                    // What is held ready is more than need be, until the next time.
                }
            }
            used = left;
        }

        /** Gives up what is drawn beyond what is to be kept. */
        private void shrink(long kept) {
            synchronized (Pool.this) {
                long spare = granted - kept;
                if (spare > 0 || counted && closed) {
                    change(this, -Math.max(0, spare));
                }
            }
        }

        /** Gives up the share and what is not used. Called again, it does what an error has left. */
        synchronized void close() {
            closed = true;
            shrink(used);
        }
    }
}
