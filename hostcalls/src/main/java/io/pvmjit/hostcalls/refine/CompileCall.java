package io.pvmjit.hostcalls.refine;

import io.pvmjit.InterruptedCompilationException;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.ByOctets;
import io.pvmjit.rules.GasSchedule.Fixed;
import java.lang.foreign.MemorySegment;

/**
 * {@code compile} (#530 as merged, e5375148): makes a module, from RAM or straight from a preimage, and answers its
 * handle. FULL comes before all else, whatever the mode and whatever is asked for. Equal code compiled twice has two
 * handles.
 */
final class CompileCall implements HostCall {
    private static final long FROM_RAM = 0;
    private static final long FROM_PREIMAGE = 1;

    private final GasSchedule schedule;
    private final RefineContext context;

    CompileCall(GasSchedule schedule, RefineContext context) {
        this.schedule = schedule;
        this.context = context;
    }

    @Override
    public Outcome handle(HostContext call) {
        long mode = call.register(7);
        long gas = call.gas();
        if (!charge(call, mode)) {
            return Outcome.OUT_OF_GAS;
        }
        if (context.modules().isFull()) {
            return call.answer(HostResults.FULL);
        }
        if (mode == FROM_RAM) {
            return compile(call, gas, null);
        }
        return mode == FROM_PREIMAGE ? fromPreimage(call, gas) : call.answer(HostResults.HUH);
    }

    private boolean charge(HostContext call, long mode) {
        long length = call.register(9);
        if (mode == FROM_RAM) {
            return call.charge(schedule.of(ByOctets.COMPILE_FROM_RAM), length);
        }
        // Of a preimage the octets asked for are paid, however few there are.
        return mode == FROM_PREIMAGE
                ? call.charge(schedule.of(ByOctets.COMPILE_FROM_PREIMAGE), length)
                : call.charge(schedule.of(Fixed.COMPILE_UNKNOWN_MODE));
    }

    private Outcome fromPreimage(HostContext call, long gas) {
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
        return compile(call, gas, preimage.asSlice(from, length));
    }

    /**
     * Compilation alone: what the environment throws is the embedder's, whatever its kind. No lambda: what an error cut
     * short while it is linked for the first time would not work ever after.
     *
     * @param gas before the call
     * @param piece of a preimage; null: from RAM
     */
    private Outcome compile(HostContext call, long gas, MemorySegment piece) {
        var engine = context.engine();
        try {
            // Null when the octets of RAM cannot be read.
            var module = piece != null
                    ? engine.compile(piece, context.account())
                    : engine.compile(call.memory(), call.register(8), call.register(9), context.account());
            return module == null ? Outcome.PANIC : call.answer(context.modules().add(module));
        } catch (InvalidProgramException _) {
            return call.answer(HostResults.HUH);
        } catch (InterruptedCompilationException _) {
            // Nothing has been done: the call is made again.
            call.gas(gas);
            return Outcome.INTERRUPTED;
        }
    }
}
