package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.MemoryImage.Region;
import io.pvmjit.stress.Guests;
import io.pvmjit.stress.Setup;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Engines, modules and instances after they are closed, and closed in any order: on one thread. */
class LifetimeTest {
    private static final MemoryImage PAGE =
            MemoryImage.of(List.of(Region.of(32, 1, PageAccess.WRITE, new byte[] {1, 2, 3})));

    private static void assertClosed(String what, Map<String, Executable> uses) {
        uses.forEach((name, use) -> {
            var problem = assertThrows(IllegalStateException.class, use, name);
            assertEquals("the " + what + " is closed", problem.getMessage(), name);
        });
    }

    private static void assertSum(Instance instance) {
        instance.gas(1000).pc(0).gasCharged(false).register(7, 40).register(8, 2);
        assertEquals(new Exit.Halt(), instance.run());
        assertEquals(42, instance.register(7));
    }

    @ParameterizedTest
    @EnumSource
    void closedEngine(Setup setup) {
        var engine = setup.engine();
        var module = engine.compile(Guests.ADD);
        var instance = module.instantiate(PAGE);
        engine.close();
        var uses = new LinkedHashMap<String, Executable>();
        uses.put("compile", () -> engine.compile(Guests.ADD));
        uses.put("compile invalid", () -> engine.compile(new byte[0]));
        uses.put("compile segment", () -> engine.compile(MemorySegment.ofArray(Guests.ADD)));
        uses.put("compile RAM", () -> engine.compile(instance.memory(), 32 << 12, 16));
        uses.put("statistics", engine::statistics);
        assertClosed("engine", uses);
        assertDoesNotThrow(engine::close);
        assertClosed("engine", uses);
        assertSame(setup.backend(), engine.backend());
        assertSame(Revision.NEXT, engine.revision());
        // What was open goes on, also what needs the engine's memory: new instances.
        assertSum(instance);
        try (var another = module.instantiate(PAGE)) {
            assertSum(another);
        }
        instance.close();
        module.close();
        assertClosed("engine", uses);
    }

    @ParameterizedTest
    @EnumSource
    void closedModule(Setup setup) {
        try (var engine = setup.engine()) {
            var module = engine.compile(Guests.ADD);
            var instance = module.instantiate();
            module.close();
            var uses = new LinkedHashMap<String, Executable>();
            uses.put("instantiate", module::instantiate);
            uses.put("instantiate image", () -> module.instantiate(PAGE));
            uses.put("isStart", () -> module.isStart(0));
            uses.put("blockCosts", module::blockCosts);
            uses.put("statistics", module::statistics);
            uses.put("listing", module::listing);
            assertClosed("module", uses);
            assertDoesNotThrow(module::close);
            assertClosed("module", uses);
            assertSame(engine, module.engine());
            assertSame(module, instance.module());
            assertEquals(1, engine.statistics().modulesAlive(), "the instance keeps the module");
            assertSum(instance);
            instance.close();
            assertClosed("module", uses);
            assertEquals(0, engine.statistics().modulesAlive());
        }
    }

