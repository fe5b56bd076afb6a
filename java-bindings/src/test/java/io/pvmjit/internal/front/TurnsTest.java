package io.pvmjit.internal.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Exit;
import io.pvmjit.InterruptedCompilationException;
import io.pvmjit.internal.front.FrontTurn.State;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who runs, who waits and who is asked to stop, by a clock of the test's own. */
@Timeout(60)
class TurnsTest extends TurnsFixture {
    @Test
    void noMoreThanThereArePlaces() throws Exception {
        var turns = turns(2);
        var first = running(turns, "a");
        var second = running(turns, "b");
        var third = new FrontTurn(turns, "c");
        var begun = waits(turns, third, third::begin);
        turns.tick();
        assertEquals(State.WAITING, state(turns, third));
        first.end();
        assertTrue(begun.get());
        assertThrows(IllegalStateException.class, third::begin);
        assertFalse(third.goesOn(new Exit.Halt()));
        second.end();
        second.end();
        third.end();
        assertFalse(third.goesOn(new Exit.Interrupted()), "it has ended");
    }

    @Test
    void whoHasRunLeastGoesFirst() throws Exception {
        var turns = turns(1);
        var longest = running(turns, "a");
        pass(50);
        var middle = new FrontTurn(turns, "b");
        var middleBegun = waits(turns, middle, middle::begin);
        assertTrue(turns.isAsked(longest));
        var longestOn = goesOn(turns, longest);
        assertTrue(middleBegun.get());
        pass(20);
        var newest = new FrontTurn(turns, "c");
        var newestBegun = waits(turns, newest, newest::begin);
        assertTrue(turns.isAsked(middle));
        var middleOn = goesOn(turns, middle);
        assertTrue(newestBegun.get());
        newest.end();
        assertTrue(middleOn.get());
        assertEquals(State.WAITING, state(turns, longest));
        middle.end();
        assertTrue(longestOn.get());
        longest.end();
    }

    @Test
    void thoseThatRunForLongShareBySlices() throws Exception {
        var turns = turns(1);
        var one = running(turns, "a");
        pass(200);
        var other = new FrontTurn(turns, "b");
        var begun = waits(turns, other, other::begin);
        var on = goesOn(turns, one);
        assertTrue(begun.get());
        pass(200);
        turns.tick();
        assertTrue(turns.isAsked(other));
        var otherOn = goesOn(turns, other);
        assertTrue(on.get());
        pass(9);
        turns.tick();
        assertFalse(turns.isAsked(one), "its slice is not over");
        pass(1);
        turns.tick();
        assertTrue(turns.isAsked(one));
        one.end();
        assertTrue(otherOn.get());
        other.end();
    }

    /** One that nobody asked goes on at once: what interrupted it was late. */
    @Test
    void interruptsThatComeLateAreNothing() {
        var turn = running(turns(1), "a");
        assertTrue(turn.goesOn(new Exit.Interrupted()));
        turn.end();
    }

    private static void runShortly(Turns turns, String name) {
        for (int i = 0; i < 2; i++) {
            running(turns, name).end();
        }
    }

    @Test
    void theShortDoNotWait() {
        var turns = turns(1);
        runShortly(turns, "short");
        var hog = running(turns, "a");
        pass(5);
        var one = running(turns, "short");
        assertTrue(turns.isAsked(hog));
        assertEquals(State.RUNNING, hog.state);
        pass(30); // Held up: it is short nevertheless.
        turns.tick();
        assertFalse(turns.isAsked(one));
        one.end();
        hog.end();
    }

    @Test
    void theFailedAreNotShort() throws Exception {
        var turns = turns(1);
        for (int i = 0; i < 2; i++) {
            var failed = running(turns, "failed");
            failed.fail();
            failed.end();
        }
        var hog = running(turns, "a");
        pass(5);
        var one = new FrontTurn(turns, "failed");
        var begun = waits(turns, one, one::begin);
        assertFalse(turns.isAsked(hog));
        hog.end();
        assertTrue(begun.get());
        one.end();
    }

