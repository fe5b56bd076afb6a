package io.pvmjit.debug;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.PageAccess;
import io.pvmjit.Revision;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The debugger does the same on every backend, and the state of a run may move from one to another at every stop. */
class DebuggerTest {
    /** Sums what host calls answer, eight times, through a page that faults the first time and a read-only one. */
    private static final byte[] PROGRAM = Assembler.assemble("""
                load_imm s0, 8
                fallthrough
            again:
                load_imm_64 t0, 0x30000
                load_ind_u64 a0, [t0]
                ecalli 5
                load_imm_64 t1, 0x40000
                load_ind_u64 t2, [t1]
                add_64 t2, t2, a0
                store_ind_u64 [t1], t2
                mul_64 s1, s1, t2
                add_imm_64 s1, s1, 3
                add_imm_64 s0, s0, -1
                branch_ne_imm s0, 0, again
                move_reg a0, s1
                jump_ind ra
            """);
    private static final int PAGE = MemoryImage.PAGE_SIZE;
    private static final int LATE_PAGE = 0x40000 / PAGE;
    private static final long GAS = 700;

    private static MemoryImage image() {
        return MemoryImage.of(List.of(
                Region.of(0x30000 / PAGE, 1, PageAccess.READ, new byte[] {1, 2, 3, 4, 5, 6, 7, 8}),
                Region.of(0x50000 / PAGE, 2, PageAccess.WRITE, new byte[] {9})));
    }

    private static Engine engine(Backend backend) {
        return engine(backend, Revision.NEXT);
    }

    private static Engine engine(Backend backend, Revision revision) {
        return Engine.create(EngineConfig.defaults().withBackend(backend).withRevision(revision));
    }

    private static void start(Instance instance) {
        instance.gas(GAS).register(0, StandardProgram.HALT_ADDRESS);
    }

    /** Does what lets the program go on; false at its end. */
    private static boolean serve(Instance instance, Exit exit) {
        return switch (exit) {
            case Exit.HostCall(long number) -> {
                instance.register(7, instance.register(7) * 3 + number);
                yield true;
            }
            case Exit.PageFault(long page) -> instance.memory().protect(page / PAGE, 1, PageAccess.WRITE, true);
            case Exit.OutOfGas() -> {
                instance.gas(instance.gas() + 500);
                yield true;
            }
            case Exit.Halt(), Exit.Panic(), Exit.Interrupted() -> false;
        };
    }

    /** Every stop of a run, and the state there. */
    private static List<String> stops(Engine engine) {
        var stops = new ArrayList<String>();
        try (var module = engine.compile(PROGRAM);
                var instance = module.instantiate(image())) {
            start(instance);
            Exit exit;
            do {
                exit = instance.run();
                stops.add(exit + " " + Snapshot.of(instance));
            } while (serve(instance, exit));
        }
        return stops;
    }

    @ParameterizedTest
    @EnumSource
    void aRunMovesBetweenBackendsAtEveryStop(Revision revision) {
        var engines = new EnumMap<Backend, Engine>(Backend.class);
        try {
            for (var backend : Backend.values()) {
                engines.put(backend, engine(backend, revision));
            }
            var expected = stops(engines.get(Backend.INTERPRETER));
            assertTrue(expected.stream().anyMatch(stop -> stop.startsWith("PageFault")));
            assertTrue(expected.stream().anyMatch(stop -> stop.startsWith("OutOfGas")));
            assertTrue(expected.getLast().startsWith("Halt"));
            assertEquals(expected, stops(engines.get(Backend.JIT)));
            var stops = new ArrayList<String>();
            var backends = List.of(Backend.JIT, Backend.INTERPRETER, Backend.JIT, Backend.CROSSCHECK);
            Snapshot state = null;
            boolean goesOn = true;
            while (goesOn) {
                try (var module = engines.get(backends.get(stops.size() % backends.size())).compile(PROGRAM);
                        var instance = module.instantiate(image())) {
                    if (state == null) {
                        start(instance);
                    } else {
                        state.restore(instance);
                        assertEquals(state, Snapshot.of(instance));
                    }
                    var exit = instance.run();
                    stops.add(exit + " " + Snapshot.of(instance));
                    goesOn = serve(instance, exit);
                    state = Snapshot.of(instance);
                }
            }
            assertEquals(expected, stops);
        } finally {
            engines.values().forEach(Engine::close);
        }
    }

