package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.ByOctets;

/** {@code historical_lookup}: copies a piece of a preimage, as of the look-up anchor, to RAM. */
final class HistoricalLookupCall implements HostCall {
    private final GasSchedule schedule;
    private final RefineEnvironment environment;

    HistoricalLookupCall(GasSchedule schedule, RefineEnvironment environment) {
        this.schedule = schedule;
        this.environment = environment;
    }

    @Override
    public Outcome handle(HostContext call) {
        if (!call.charge(schedule.of(ByOctets.HISTORICAL_LOOKUP), call.register(11))) {
            return Outcome.OUT_OF_GAS;
        }
        var hash = new byte[Limits.HASH_OCTETS];
        if (!call.memory().read(call.register(8), hash)) {
            return Outcome.PANIC;
        }
        var preimage = environment.preimage(Service.of(call.register(7), environment), hash);
        return Piece.copy(call, preimage, call.register(9), call.register(10), call.register(11));
    }
}