    /** When a short one has ended a long one does not take its place at once, if it runs elsewhere anyway. */
    @Test
    void aPlaceIsKeptForTheShort() throws Exception {
        var turns = turns(2);
        runShortly(turns, "short");
        var hog = running(turns, "a");
        var other = running(turns, "b");
        pass(50);
        var one = running(turns, "short");
        assertTrue(turns.isAsked(hog));
        var on = goesOn(turns, hog);
        one.end();
        turns.tick();
        assertEquals(State.WAITING, state(turns, hog));
        pass(2);
        turns.tick();
        assertTrue(on.get());
        hog.end();
        other.end();
    }

    /** Neither those that change places nor one that takes some milliseconds get the place that is kept. */
    @Test
    void aKeptPlaceStaysKept() throws Exception {
        var turns = turns(2);
        for (int n = 0; n < 2; n++) {
            var turn = running(turns, "some milliseconds");
            pass(3);
            turn.end();
        }
        runShortly(turns, "short");
        var one = running(turns, "a");
        var other = running(turns, "b");
        pass(50);
        var shortOne = running(turns, "short");
        assertTrue(turns.isAsked(one));
        var oneOn = goesOn(turns, one);
        shortOne.end();
        var some = new FrontTurn(turns, "some milliseconds");
        var begun = waits(turns, some, some::begin);
        assertTrue(turns.isAsked(other));
        var otherOn = goesOn(turns, other);
        assertTrue(begun.get());
        turns.tick();
        assertEquals(State.WAITING, state(turns, one));
        assertEquals(State.WAITING, state(turns, other));
        pass(2);
        turns.tick();
        some.end();
        pass(2);
        turns.tick();
        assertTrue(oneOn.get());
        assertTrue(otherOn.get());
        one.end();
        other.end();
    }

    @Test
    void whoHasWaitedForLongGoesFirst() throws Exception {
        var turns = turns(1);
        var hog = running(turns, "a");
        pass(200);
        var first = new FrontTurn(turns, "b");
        var firstBegun = waits(turns, first, first::begin);
        var hogOn = goesOn(turns, hog);
        assertTrue(firstBegun.get());
        pass(1000);
        var second = new FrontTurn(turns, "c");
        var secondBegun = waits(turns, second, second::begin);
        first.end();
        assertTrue(hogOn.get());
        assertEquals(State.WAITING, state(turns, second));
        hog.end();
        assertTrue(secondBegun.get());
        second.end();
    }

    /** Two that are short run by turns without a pause: beside one place there would never be none of them. */
    @Test
    void aFloodOfShortOnesStarvesNobody() throws Exception {
        var turns = turns(1);
        runShortly(turns, "short");
        runShortly(turns, "short");
        var one = running(turns, "short");
        var newcomer = new FrontTurn(turns, "new");
        var begun = waits(turns, newcomer, newcomer::begin);
        for (int n = 0; n < 15; n++) {
            pass(1);
            var other = running(turns, "short");
            one.end();
            one = other;
            assertEquals(State.WAITING, state(turns, newcomer));
        }
        pass(10);
        var held = new FrontTurn(turns, "short");
        var heldBegun = waits(turns, held, held::begin);
        one.end();
        assertTrue(begun.get());
        // One of those that waited runs: the short ones run beside again.
        assertTrue(heldBegun.get());
        held.end();
        newcomer.end();
    }

    @Test
    void whoDoesNotAnswerKeepsNobodyWaiting() throws Exception {
        var turns = turns(1);
        var silent = running(turns, "a");
        pass(50);
        var other = new FrontTurn(turns, "b");
        var begun = waits(turns, other, other::begin);
        assertTrue(turns.isAsked(silent));
        pass(99);
        turns.tick();
        assertEquals(State.WAITING, state(turns, other));
        pass(1);
        turns.tick();
        assertTrue(begun.get());
        assertEquals(State.OVERDUE, state(turns, silent));
        var on = goesOn(turns, silent);
        other.end();
        assertTrue(on.get());
        silent.end();
    }

    @Test
    void interruptsReachThoseThatWait() throws Exception {
        var turns = turns(1);
        var hog = running(turns, "a");
        var one = new FrontTurn(turns, "b");
        var oneBegun = waits(turns, one, one::begin);
        var other = new FrontTurn(turns, "c");
        var otherBegun = waits(turns, other, other::begin);
        one.interrupt();
        assertFalse(oneBegun.get());
        assertEquals(State.WAITING, state(turns, other));
        turns.markAllInterrupted();
        assertFalse(otherBegun.get());
        assertFalse(hog.goesOn(new Exit.Interrupted()));
        one.end();
        other.end();
        hog.end();
        var late = new FrontTurn(turns, "d");
        late.interrupt();
        assertFalse(late.begin());
        late.end();
        running(turns, "e").end();
    }

