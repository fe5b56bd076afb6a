package io.pvmjit.stress;

import static io.pvmjit.stress.Checks.IMAGE;
import static io.pvmjit.stress.Checks.PAGE;
import static io.pvmjit.stress.Checks.alternate;
import static io.pvmjit.stress.Checks.closeAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.Module;
import io.pvmjit.PageAccess;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.program.Opcode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every limit of an engine is an exception that closing something mends, or changes nothing that a guest could see. */
class LimitsTest {
    private static EngineConfig config(Backend backend) {
        return EngineConfig.defaults().withBackend(backend).withModuleCacheBytes(0);
    }

    @ParameterizedTest
    @EnumSource(names = {"JIT", "CROSSCHECK"})
    void instances(Backend backend) throws Exception {
        var otherImage = MemoryImage.of(List.of(Region.of(32, 1, PageAccess.WRITE, new byte[] {2})));
        try (var engine = Engine.create(config(backend).withInstanceLimit(5));
                var module = engine.compile(Guests.LOAD)) {
            var open = new ArrayDeque<Instance>();
            for (int i = 0; i < 5; i++) {
                open.add(module.instantiate(IMAGE));
            }
            for (int round = 0; round < 50; round++) {
                var problem = assertThrows(ResourceLimitException.class, () -> module.instantiate(IMAGE));
                assertTrue(problem.getMessage().contains("5 instances"), problem::getMessage);
                assertEquals(5, engine.statistics().instancesAlive());
                open.remove().close();
                // Also one of another layout: idle slots are no instances.
                open.add(module.instantiate(round % 3 == 0 ? otherImage : IMAGE));
                open.forEach(Checks::assertRuns);
            }
            closeAll(List.copyOf(open));
            assertEquals(0, engine.statistics().instancesAlive());
        }
    }

    @Test
    void mapsOfAllInstances() throws Exception {
        try (var engine = Engine.create(config(Backend.JIT).withMapLimit(40));
                var module = engine.compile(Guests.LOAD)) {
            for (int round = 0; round < 10; round++) {
                var open = new ArrayList<Instance>();
                var problem = assertThrows(ResourceLimitException.class, () -> {
                    while (open.size() < 100) {
                        open.add(module.instantiate(IMAGE));
                    }
                });
                assertTrue(problem.getMessage().contains("40 maps"), problem::getMessage);
                assertTrue(open.size() >= 4, () -> open.size() + " instances");
                var statistics = engine.statistics();
                assertTrue(statistics.mapsUsed() <= statistics.mapLimit(), statistics::toString);
                open.forEach(Checks::assertRuns);
                closeAll(open);
            }
        }
    }

    @Test
    void engines() throws Exception {
        var config = config(Backend.JIT).withCodeArenaBytes(1 << 16);
        for (int round = 0; round < 2; round++) {
            var open = new ArrayList<Engine>();
            var problem = assertThrows(ResourceLimitException.class, () -> {
                while (open.size() < 1000) {
                    open.add(Engine.create(config));
                }
            });
            assertTrue(problem.getMessage().contains("engines"), problem::getMessage);
            assertTrue(open.size() >= 100, () -> open.size() + " engines");
            closeAll(open);
        }
    }

    // Code.

    /** Additions in blocks of ten, then a trap. */
    private static byte[] program(int instructions) {
        var builder = new ProgramBuilder();
        for (int i = 0; i < instructions; i++) {
            if (i % 10 == 9) {
                builder.append(Opcode.FALLTHROUGH);
            } else {
                builder.append(Opcode.ADD_IMM_64, 7, 7, 1);
            }
        }
        return builder.append(Opcode.TRAP).build();
    }

    /** What has no room for its code runs on the interpreter, until there is room again. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void codeArena(boolean singleMapping) throws Exception {
        var small = program(100);
        var large = program(10_000);
        var config = config(Backend.JIT).withCodeArenaBytes(1 << 20).withSingleMapping(singleMapping);
        try (var engine = Engine.create(config)) {
            for (int round = 0; round < 5; round++) {
                var open = new ArrayList<Module>();
                long before = engine.statistics().fallBacks();
                while (engine.statistics().fallBacks() < before + 10) {
                    open.add(engine.compile(small));
                }
                assertTrue(open.size() >= 20, () -> open.size() + " modules");
                assertEquals(open.size(), engine.statistics().modulesAlive());
                for (var module : open) {
                    assertSum(module, 90);
                }
                assertTrue(open.getFirst().statistics().nativeBytes() > 0);
                assertEquals(0, open.getLast().statistics().nativeBytes());
                try (var module = engine.compile(large)) {
                    assertEquals(0, module.statistics().nativeBytes());
                    assertSum(module, 9_000);
                }
                // Room in pieces; then in one piece.
                for (int i = 0; i < open.size(); i += 2) {
                    open.get(i).close();
                }
                try (var module = engine.compile(large)) {
                    assertSum(module, 9_000);
                }
                for (int i = 1; i < open.size(); i += 2) {
                    assertSum(open.get(i), 90);
                    open.get(i).close();
                }
                assertEquals(0, engine.statistics().codeBytesUsed());
                try (var module = engine.compile(large)) {
                    assertTrue(module.statistics().nativeBytes() > 0);
                    assertSum(module, 9_000);
                }
            }
        }
    }

    private static void assertSum(Module module, long sum) {
        try (var instance = module.instantiate()) {
            assertEquals(new Exit.Panic(), instance.gas(1_000_000).run());
            assertEquals(sum, instance.register(7));
        }
    }

    /** An instance that runs with checks has the room for their code from the moment it needs it. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1 << 20})
    void codeArenaIsFullWhenAnInstanceNeedsOtherCode(long moduleCacheBytes) throws Exception {
        var config = config(Backend.JIT)
                .withCodeArenaBytes(1 << 14)
                .withMapsPerInstance(4)
                .withModuleCacheBytes(moduleCacheBytes);
        var fillers = new ArrayList<Module>();
        try (var engine = Engine.create(config);
                var module = engine.compile(Guests.WALK);
                var instance = module.instantiate()) {
            instance.gas(100_000).register(7, 64 * PAGE).register(8, 3).register(9, 8);
            assertEquals(new Exit.PageFault(64 * PAGE), instance.run());
            alternate(instance, 64, 8);
            instance.memory().protect(64, 8, PageAccess.WRITE, false);
            assertTrue(instance.checked());
            while (engine.statistics().fallBacks() < 10) {
                fillers.add(engine.compile(program(fillers.size() + 1)));
            }
            var gas = instance.gas();
            assertEquals(new Exit.Halt(), instance.run());
            assertEquals(72 * PAGE, instance.register(7));
            // One round was paid for before; seven and the end were left.
            var costs = module.blockCosts();
            assertEquals(gas - 7L * costs.getFirst().cost() - costs.getLast().cost(), instance.gas());
            closeAll(fillers);
        }
    }
}
