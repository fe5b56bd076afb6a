package io.pvmjit.internal.front;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Exit;
import io.pvmjit.internal.front.FrontTurn.State;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;

/** Turns by a clock of the test's own, and invocations that wait on threads of theirs. */
abstract class TurnsFixture {
    static final long MILLISECOND = 1_000_000;
    static final long LONG_PROGRAM = 1 << 20;

    final AtomicLong clock = new AtomicLong(-5);
    private final List<FutureTask<?>> tasks = new ArrayList<>();

    @AfterEach
    void nobodyWaitsAnyMore() throws Exception {
        for (var task : tasks) {
            try {
                task.get();
            } catch (ExecutionException _) {
                // Its test has seen it.
            }
        }
    }

    Turns turns(int places) {
        return new Turns(places, clock::get);
    }

    void pass(long milliseconds) {
        clock.addAndGet(milliseconds * MILLISECOND);
    }

    static FrontTurn running(Turns turns, String name) {
        var turn = new FrontTurn(turns, name);
        assertTrue(turn.begin());
        return turn;
    }

    <T> FutureTask<T> start(Callable<T> action) {
        var task = new FutureTask<>(action);
        tasks.add(task);
        Thread.ofVirtual().start(task);
        return task;
    }

    /** What it does on a thread of its own, once it waits for its turn. */
    <T> FutureTask<T> waits(Turns turns, FrontTurn turn, Callable<T> action) {
        var task = start(action);
        until(turns, turn, State.WAITING);
        return task;
    }

    static void until(Turns turns, FrontTurn turn, State state) {
        long end = System.nanoTime() + 30_000 * MILLISECOND;
        while (state(turns, turn) != state) {
            assertTrue(System.nanoTime() < end, () -> "it is " + turn.state + ", not " + state);
            LockSupport.parkNanos(10_000);
        }
    }

    static State state(Turns turns, FrontTurn turn) {
        turns.isAsked(turn); // Takes the lock: what follows is seen.
        return turn.state;
    }

    FutureTask<Boolean> goesOn(Turns turns, FrontTurn turn) {
        return waits(turns, turn, () -> turn.goesOn(new Exit.Interrupted()));
    }
}
