package io.pvmjit.internal.front;

import io.pvmjit.Account;
import io.pvmjit.Engine;
import io.pvmjit.Resource;
import io.pvmjit.Turn;
import io.pvmjit.internal.backend.Spending;

/** The account of an invocation, with its turn. */
final class FrontAccount implements Account {
    final FrontEngine engine;
    /** Set once, before anybody has the account: made before it, so that no error can come between the two. */
    Spending spending;
    final FrontTurn turn;

    FrontAccount(FrontEngine engine, FrontTurn turn) {
        this.engine = engine;
        this.turn = turn;
    }

    @Override
    public Engine engine() {
        return engine;
    }

    @Override
    public String invocation() {
        return spending.invocation();
    }

    @Override
    public long spent(Resource resource) {
        return spending.spent(resource);
    }

    @Override
    public Turn turn() {
        return turn;
    }

    @Override
    public void close() {
        try {
            spending.close();
        } finally {
            turn.end();
        }
    }
}
