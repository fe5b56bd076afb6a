package io.pvmjit.hostcalls.refine;

import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.GasSchedule.ByPages;
import io.pvmjit.rules.GasSchedule.Fixed;

/** {@code pages}: sets the access of pages of an inner machine, with or without making them zero. */
final class PagesCall implements HostCall {
    /** Modes are the places in this table. */
    private enum Mode {
        CLEAR(PageAccess.NONE, true, ByPages.PAGES_CLEAR),
        CLEAN_READABLE(PageAccess.READ, true, ByPages.PAGES_CLEAN),
        CLEAN_WRITABLE(PageAccess.WRITE, true, ByPages.PAGES_CLEAN),
        READABLE(PageAccess.READ, false, ByPages.PAGES_PROTECT),
        WRITABLE(PageAccess.WRITE, false, ByPages.PAGES_PROTECT);

        private static final Mode[] VALUES = values();

        private final PageAccess access;
        private final boolean zero;
        private final ByPages cost;

        Mode(PageAccess access, boolean zero, ByPages cost) {
            this.access = access;
            this.zero = zero;
            this.cost = cost;
        }

        /** The mode of this number (unsigned); null when there is none. */
        static Mode of(long number) {
            return number >= 0 && number < VALUES.length ? VALUES[(int) number] : null;
        }
    }

    private final GasSchedule schedule;
    private final MachineTable machines;

    PagesCall(GasSchedule schedule, MachineTable machines) {
        this.schedule = schedule;
        this.machines = machines;
    }

    /** Makes the modes, before there is a call. */
    static void initialise() {
        Mode.of(0);
    }

    @Override
    public Outcome handle(HostContext call) {
        long first = call.register(8);
        long count = call.register(9);
        var mode = Mode.of(call.register(10));
        if (!charge(call, mode, count)) {
            return Outcome.OUT_OF_GAS;
        }
        var machine = machines.get(call.register(7));
        if (machine == null) {
            return call.answer(HostResults.WHO);
        }
        if (mode == null || !inRange(first, count)) {
            return call.answer(HostResults.HUH);
        }
        var memory = machine.memory();
        // Zeroing modes take any page; the others only those that are accessible, which is what readable says.
        if (!mode.zero && !memory.readable(first * MemoryImage.PAGE_SIZE, count * MemoryImage.PAGE_SIZE)) {
            return call.answer(HostResults.HUH);
        }
        if (!memory.protect(first, count, mode.access, mode.zero)) {
            throw new AssertionError("pages " + first + " +" + count + " were checked");
        }
        return call.answer(HostResults.OK);
    }

    private boolean charge(HostContext call, Mode mode, long count) {
        return mode == null
                ? call.charge(schedule.of(Fixed.PAGES_UNKNOWN_MODE))
                : call.charge(schedule.of(mode.cost), count);
    }

    /** p >= 16 and p + c < 2^20, over all 64-bit values. */
    private static boolean inRange(long first, long count) {
        return first >= MemoryImage.FIRST_PAGE && first < MemoryImage.PAGE_COUNT && count >= 0
                && count < MemoryImage.PAGE_COUNT - first;
    }
}
