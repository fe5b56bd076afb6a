package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.Fixed;

/** {@code gas}: how much is left. */
final class GasCall implements HostCall {
    private final GasSchedule schedule;

    GasCall(GasSchedule schedule) {
        this.schedule = schedule;
    }

    @Override
    public Outcome handle(HostContext call) {
        return call.charge(schedule.of(Fixed.GAS)) ? call.answer(call.gas()) : Outcome.OUT_OF_GAS;
    }
}
