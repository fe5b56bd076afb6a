package io.pvmjit;

/**
 * Lets an observer see what hosts do to an instance: every access to its RAM and its registers that goes through
 * {@link Instance} and {@link Memory}, until the watch is closed. An instance that is not watched pays nothing for it.
 * Used as the instance is, by one thread at a time; there may be one watch of an instance at a time. Embedders do not
 * implement it.
 */
public interface HostWatch extends AutoCloseable {
    /**
     * Begins to watch.
     *
     * @throws IllegalStateException when the instance is watched, is closed or is in use by another thread
     */
    static HostWatch of(Instance instance, HostObserver observer) {
        return instance.watch(observer);
    }

    /** Ends the watch. Does nothing when it has ended, or the instance is closed. */
    @Override
    void close();
}
