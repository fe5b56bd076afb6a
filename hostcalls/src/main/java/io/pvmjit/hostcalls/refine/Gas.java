package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;

/** {@code gas}: how much is left. */
final class Gas implements HostCall {
    private final GasSchedule schedule;

    Gas(GasSchedule schedule) {
        this.schedule = schedule;
    }

    @Override
    public Outcome handle(HostContext call) {
        return call.charge(schedule.gas()) ? call.answer(call.gas()) : Outcome.OUT_OF_GAS;
    }
}
