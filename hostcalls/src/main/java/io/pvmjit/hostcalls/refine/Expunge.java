package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;

/** {@code expunge}: ends an inner machine, or frees a module's handle (the latter in revision {@code next}). */
final class Expunge implements HostCall {
    private static final long MACHINE = 0;
    private static final long MODULE = 1;

    private final GasSchedule schedule;
    private final RefineContext context;
    private final boolean byMode;

    /** @param byMode whether register 7 holds a mode and register 8 the number; else register 7 holds a machine's */
    Expunge(GasSchedule schedule, RefineContext context, boolean byMode) {
        this.schedule = schedule;
        this.context = context;
        this.byMode = byMode;
    }

    @Override
    public Outcome handle(HostContext call) {
        if (!call.charge(schedule.expunge())) {
            return Outcome.OUT_OF_GAS;
        }
        long mode = byMode ? call.register(7) : MACHINE;
        long number = call.register(byMode ? 8 : 7);
        if (mode == MACHINE) {
            return call.answer(expungeMachine(number));
        }
        if (mode == MODULE) {
            return call.answer(context.modules().expunge(number) ? HostResults.OK : HostResults.WHO);
        }
        return call.answer(HostResults.HUH);
    }

    private long expungeMachine(long number) {
        var machine = context.machines().get(number);
        if (machine == null) {
            return HostResults.WHO;
        }
        long pc = machine.pc();
        context.machines().remove(number);
        return pc;
    }
}
