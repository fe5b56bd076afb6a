package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.Fixed;

/** {@code expunge} before #530: ends an inner machine. */
final class ExpungeMachineCall implements HostCall {
    private final GasSchedule schedule;
    private final RefineContext context;

    ExpungeMachineCall(GasSchedule schedule, RefineContext context) {
        this.schedule = schedule;
        this.context = context;
    }

    @Override
    public Outcome handle(HostContext call) {
        return call.charge(schedule.of(Fixed.EXPUNGE))
                ? call.answer(expunge(context.machines(), call.register(7)))
                : Outcome.OUT_OF_GAS;
    }

    /** Ends a machine; its pc, or WHO when there is none. */
    static long expunge(MachineTable machines, long number) {
        var machine = machines.get(number);
        if (machine == null) {
            return HostResults.WHO;
        }
        long pc = machine.pc();
        machines.remove(number);
        return pc;
    }
}
