package io.pvmjit.internal.jit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.EngineConfig;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.asm.Assembler;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.CodeEstimate;
import io.pvmjit.internal.backend.Gate;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** Modules whose machine code is made section by section. */
class SectionsTest {
    private static final MemorySegment PROGRAM =
            MemorySegment.ofArray(Assembler.assemble("add_imm_64 a0, a0, 1\njump . + 0\ntrap\n".repeat(3_000)));

    private static final EngineConfig SMALL_SECTIONS = EngineConfig.defaults().withSectionBytes(64);

    /** A module has it from the beginning, whatever comes later; without it there is none. */
    @Test
    void roomForAllOfIt() {
        var small = NativeEngine.create(SMALL_SECTIONS.withCodeArenaBytes(1 << 16));
        assertThrows(ResourceLimitException.class, () -> small.compile(PROGRAM, Gate.OPEN));
        assertEquals(0, small.statistics().codeBytesUsed());
        small.close();
        var engine = NativeEngine.create(SMALL_SECTIONS.withCodeArenaBytes(4 << 20));
        var modules = new ArrayList<BackendModule>();
        var full = assertThrows(ResourceLimitException.class, () -> {
            for (int i = 0; i < 100; i++) {
                modules.add(engine.compile(PROGRAM, Gate.OPEN));
            }
        });
        assertTrue(full.getMessage().contains("no room"), full::getMessage);
        assertTrue(modules.size() > 1);
        for (var module : modules) {
            assertTrue(module.blockCosts().stream().allMatch(block -> block.cost() > 0));
            assertTrue(module.listing().contains("trap"));
            module.close();
        }
        engine.close();
    }

    @Test
    void allOfItIsNoMoreThanItsEstimate() {
        for (var config : new EngineConfig[] {EngineConfig.defaults(), SMALL_SECTIONS}) {
            var engine = NativeEngine.create(config);
            var module = engine.compile(PROGRAM, Gate.OPEN);
            long expected = module.footprint().code();
            assertTrue(module.statistics().nativeBytes() < expected);
            assertEquals(module.statistics().blockCount(), module.blockCosts().size());
            assertTrue(module.blockCosts().stream().allMatch(block -> block.cost() > 0));
            assertTrue(module.statistics().nativeBytes() <= expected);
            assertEquals(expected, module.footprint().code());
            if (config.sectionBytes() == 0) {
                assertTrue(expected <= CodeEstimate.of(config).of(PROGRAM));
            }
            module.close();
            engine.close();
        }
    }
}
