package io.pvmjit.differential;

import io.pvmjit.ExitKind;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.sharing.Unbounded;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Runs one scenario on one engine. */
final class Runner {
    private static final int PAGE = MemoryImage.PAGE_SIZE;

    private final Scenario scenario;
    private final BackendMachine machine;
    private final List<Trace.Stop> stops;
    /** The pages to look at: all that were accessible at some time. */
    private final SortedMap<Integer, Trace.PageState> pages = new TreeMap<>();

    private Runner(Scenario scenario, BackendMachine machine, List<Trace.Stop> stops) {
        this.scenario = scenario;
        this.machine = machine;
        this.stops = stops;
    }

    /** The trace of a scenario; whatever the engine throws is a problem in it. */
    static Trace run(BackendEngine engine, Scenario scenario) {
        var stops = new ArrayList<Trace.Stop>();
        var blob = scenario.blob();
        try {
            var module = engine.compile(MemorySegment.ofArray(blob));
            try {
                for (int i = scenario.twice() ? 2 : 1; i > 0; i--) {
                    var machine = module.instantiate(scenario.image(), Unbounded.spending());
                    try {
                        new Runner(scenario, machine, stops).run();
                    } finally {
                        machine.close();
                    }
                }
                return new Trace(null, module.blockCosts(), starts(module, blob.length), stops);
            } finally {
                module.close();
            }
        } catch (InvalidProgramException e) {
            return new Trace(Trace.INVALID, List.of(), new BitSet(), stops);
        } catch (RuntimeException | Error e) {
            return new Trace(e + " after " + stops.size() + " stops", List.of(), new BitSet(), stops);
        }
    }

    /** The starts up to a length that is more than that of the code, and some far beyond. */
    private static BitSet starts(BackendModule module, int length) {
        var starts = new BitSet();
        for (int pc = 0; pc <= length; pc++) {
            starts.set(pc, module.isStart(pc));
        }
        starts.set(length + 1, module.isStart(-1) || module.isStart(1L << 32) || module.isStart(Long.MIN_VALUE));
        return starts;
    }

    private void run() {
        if (scenario.gas() % 2 == 0) {
            // Every fault by the hardware; else most of them are found by checks in software.
            machine.checkByHardware();
        }
        machine.pc(scenario.address(scenario.start()) & 0xffff_ffffL);
        machine.gasCharged(scenario.gasCharged());
        machine.gas(scenario.gas());
        for (int i = 0; i < scenario.registers().length; i++) {
            machine.register(i, scenario.registers()[i]);
        }
        for (var page : scenario.pages()) {
            pages.put(page.number(), new Trace.PageState(page.access(), page.contents()));
        }
        for (int i = 0;; i++) {
            var kind = machine.run();
            long argument = machine.exitArgument();
            if (kind == ExitKind.PAGE_FAULT) {
                pages.putIfAbsent((int) (argument / PAGE), new Trace.PageState(PageAccess.NONE, null));
            }
            stops.add(stop(kind, argument));
            if (i == scenario.responses().size() || !respond(scenario.responses().get(i), kind, argument)) {
                return;
            }
        }
    }

    private Trace.Stop stop(ExitKind kind, long argument) {
        for (var entry : pages.entrySet()) {
            var seen = page(entry.getKey());
            // Equal states share their octets: most pages do not change between two stops.
            if (!seen.same(entry.getValue())) {
                entry.setValue(seen);
            }
        }
        var registers = new long[13];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = machine.register(i);
        }
        return new Trace.Stop(kind, argument, machine.pc(), machine.exitPc(), machine.gasCharged(), machine.gas(),
                registers, new TreeMap<>(pages));
    }

    private Trace.PageState page(int number) {
        var access = machine.access(number);
        var octets = new byte[PAGE];
        boolean read = machine.read((long) number * PAGE, MemorySegment.ofArray(octets), 0, PAGE);
        if (read != (access != PageAccess.NONE)) {
            throw new AssertionError("page " + number + " is " + access + ", and reading it gives " + read);
        }
        return new Trace.PageState(access, read ? octets : null);
    }

    /** Whether the machine goes on. */
    private boolean respond(Scenario.Response response, ExitKind kind, long argument) {
        if ((kind == ExitKind.HALT || kind == ExitKind.PANIC) && !response.goOnAfterEnd()) {
            return false;
        }
        if (kind == ExitKind.OUT_OF_GAS) {
            machine.gas(machine.gas() + response.gasAdded());
        }
        if (kind == ExitKind.PAGE_FAULT && response.faultAccess() != null) {
            machine.protect((int) (argument / PAGE), 1, response.faultAccess(), response.faultZero());
        }
        if (response.access() != null) {
            var change = response.access();
            machine.protect(change.page(), 1, change.access(), change.zero());
            pages.putIfAbsent(change.page(), new Trace.PageState(PageAccess.NONE, null));
        }
        if (response.register() != null) {
            machine.register(response.register().index(), response.register().value());
        }
        if (response.write() != null) {
            var octets = response.write().octets();
            machine.fill(response.write().address(), MemorySegment.ofArray(octets), 0, octets.length);
        }
        if (response.gas() != null) {
            machine.gas(response.gas());
        }
        if (response.gasCharged() != null) {
            machine.gasCharged(response.gasCharged());
        }
        if (response.pc() != null) {
            machine.pc(scenario.address(response.pc()) & 0xffff_ffffL);
        }
        if (response.interrupt()) {
            machine.interrupt();
        }
        return true;
    }
}