    /** What a debugger sees of a program, with commands of all kinds. */
    private static List<String> session(Backend backend) {
        var seen = new ArrayList<String>();
        try (var engine = engine(backend);
                var debugger = new Debugger(engine, PROGRAM, image())) {
            start(debugger.machine());
            long call = 0;
            for (int pc = 0; pc < debugger.program().codeLength(); pc = debugger.program().decode(pc).next()) {
                call = debugger.program().decode(pc).opcode().mnemonic().equals("ecalli") ? pc : call;
            }
            for (int i = 0; i < 40; i++) {
                Stop stop;
                switch (i) {
                    case 3 -> debugger.breakAt(call);
                    case 9 -> {
                        assertTrue(debugger.removeBreak(call));
                        assertFalse(debugger.removeBreak(call));
                    }
                    default -> {}
                }
                stop = i % 5 < 2 ? debugger.step() : i % 5 < 4 ? debugger.run() : new Stop.Exited(debugger.runToExit());
                seen.add(stop + " " + Snapshot.of(debugger.machine()));
                if (stop instanceof Stop.Exited(Exit exit) && !serve(debugger.machine(), exit)) {
                    break;
                }
            }
        }
        return seen;
    }

    @Test
    void sessionsAreTheSameOnEveryBackend() {
        var expected = session(Backend.INTERPRETER);
        assertTrue(expected.stream().anyMatch(stop -> stop.startsWith("Breakpoint[pc=")), expected::toString);
        assertTrue(expected.stream().anyMatch(stop -> stop.startsWith("Stepped[pc=")), expected::toString);
        assertTrue(expected.getLast().startsWith("Exited[exit=Halt"), expected::toString);
        assertEquals(expected, session(Backend.JIT));
        assertEquals(expected, session(Backend.CROSSCHECK));
    }

    /** Registers and RAM that are set between two stops are what the machine goes on with, wherever it goes on. */
    @ParameterizedTest
    @EnumSource(Backend.class)
    void theStateIsReadAndWritten(Backend backend) {
        var program = Assembler.assemble("""
                    load_ind_u64 a0, [a1]
                    add_64 a0, a0, a2
                    store_ind_u64 [a1], a0
                    jump_ind ra
                """);
        try (var engine = engine(backend);
                var module = engine.compile(program);
                var debugger = new Debugger(engine, program, image())) {
            start(debugger.machine());
            debugger.machine().register(8, 0x50000);
            assertEquals(new Stop.Stepped(debugger.program().decode(0).next()), debugger.step());
            assertEquals(9, debugger.machine().register(7));
            debugger.machine().register(9, 100);
            debugger.step();
            debugger.step();
            var octets = new byte[8];
            assertTrue(debugger.machine().memory().read(0x50000, octets));
            assertEquals(109, octets[0]);
            assertTrue(debugger.machine().memory().write(0x50000, new byte[] {50}));
            assertEquals(new Exit.Halt(), debugger.runToExit());
            assertTrue(debugger.machine().memory().read(0x50000, octets));
            assertEquals(50, octets[0]);
            assertEquals(GAS - debugger.machine().gas(), module.blockCosts().getFirst().cost());
        }
    }

    @Test
    void breakpointsAreWhereInstructionsStart() {
        try (var engine = engine(Backend.INTERPRETER);
                var debugger = new Debugger(engine, PROGRAM, image())) {
            assertThrows(IllegalArgumentException.class, () -> debugger.breakAt(1));
            assertThrows(IllegalArgumentException.class, () -> debugger.breakAt(-1));
            debugger.breakAt(0);
            assertEquals(List.of(0L), List.copyOf(debugger.breakpoints()));
        }
    }

    @Test
    void theJitAloneDoesNotStep() {
        try (var engine = engine(Backend.JIT);
                var module = engine.compile(PROGRAM);
                var instance = module.instantiate(image())) {
            assertThrows(UnsupportedOperationException.class, instance::step);
        }
    }

    /** Whatever RAM an instance had, it has that of the snapshot afterwards; pages that hold nothing, too. */
    @Test
    void aSnapshotReplacesAllRam() {
        try (var engine = engine(Backend.JIT);
                var module = engine.compile(PROGRAM);
                var first = module.instantiate(image());
                var second = module.instantiate(MemoryImage.of(List.of(
                        Region.of(20, 100, PageAccess.WRITE, new byte[] {1}))))) {
            first.memory().protect(LATE_PAGE, 1, PageAccess.WRITE, true);
            var state = Snapshot.of(first);
            assertNotEquals(state, Snapshot.of(second));
            state.restore(second);
            assertEquals(state, Snapshot.of(second));
            assertEquals(state.hashCode(), Snapshot.of(second).hashCode());
            assertEquals(PageAccess.NONE, second.memory().access(20));
            second.memory().write(0x50001, new byte[] {1});
            assertNotEquals(state, Snapshot.of(second));
        }
    }
}
