package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.ByOctets;

/** {@code poke}: copies RAM of the caller to RAM of an inner machine. */
final class PokeCall implements HostCall {
    private final GasSchedule schedule;
    private final MachineTable machines;

    PokeCall(GasSchedule schedule, MachineTable machines) {
        this.schedule = schedule;
        this.machines = machines;
    }

    @Override
    public Outcome handle(HostContext call) {
        long source = call.register(8);
        long target = call.register(9);
        long length = call.register(10);
        if (!call.charge(schedule.of(ByOctets.POKE), length)) {
            return Outcome.OUT_OF_GAS;
        }
        if (!call.memory().readable(source, length)) {
            return Outcome.PANIC;
        }
        var machine = machines.get(call.register(7));
        if (machine == null) {
            return call.answer(HostResults.WHO);
        }
        boolean copied = call.memory().copyTo(source, machine.memory(), target, length);
        return call.answer(copied ? HostResults.OK : HostResults.OOB);
    }
}
