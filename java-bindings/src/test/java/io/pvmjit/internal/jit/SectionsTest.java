package io.pvmjit.internal.jit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.EngineConfig;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.asm.Assembler;
import io.pvmjit.internal.backend.CodeEstimate;
import io.pvmjit.internal.backend.Gate;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Modules whose machine code is made section by section. */
class SectionsTest {
    private static final MemorySegment PROGRAM =
            MemorySegment.ofArray(Assembler.assemble("add_imm_64 a0, a0, 1\njump . + 0\ntrap\n".repeat(3_000)));

    private static final EngineConfig SMALL_SECTIONS = EngineConfig.defaults().withSectionBytes(64);

    /** What asks for all of it says that there is no room, and never gives costs of 0. */
    @Test
    void allOfItMayFindNoRoom() {
        var engine = NativeEngine.create(SMALL_SECTIONS.withCodeArenaBytes(1 << 16));
        var module = engine.compile(PROGRAM, Gate.OPEN);
        assertThrows(ResourceLimitException.class, module::blockCosts);
        assertThrows(ResourceLimitException.class, module::listing);
        module.close();
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