    @ParameterizedTest
    @EnumSource
    void closedInstanceAndItsMemory(Setup setup) {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.ADD);
                var other = module.instantiate(PAGE)) {
            var instance = module.instantiate(PAGE);
            var memory = instance.memory();
            instance.close();
            var uses = instanceUses(instance);
            uses.putAll(memoryUses(memory, other.memory()));
            uses.put("compile RAM", () -> engine.compile(memory, 32 << 12, 3));
            assertClosed("instance", uses);
            assertDoesNotThrow(instance::close);
            assertClosed("instance", uses);
            assertSame(memory, instance.memory());
            // Closing twice gave its slot back once: two new instances are two.
            try (var first = module.instantiate(PAGE);
                    var second = module.instantiate(PAGE)) {
                assertTrue(first.memory().write(32 << 12, new byte[] {9}));
                var octet = new byte[1];
                assertTrue(second.memory().read(32 << 12, octet));
                assertEquals(1, octet[0]);
                assertClosed("instance", uses);
            }
            assertEquals(1, engine.statistics().instancesAlive());
            assertSum(other);
        }
    }

    private static Map<String, Executable> instanceUses(Instance instance) {
        var uses = new LinkedHashMap<String, Executable>();
        uses.put("run", instance::run);
        uses.put("resume", instance::resume);
        uses.put("hold", instance::hold);
        uses.put("exitArgument", instance::exitArgument);
        uses.put("exitPc", instance::exitPc);
        uses.put("register", () -> instance.register(0));
        uses.put("set register", () -> instance.register(0, 1));
        uses.put("registers", instance::registers);
        uses.put("set registers", () -> instance.registers(new long[Instance.REGISTER_COUNT]));
        uses.put("gas", instance::gas);
        uses.put("set gas", () -> instance.gas(1));
        uses.put("pc", instance::pc);
        uses.put("set pc", () -> instance.pc(0));
        uses.put("gasCharged", instance::gasCharged);
        uses.put("set gasCharged", () -> instance.gasCharged(true));
        uses.put("checked", instance::checked);
        return uses;
    }

    private static Map<String, Executable> memoryUses(Memory memory, Memory other) {
        long address = 32 << 12;
        var uses = new LinkedHashMap<String, Executable>();
        uses.put("access", () -> memory.access(32));
        uses.put("readable", () -> memory.readable(address, 1));
        uses.put("writable", () -> memory.writable(address, 1));
        uses.put("read", () -> memory.read(address, new byte[1]));
        uses.put("read nothing", () -> memory.read(address, new byte[0]));
        uses.put("read segment", () -> memory.read(address, MemorySegment.ofArray(new byte[1]), 0, 1));
        uses.put("write", () -> memory.write(address, new byte[1]));
        uses.put("write segment", () -> memory.write(address, MemorySegment.ofArray(new byte[1]), 0, 1));
        uses.put("fill", () -> memory.fill(address, new byte[1]));
        uses.put("protect", () -> memory.protect(32, 1, PageAccess.NONE, true));
        uses.put("copy from", () -> memory.copyTo(address, other, address, 1));
        uses.put("copy to", () -> other.copyTo(address, memory, address, 1));
        return uses;
    }

    @ParameterizedTest
    @EnumSource
    void closeInEveryOrder(Setup setup) {
        var order = List.of(0, 1, 2, 3);
        for (var permutation : permutations(order)) {
            var engine = setup.engine();
            var module = engine.compile(Guests.ADD);
            var instances = List.of(module.instantiate(), module.instantiate(PAGE));
            var all = List.of(engine, module, instances.get(0), instances.get(1));
            var closed = new ArrayList<Integer>();
            for (int index : permutation) {
                close(all.get(index));
                closed.add(index);
                for (int i = 0; i < instances.size(); i++) {
                    if (!closed.contains(2 + i)) {
                        assertSum(instances.get(i));
                    }
                }
                if (!closed.contains(0)) {
                    var statistics = engine.statistics();
                    long alive = 2 - Collections.frequency(closed, 2) - Collections.frequency(closed, 3);
                    assertEquals(alive, statistics.instancesAlive());
                    assertEquals(alive == 0 && closed.contains(1) ? 0 : 1, statistics.modulesAlive());
                }
            }
            all.forEach(each -> assertDoesNotThrow(() -> close(each)));
        }
    }

    private static void close(AutoCloseable each) {
        switch (each) {
            case Engine engine -> engine.close();
            case Module module -> module.close();
            case Instance instance -> instance.close();
            default -> throw new IllegalArgumentException(String.valueOf(each));
        }
    }

    private static List<List<Integer>> permutations(List<Integer> items) {
        if (items.isEmpty()) {
            return List.of(List.of());
        }
        var result = new ArrayList<List<Integer>>();
        for (var first : items) {
            var rest = new ArrayList<>(items);
            rest.remove(first);
            for (var tail : permutations(rest)) {
                var one = new ArrayList<>(List.of(first));
                one.addAll(tail);
                result.add(one);
            }
        }
        return result;
    }

    @ParameterizedTest
    @EnumSource
    void statisticsCountWhatIsThere(Setup setup) {
        try (var engine = setup.engine()) {
            assertNothingAlive(engine);
            var modules = new ArrayList<Module>();
            var instances = new ArrayList<Instance>();
            for (int m = 1; m <= 5; m++) {
                modules.add(engine.compile(m % 2 == 0 ? Guests.ADD : Guests.STORE));
                for (int i = 0; i < 3; i++) {
                    instances.add(modules.getLast().instantiate(PAGE));
                }
                var statistics = engine.statistics();
                assertEquals(m, statistics.modulesAlive());
                assertEquals(3L * m, statistics.instancesAlive());
                if (setup != Setup.INTERPRETER) {
                    assertWithin(statistics.codeBytesUsed(), statistics.codeBytesLimit());
                    assertWithin(statistics.mapsUsed(), statistics.mapLimit());
                }
            }
            modules.forEach(Module::close);
            assertEquals(5, engine.statistics().modulesAlive());
            for (int i = 0; i < instances.size(); i++) {
                instances.get(i).close();
                assertEquals(instances.size() - 1L - i, engine.statistics().instancesAlive());
            }
            assertNothingAlive(engine);
        }
    }

    private static void assertWithin(long used, long limit) {
        assertTrue(used > 0 && used <= limit, () -> used + " of " + limit);
    }

    private static void assertNothingAlive(Engine engine) {
        var statistics = engine.statistics();
        assertEquals(0, statistics.modulesAlive());
        assertEquals(0, statistics.instancesAlive());
        assertEquals(0, statistics.instancesChecked());
        if (engine.config().moduleCacheBytes() == 0) {
            assertEquals(0, statistics.codeBytesUsed());
        }
        assertTrue(statistics.instancesPooled() <= statistics.instanceLimit(), statistics::toString);
    }

    @ParameterizedTest
    @EnumSource
    void failuresLeaveNothingBehind(Setup setup) {
        try (var engine = setup.engine()) {
            assertThrows(InvalidProgramException.class, () -> engine.compile(new byte[] {1, 2, 3}));
            assertThrows(NullPointerException.class, () -> engine.compile((byte[]) null));
            assertThrows(NullPointerException.class, () -> engine.compile((MemorySegment) null));
            assertNothingAlive(engine);
            try (var module = engine.compile(Guests.ADD)) {
                assertThrows(NullPointerException.class, () -> module.instantiate(null));
            }
            assertNothingAlive(engine);
        }
    }

    @ParameterizedTest
    @EnumSource
    void registersAndProgramCounterHaveBounds(Setup setup) {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.ADD);
                var instance = module.instantiate()) {
            for (int index : new int[] {-1, 13, 16, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertThrows(IndexOutOfBoundsException.class, () -> instance.register(index));
                assertThrows(IndexOutOfBoundsException.class, () -> instance.register(index, 1));
            }
            for (int index = 0; index < Instance.REGISTER_COUNT; index++) {
                assertEquals(0, instance.register(index));
                assertSame(instance, instance.register(index, -1L - index));
            }
            for (int index = 0; index < Instance.REGISTER_COUNT; index++) {
                assertEquals(-1L - index, instance.register(index));
            }
            assertThrows(IllegalArgumentException.class, () -> instance.registers(new long[12]));
            assertThrows(IllegalArgumentException.class, () -> instance.registers(new long[14]));
            assertEquals(-13, instance.registers()[12], "a refused array changes nothing");

            for (long pc : new long[] {-1, 1L << 32, Long.MIN_VALUE, Long.MAX_VALUE}) {
                var problem = assertThrows(IllegalArgumentException.class, () -> instance.pc(pc));
                assertTrue(problem.getMessage().contains(Long.toUnsignedString(pc)), problem::getMessage);
            }
            instance.gas(-1);
            for (long pc : new long[] {1, 2, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL}) {
                assertFalse(module.isStart(pc), () -> "start " + pc);
                assertEquals(pc, instance.pc(pc).pc());
                assertEquals(new Exit.Panic(), instance.run());
                assertEquals(-1, instance.gas(), "nothing is charged where no instruction starts");
                assertEquals(pc, instance.exitPc());
                assertEquals(0, instance.pc());
                assertEquals(0, instance.exitArgument());
            }
            for (long pc : new long[] {-1, 1L << 32, Long.MIN_VALUE, Long.MAX_VALUE}) {
                assertFalse(module.isStart(pc));
            }
            assertTrue(module.isStart(0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void newInstanceIsZero(Setup setup) {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.CALLS)) {
            for (int round = 0; round < 3; round++) {
                try (var instance = module.instantiate()) {
                    assertEquals(0, instance.gas());
                    assertEquals(0, instance.pc());
                    assertEquals(0, instance.exitPc());
                    assertEquals(0, instance.exitArgument());
                    assertFalse(instance.gasCharged());
                    assertEquals(setup.config().alwaysChecked(), instance.checked());
                    for (long register : instance.registers()) {
                        assertEquals(0, register);
                    }
                    assertEquals(new Exit.OutOfGas(), instance.run());
                    assertEquals(0, instance.register(7));
                    // Leaves traces of all kinds behind for the next instance in this slot.
                    instance.gas(1_000_000).registers(new long[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
                    assertEquals(new Exit.HostCall(7), instance.run());
                    assertNotNull(instance.run());
                    assertTrue(instance.gasCharged());
                    instance.pc(3);
                }
            }
        }
    }
}
