package io.pvmjit.hostcalls;

/**
 * {@code gas} (Gray Paper B.6): how much is left. A machine may answer it by itself when this is what a table has for it
 * ({@link HostCallTable#gasCall}), with nothing around it.
 */
public final class GasCall implements HostCall {
    private final long cost;

    /** @param cost in gas units, unsigned */
    public GasCall(long cost) {
        this.cost = cost;
    }

    /** In gas units, unsigned. */
    public long cost() {
        return cost;
    }

    @Override
    public Outcome handle(HostContext call) {
        return call.charge(cost) ? call.answer(call.gas()) : Outcome.OUT_OF_GAS;
    }
}
