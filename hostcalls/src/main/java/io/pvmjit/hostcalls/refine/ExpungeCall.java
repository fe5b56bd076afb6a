package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.Fixed;

/**
 * {@code expunge} (#530): ends an inner machine, or takes a module out of the map. The module's handle is free when the
 * last machine made from it is gone.
 */
final class ExpungeCall implements HostCall {
    private static final long MACHINE = 0;
    private static final long MODULE = 1;

    private final GasSchedule schedule;
    private final RefineContext context;

    ExpungeCall(GasSchedule schedule, RefineContext context) {
        this.schedule = schedule;
        this.context = context;
    }

    @Override
    public Outcome handle(HostContext call) {
        if (!call.charge(schedule.of(Fixed.EXPUNGE))) {
            return Outcome.OUT_OF_GAS;
        }
        long mode = call.register(7);
        long number = call.register(8);
        if (mode == MACHINE) {
            return call.answer(ExpungeMachineCall.expunge(context.machines(), number));
        }
        if (mode == MODULE) {
            return call.answer(context.modules().expunge(number) ? HostResults.OK : HostResults.WHO);
        }
        return call.answer(HostResults.HUH);
    }
}