    /** Interrupts of the thread are no business of the turns, and stay. */
    @Test
    void interruptedThreadsWait() throws Exception {
        var turns = turns(1);
        var hog = running(turns, "a");
        var turn = new FrontTurn(turns, "b");
        var begun = waits(turns, turn, () -> {
            Thread.currentThread().interrupt();
            return turn.begin() && Thread.currentThread().isInterrupted();
        });
        hog.end();
        assertTrue(begun.get());
        turn.end();
    }

    @Test
    void longCompilationsLeaveOnePlace() throws Exception {
        var turns = turns(2);
        var one = running(turns, "a");
        var other = running(turns, "b");
        assertTrue(one.gate.enter(LONG_PROGRAM));
        assertFalse(other.gate.enter(100), "a short one");
        var third = new FrontTurn(turns, "c");
        var thirdBegun = waits(turns, third, third::begin);
        var entered = waits(turns, other, () -> other.gate.enter(LONG_PROGRAM));
        assertTrue(thirdBegun.get(), "it has the place of the one that waits to compile");
        one.gate.leave();
        third.end();
        assertTrue(entered.get());
        other.gate.leave();
        one.end();
        other.end();
        assertFalse(new FrontTurn(turns, "d").gate.enter(LONG_PROGRAM), "not begun");
    }

    @Test
    void interruptsEndWaitingForACompilation() throws Exception {
        var turns = turns(1);
        var one = running(turns, "a");
        assertTrue(one.gate.enter(LONG_PROGRAM));
        pass(200);
        var other = new FrontTurn(turns, "b");
        var begun = waits(turns, other, other::begin);
        other.interrupt();
        assertFalse(begun.get());
        one.gate.leave();
        one.interrupt();
        var thrown = start(() -> one.gate.enter(LONG_PROGRAM));
        assertTrue(thrown.get(), "it need not wait");
        one.gate.leave();
        var third = new FrontTurn(turns, "c");
        var thirdBegun = waits(turns, third, third::begin);
        assertTrue(turns.isAsked(one));
        var late = start(() -> one.gate.enter(LONG_PROGRAM));
        var cause = assertThrows(ExecutionException.class, late::get).getCause();
        assertInstanceOf(InterruptedCompilationException.class, cause);
        assertTrue(thirdBegun.get());
        one.end();
        third.end();
        assertTrue(running(turns, "d").gate.enter(LONG_PROGRAM), "nothing is left of the others");
    }

    /** Whoever closes an account ends its turn, from any thread: who waits for that turn does not wait for ever. */
    @Test
    void whoWaitsForATurnThatEndsGoesAway() throws Exception {
        var turns = turns(1);
        var hog = running(turns, "a");
        var begins = new FrontTurn(turns, "b");
        var begun = waits(turns, begins, begins::begin);
        begins.end();
        assertFalse(begun.get(10, TimeUnit.SECONDS));
        pass(200);
        var other = new FrontTurn(turns, "c");
        var otherBegun = waits(turns, other, other::begin);
        assertTrue(turns.isAsked(hog));
        var on = goesOn(turns, hog);
        assertTrue(otherBegun.get());
        hog.end();
        assertFalse(on.get(10, TimeUnit.SECONDS));
        other.end();
        running(turns, "d").end();
    }

    @Test
    void whoWaitsToCompileForATurnThatEndsGoesAway() throws Exception {
        var turns = turns(2);
        var one = running(turns, "a");
        var other = running(turns, "b");
        assertTrue(one.gate.enter(LONG_PROGRAM));
        var entered = waits(turns, other, () -> other.gate.enter(LONG_PROGRAM));
        other.end();
        var cause = assertThrows(ExecutionException.class, () -> entered.get(10, TimeUnit.SECONDS)).getCause();
        assertInstanceOf(InterruptedCompilationException.class, cause);
        one.end();
        one.gate.leave();
        assertTrue(running(turns, "c").gate.enter(LONG_PROGRAM), "nothing is left of the others");
    }
}
