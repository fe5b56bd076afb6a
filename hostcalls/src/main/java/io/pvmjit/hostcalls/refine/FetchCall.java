package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.ByOctets;
import java.lang.foreign.MemorySegment;

/** {@code fetch}: copies a piece of an item of the work package to RAM. */
final class FetchCall implements HostCall {
    private final GasSchedule schedule;
    private final RefineEnvironment environment;

    FetchCall(GasSchedule schedule, RefineEnvironment environment) {
        this.schedule = schedule;
        this.environment = environment;
    }

    @Override
    public Outcome handle(HostContext call) {
        long selector = call.register(10);
        boolean known = selector >= 0 && selector < schedule.fetch().size();
        var cost = known ? schedule.fetch().get((int) selector) : schedule.of(ByOctets.FETCH_UNKNOWN_SELECTOR);
        if (!call.charge(cost, call.register(9))) {
            return Outcome.OUT_OF_GAS;
        }
        MemorySegment item = known ? environment.fetch((int) selector, call.register(11), call.register(12)) : null;
        return Piece.copy(call, item, call.register(7), call.register(8), call.register(9));
    }
}
