package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.Fixed;

/** {@code machine} of revision {@code next}: makes an inner machine from a module's handle. */
final class MachineCall implements HostCall {
    private final GasSchedule schedule;
    private final RefineContext context;

    MachineCall(GasSchedule schedule, RefineContext context) {
        this.schedule = schedule;
        this.context = context;
    }

    @Override
    public Outcome handle(HostContext call) {
        if (!call.charge(schedule.of(Fixed.MACHINE))) {
            return Outcome.OUT_OF_GAS;
        }
        if (context.machines().isFull()) {
            return call.answer(HostResults.FULL);
        }
        long handle = call.register(7);
        var module = context.modules().get(handle);
        if (module == null) {
            return call.answer(HostResults.WHO);
        }
        long pc = call.register(8);
        if (!module.isStart(pc)) {
            return call.answer(HostResults.HUH);
        }
        var machines = context.machines();
        int number = machines.add(module.instantiate(), (int) handle);
        machines.get(number).pc(pc);
        return call.answer(number);
    }
}
