package io.pvmjit.hostcalls.refine;

import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.Fixed;
import java.lang.foreign.MemorySegment;

/**
 * {@code invoke}: runs an inner machine with gas and registers from the caller's RAM, and writes back what is left of
 * them. The gas is paid in advance, and what is left of it is refunded. What interrupts the caller stops the inner machine.
 */
final class InvokeCall implements HostCall {
    private static final int WORDS = 1 + Instance.REGISTER_COUNT;
    private static final int OCTETS = WORDS * Long.BYTES;

    private final GasSchedule schedule;
    private final MachineTable machines;
    /** Gas, then registers, as they stand in RAM: little-endian, as is every machine this runs on. */
    private final long[] words = new long[WORDS];
    private final MemorySegment frame = MemorySegment.ofArray(words);

    InvokeCall(GasSchedule schedule, MachineTable machines) {
        this.schedule = schedule;
        this.machines = machines;
    }

    @Override
    public Outcome handle(HostContext call) {
        if (!call.charge(schedule.of(Fixed.INVOKE))) {
            return Outcome.OUT_OF_GAS;
        }
        long address = call.register(8);
        if (!call.memory().writable(address, OCTETS)) {
            return Outcome.PANIC;
        }
        call.memory().read(address, frame, 0, OCTETS);
        if (!call.charge(words[0])) {
            return Outcome.OUT_OF_GAS;
        }
        var machine = machines.get(call.register(7));
        if (machine == null) {
            return call.answer(HostResults.WHO);
        }
        var kind = run(call.instance(), machine);
        call.memory().write(address, frame, 0, OCTETS);
        if (kind == ExitKind.INTERRUPTED) {
            // The call is made again, with what the frame has now; what the inner machine has used is paid.
            call.gas(call.gas() + schedule.of(Fixed.INVOKE) + words[0]);
            return Outcome.INTERRUPTED;
        }
        call.gas(call.gas() + words[0]);
        if (kind == ExitKind.PAGE_FAULT || kind == ExitKind.HOST_CALL) {
            call.register(8, machine.exitArgument());
        }
        // The results of invoke are numbered as the kinds are.
        return call.answer(kind.ordinal());
    }

    private ExitKind run(Instance caller, Instance machine) {
        try (var _ = machine.hold()) {
            machine.gas(words[0]);
            for (int i = 0; i < Instance.REGISTER_COUNT; i++) {
                machine.register(i, words[1 + i]);
            }
            var kind = caller.resumeInner(machine);
            words[0] = machine.gas();
            for (int i = 0; i < Instance.REGISTER_COUNT; i++) {
                words[1 + i] = machine.register(i);
            }
            return kind;
        }
    }
}
