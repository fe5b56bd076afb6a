package io.pvmjit;

/**
 * What one invocation spends of an engine: modules compiled for an account, and the instances of these, count against its
 * quotas until they are closed. Thread-safe. Embedders do not implement it.
 *
 * <p>Closing gives up the invocation's share. Close its modules and instances before: what is open counts until it is
 * closed.
 */
public interface Account extends AutoCloseable {
    /** Where it was opened. */
    Engine engine();

    /** What it was named. */
    String invocation();

    /** Octets that count now. */
    long spent(Resource resource);

    /** The invocation's turn at the processors, which has not begun yet. */
    Turn turn();

    /** Gives up the share and the turn. Does nothing when closed before. */
    @Override
    void close();
}
