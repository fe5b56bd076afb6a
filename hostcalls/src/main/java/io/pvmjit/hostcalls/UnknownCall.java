package io.pvmjit.hostcalls;

/** Serves a call that an invocation does not know: it costs gas all the same, and answers WHAT. */
public final class UnknownCall implements HostCall {
    /** What an unknown call costs in every revision so far. */
    public static final long COST = 1000;

    private final long cost;

    /** With the cost of {@link #COST}. */
    public UnknownCall() {
        this(COST);
    }

    /** @param cost in gas units, unsigned */
    public UnknownCall(long cost) {
        this.cost = cost;
    }

    @Override
    public Outcome handle(HostContext context) {
        if (!context.charge(cost)) {
            return Outcome.OUT_OF_GAS;
        }
        context.register(7, HostResults.WHAT);
        return Outcome.CONTINUE;
    }
}
