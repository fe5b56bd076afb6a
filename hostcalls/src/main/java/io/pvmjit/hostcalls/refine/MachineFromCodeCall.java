package io.pvmjit.hostcalls.refine;

import io.pvmjit.InterruptedCompilationException;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.internal.lifetime.Closing;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.ByOctets;

/** {@code machine} of revision 0.8.0: makes an inner machine from code in RAM. */
final class MachineFromCodeCall implements HostCall {
    private final GasSchedule schedule;
    private final RefineContext context;

    MachineFromCodeCall(GasSchedule schedule, RefineContext context) {
        this.schedule = schedule;
        this.context = context;
    }

    @Override
    public Outcome handle(HostContext call) {
        long gas = call.gas();
        if (!call.charge(schedule.of(ByOctets.MACHINE_FROM_CODE), call.register(8))) {
            return Outcome.OUT_OF_GAS;
        }
        if (context.machines().isFull()) {
            return call.answer(HostResults.FULL);
        }
        // The machine keeps the module alive.
        Module module = null;
        Throwable failure = null;
        try {
            module = context.engine().compile(call.memory(), call.register(7), call.register(8), context.account());
            if (module == null) {
                return Outcome.PANIC;
            }
            long pc = call.register(9);
            if (!module.isStart(pc)) {
                return call.answer(HostResults.HUH);
            }
            var machines = context.machines();
            int number = machines.add(module.instantiate(), MachineTable.NO_HANDLE);
            machines.get(number).pc(pc);
            return call.answer(number);
        } catch (InvalidProgramException _) {
            return call.answer(HostResults.HUH);
        } catch (InterruptedCompilationException _) {
            // Nothing has been done: the call is made again.
            call.gas(gas);
            return Outcome.INTERRUPTED;
        } catch (Throwable e) {
            failure = e;
            throw e;
        } finally {
            Closing.after(failure, module);
        }
    }
}
