package io.pvmjit;

import io.pvmjit.internal.backend.Spending;

/**
 * What one invocation spends of an engine: modules compiled for an account, and the instances of these, count against its
 * quotas until they are closed. Thread-safe.
 *
 * <p>Closing gives up the invocation's share. Close its modules and instances before: what is open counts until it is
 * closed.
 */
public final class Account implements AutoCloseable {
    private final Engine engine;
    private final Spending spending;
    private final Turn turn;

    Account(Engine engine, Spending spending, Turn turn) {
        this.engine = engine;
        this.spending = spending;
        this.turn = turn;
    }

    /** Where it was opened. */
    public Engine engine() {
        return engine;
    }

    /** What it was named. */
    public String invocation() {
        return spending.invocation();
    }

    /** Octets that count now. */
    public long spent(Resource resource) {
        return spending.spent(resource);
    }

    /** The invocation's turn at the processors, which has not begun yet. */
    public Turn turn() {
        return turn;
    }

    Spending spending() {
        return spending;
    }

    /** Gives up the share and the turn. Does nothing when closed before. */
    @Override
    public void close() {
        try {
            spending.close();
        } finally {
            turn.end();
        }
    }
}
