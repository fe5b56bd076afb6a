package io.pvmjit;

/**
 * An invocation's turn at the processors. Of the invocations that have begun only {@link EngineConfig#turns} run at
 * once, and who has run least goes first: one that waits while another has run for longer takes the turn of that, which
 * is interrupted at the start of a basic block, waits, and later goes on as if nothing had been. Those that have run for
 * long share by slices of ten milliseconds. Guests see nothing of it: results and gas are the same.
 *
 * <p>What invocations of the same name, as of {@link Engine#open}, took lately is expected of the next one. One whose last
 * two were short, a millisecond at most, does not wait at all.
 *
 * <p>Refinements and authorizations do all of this by themselves. Others, on the thread that runs the invocation:
 *
 * <pre>{@code
 * try (var account = engine.open("my invocation"); ...) {
 *     var turn = account.turn();
 *     if (turn.begin()) {
 *         turn.serve(instance);
 *         do {
 *             exit = dispatcher.run(instance);
 *         } while (turn.goesOn(exit));
 *     }
 * }
 * }</pre>
 *
 * <p>Closing the account ends the turn. Whoever does not stop when asked, because it waits for something outside or is in
 * the midst of a long operation, is not counted any more after a tenth of a second: others run beside it.
 *
 * <p>{@link #interrupt()} is for any thread, the other methods for the one that runs the invocation.
 * Embedders do not implement it.
 */
public interface Turn {
    /**
     * Waits for the first turn.
     *
     * @return false when the invocation was interrupted before: then it must not run
     * @throws IllegalStateException when it has begun
     */
    boolean begin();

    /** Names the instance that runs: what interrupts the invocation stops it from here on, and the other way round. */
    void serve(Instance running);

    /**
     * Whether the run that ended so was stopped only for others to run. Then this has waited for the next turn, and the run
     * is to go on. False when it stopped for another reason, or was interrupted by somebody while it waited.
     */
    boolean goesOn(Exit exit);

    /** Interrupts the invocation for good, whether it runs or waits: {@link Instance#interrupt()} for what it runs. */
    void interrupt();

    /** Says that the invocation failed: its like do not go first for that it was short. */
    void fail();

    /** Whether somebody interrupted the invocation, be it by its instance or all of the engine. */
    boolean interrupted();
}
