package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.ByOctets;

/** {@code peek}: copies RAM of an inner machine to RAM of the caller. */
final class PeekCall implements HostCall {
    private final GasSchedule schedule;
    private final MachineTable machines;

    PeekCall(GasSchedule schedule, MachineTable machines) {
        this.schedule = schedule;
        this.machines = machines;
    }

    @Override
    public Outcome handle(HostContext call) {
        long target = call.register(8);
        long source = call.register(9);
        long length = call.register(10);
        if (!call.charge(schedule.of(ByOctets.PEEK), length)) {
            return Outcome.OUT_OF_GAS;
        }
        if (!call.memory().writable(target, length)) {
            return Outcome.PANIC;
        }
        var machine = machines.get(call.register(7));
        if (machine == null) {
            return call.answer(HostResults.WHO);
        }
        boolean copied = machine.memory().copyTo(source, call.memory(), target, length);
        return call.answer(copied ? HostResults.OK : HostResults.OOB);
    }
}
