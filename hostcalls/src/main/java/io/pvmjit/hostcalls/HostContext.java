package io.pvmjit.hostcalls;

import io.pvmjit.Instance;
import io.pvmjit.Memory;
import io.pvmjit.rules.GrowingCost;

/**
 * What a {@link HostCall} sees of the machine that called. Gas and registers are unsigned 64-bit values in a
 * {@code long}; {@link Long#compareUnsigned} and its like apply.
 */
public final class HostContext {
    private final Instance instance;
    private final Memory memory;

    /** The context of a machine that rests, after a host call or when a call is made on its behalf. */
    public HostContext(Instance instance) {
        this.instance = instance;
        this.memory = instance.memory();
    }

    /** The number of the call, sign-extended to 64 bits; 0 when the machine did not stop at a call. */
    public long number() {
        return instance.exitArgument();
    }

    /** Register {@code index}, 0 to 12. */
    public long register(int index) {
        return instance.register(index);
    }

    /** Sets register {@code index}, 0 to 12. */
    public void register(int index, long value) {
        instance.register(index, value);
    }

    /** The RAM. */
    public Memory memory() {
        return memory;
    }

    /** Gas left. */
    public long gas() {
        return instance.gas();
    }

    /** Sets the gas left: for a refund. What a call costs goes through {@link #charge}. */
    public void gas(long value) {
        instance.gas(value);
    }

    /**
     * Takes gas.
     *
     * @param cost unsigned
     * @return false when there is less than that: then all gas is taken, and the handler must do nothing further and
     *     answer {@link HostCall.Outcome#OUT_OF_GAS}
     */
    public boolean charge(long cost) {
        long gas = instance.gas();
        if (Long.compareUnsigned(gas, cost) < 0) {
            instance.gas(0);
            return false;
        }
        instance.gas(gas - cost);
        return true;
    }

    /**
     * Takes gas that grows with an amount which the guest chose. A cost of more than 64 bits is more than any counter
     * holds.
     *
     * @param amount unsigned
     * @return as for {@link #charge(long)}
     */
    public boolean charge(GrowingCost cost, long amount) {
        if (cost.fits(amount)) {
            return charge(cost.of(amount));
        }
        instance.gas(0);
        return false;
    }

    /** Sets register 7, where calls leave their result, and lets the machine go on. */
    public HostCall.Outcome answer(long result) {
        instance.register(7, result);
        return HostCall.Outcome.CONTINUE;
    }

    /** The machine itself. */
    public Instance instance() {
        return instance;
    }
}
