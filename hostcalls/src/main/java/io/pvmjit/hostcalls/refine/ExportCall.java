package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.Fixed;
import java.lang.foreign.MemorySegment;

/** {@code export}: adds a segment to the exports, padded with zeros. */
final class ExportCall implements HostCall {
    private final GasSchedule schedule;
    private final RefineContext context;

    ExportCall(GasSchedule schedule, RefineContext context) {
        this.schedule = schedule;
        this.context = context;
    }

    @Override
    public Outcome handle(HostContext call) {
        if (!call.charge(schedule.of(Fixed.EXPORT))) {
            return Outcome.OUT_OF_GAS;
        }
        long length = Piece.minimum(call.register(8), Limits.SEGMENT_OCTETS);
        var segment = new byte[Limits.SEGMENT_OCTETS];
        if (!call.memory().read(call.register(7), MemorySegment.ofArray(segment), 0, length)) {
            return Outcome.PANIC;
        }
        int number = context.export(segment);
        return call.answer(number < 0 ? HostResults.FULL : number);
    }
}
