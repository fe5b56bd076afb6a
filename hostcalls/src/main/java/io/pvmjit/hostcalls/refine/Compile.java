package io.pvmjit.hostcalls.refine;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.ByOctets;
import io.pvmjit.rules.GasSchedule.Fixed;
import java.lang.foreign.MemorySegment;

/**
 * {@code compile} (#530): makes a module, from RAM or straight from a preimage, and answers its handle.
 *
 * <p>Decision, where #530 is silent: the order of checks and the results follow {@code machine} and
 * {@code historical_lookup}; equal code compiled twice gives two modules.
 */
final class Compile implements HostCall {
    private static final long FROM_RAM = 0;
    private static final long FROM_PREIMAGE = 1;

    private final GasSchedule schedule;
    private final RefineContext context;

    Compile(GasSchedule schedule, RefineContext context) {
        this.schedule = schedule;
        this.context = context;
    }

    @Override
    public Outcome handle(HostContext call) {
        long mode = call.register(7);
        if (!charge(call, mode)) {
            return Outcome.OUT_OF_GAS;
        }
        if (mode != FROM_RAM && mode != FROM_PREIMAGE) {
            return call.answer(HostResults.HUH);
        }
        if (context.modules().isFull()) {
            return call.answer(HostResults.FULL);
        }
        return mode == FROM_RAM ? fromRam(call) : fromPreimage(call);
    }

    private boolean charge(HostContext call, long mode) {
        long length = call.register(9);
        if (mode == FROM_RAM) {
            return call.charge(schedule.of(ByOctets.COMPILE_FROM_RAM), length);
        }
        if (mode == FROM_PREIMAGE) {
            return call.charge(schedule.of(ByOctets.COMPILE_FROM_PREIMAGE), length);
        }
        return call.charge(schedule.of(Fixed.COMPILE_UNKNOWN_MODE));
    }

    private Outcome fromRam(HostContext call) {
        try {
            Module module = context.engine().compile(call.memory(), call.register(8), call.register(9));
            return module == null ? Outcome.PANIC : call.answer(context.modules().add(module));
        } catch (InvalidProgramException _) {
            return call.answer(HostResults.HUH);
        }
    }

    private Outcome fromPreimage(HostContext call) {
        var hash = new byte[Limits.HASH_OCTETS];
        if (!call.memory().read(call.register(8), hash)) {
            return Outcome.PANIC;
        }
        var environment = context.environment();
        MemorySegment preimage = environment.preimage(Service.of(call.register(11), environment), hash);
        if (preimage == null) {
            return call.answer(HostResults.NONE);
        }
        long from = Piece.minimum(call.register(10), preimage.byteSize());
        long length = Piece.minimum(call.register(9), preimage.byteSize() - from);
        // What the environment throws is the embedder's, whatever its kind: only compilation is inside.
        try {
            return call.answer(context.modules().add(context.engine().compile(preimage.asSlice(from, length))));
        } catch (InvalidProgramException _) {
            return call.answer(HostResults.HUH);
        }
    }
}
