package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.EngineConfig.Addressing;
import io.pvmjit.rules.Rules;
import io.pvmjit.stress.Guests;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations of engines, and the names of backends and revisions. */
class EngineConfigTest {
    private static final Quotas QUOTAS = new Quotas(1, 2, 3, 4, 5, 6);

    @ParameterizedTest
    @EnumSource
    void backendsHaveLabels(Backend backend) {
        assertSame(backend, Backend.of(backend.label()));
        assertEquals(backend.label(), backend.toString());
        assertEquals(backend.label().toLowerCase(Locale.ROOT), backend.label());
    }

    @ParameterizedTest
    @EnumSource
    void revisionsHaveLabels(Revision revision) {
        assertSame(revision, Revision.of(revision.label()));
        assertEquals(revision.label(), revision.toString());
    }

    @ParameterizedTest
    @EnumSource
    void hardeningsHaveLabels(Hardening hardening) {
        assertSame(hardening, Hardening.of(hardening.label()));
        assertEquals(hardening.label(), hardening.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "RETPOLINES", "none"})
    void unknownHardenings(String label) {
        var problem = assertThrows(IllegalArgumentException.class, () -> Hardening.of(label));
        assertEquals("unknown hardening '" + label + "': expected one of retpolines, blinded-constants",
                problem.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "JIT", "Jit", " jit", "native", "jit,interpreter", "0.8.0"})
    void unknownBackends(String label) {
        var problem = assertThrows(IllegalArgumentException.class, () -> Backend.of(label));
        assertEquals(
                "unknown backend '" + label + "': expected one of jit, interpreter, crosscheck", problem.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0.8", "0.7.1", "Next", "V0_8_0", "jit"})
    void unknownRevisions(String label) {
        var problem = assertThrows(IllegalArgumentException.class, () -> Revision.of(label));
        assertEquals("unknown revision '" + label + "': expected one of 0.8.0, 0.8.0-vectors, next", problem.getMessage());
    }

    @Test
    void missingLabels() {
        assertThrows(IllegalArgumentException.class, () -> Backend.of(null));
        assertThrows(IllegalArgumentException.class, () -> Revision.of(null));
    }

    @Test
    void defaults() {
        assertEquals(new EngineConfig(Optional.empty(), Rules.of(Revision.NEXT), 0, 0, 0, 0, 0, 64L << 20, 0, 0, 0, 0,
                Quotas.defaults(), Addressing.AUTOMATIC, false, false, Set.of()), EngineConfig.defaults());
    }

    @Test
    void eachChangeIsOneField() {
        var changed = EngineConfig.defaults()
                .withBackend(Backend.INTERPRETER)
                .withRevision(Revision.V0_8_0)
                .withCodeArenaBytes(1)
                .withInstanceLimit(2)
                .withMapsPerInstance(3)
                .withMapLimit(4)
                .withPoolBytes(5)
                .withModuleCacheBytes(6)
                .withModuleCacheEntries(7)
                .withCompilingBytes(8)
                .withSectionBytes(10)
                .withTurns(9)
                .withQuotas(QUOTAS)
                .withAddressing(Addressing.BASE_REGISTER)
                .withAlwaysChecked(true)
                .withSingleMapping(true)
                .withHardening(EnumSet.allOf(Hardening.class));
        assertEquals(new EngineConfig(Optional.of(Backend.INTERPRETER), Rules.of(Revision.V0_8_0), 1, 2, 3, 4, 5, 6, 7,
                8, 10, 9, QUOTAS, Addressing.BASE_REGISTER, true, true, Set.of(Hardening.values())), changed);
    }

    @Test
    void eachChangeOfQuotasIsOneComponent() {
        assertEquals(new Quotas(0, 0, 0, 0, 0, 0), Quotas.defaults());
        var changed = Quotas.defaults()
                .withInvocations(1)
                .withCodePerInvocation(2)
                .withMemory(3)
                .withMemoryPerInvocation(4)
                .withHeap(5)
                .withHeapPerInvocation(6);
        assertEquals(QUOTAS, changed);
        for (UnaryOperator<Quotas> change : List.<UnaryOperator<Quotas>>of(
                q -> q.withInvocations(-1),
                q -> q.withCodePerInvocation(-1),
                q -> q.withMemory(-1),
                q -> q.withMemoryPerInvocation(-1),
                q -> q.withHeap(-1),
                q -> q.withHeapPerInvocation(-1))) {
            assertThrows(IllegalArgumentException.class, () -> change.apply(QUOTAS));
        }
    }

    @Test
    void limitsAreNotNegative() {
        var config = EngineConfig.defaults();
        for (UnaryOperator<EngineConfig> change : List.<UnaryOperator<EngineConfig>>of(
                c -> c.withCodeArenaBytes(-1),
                c -> c.withInstanceLimit(-1),
                c -> c.withMapsPerInstance(Integer.MIN_VALUE),
                c -> c.withMapLimit(-1),
                c -> c.withPoolBytes(Long.MIN_VALUE),
                c -> c.withModuleCacheBytes(-1),
                c -> c.withModuleCacheEntries(-1),
                c -> c.withCompilingBytes(-1))) {
            assertThrows(IllegalArgumentException.class, () -> change.apply(config));
        }
        assertThrows(NullPointerException.class, () -> config.withBackend(null));
        assertThrows(NullPointerException.class, () -> config.withRules(null));
        assertThrows(NullPointerException.class, () -> config.withAddressing(null));
        assertThrows(NullPointerException.class, () -> config.withQuotas(null));
        assertThrows(NullPointerException.class, () -> config.withHardening(null));
    }

    @Test
    void arenasHaveAMaximum() {
        var config = EngineConfig.defaults().withBackend(Backend.JIT);
        var problem = assertThrows(IllegalArgumentException.class,
                () -> Engine.create(config.withCodeArenaBytes((1L << 31) + 1)));
        assertTrue(problem.getMessage().contains("2^31"), problem::getMessage);
        assertThrows(IllegalArgumentException.class, () -> Engine.create(config.withCodeArenaBytes(Long.MAX_VALUE)));
        try (var engine = Engine.create(config.withCodeArenaBytes(1L << 31));
                var module = engine.compile(Guests.ADD)) {
            assertEquals(1L << 31, engine.statistics().codeBytesLimit());
            assertFalse(module.blockCosts().isEmpty());
        }
    }

    @Test
    void hardeningIsCopied() {
        var set = EnumSet.noneOf(Hardening.class);
        var config = EngineConfig.defaults().withHardening(set);
        set.add(Hardening.RETPOLINES);
        assertEquals(Set.of(), config.hardening());
    }

    @ParameterizedTest
    @EnumSource
    void engineKnowsItsConfiguration(Backend backend) {
        for (var revision : Revision.values()) {
            var config = EngineConfig.defaults().withBackend(backend).withRevision(revision).withInstanceLimit(17);
            try (var engine = Engine.create(config)) {
                assertSame(backend, engine.backend());
                assertSame(revision, engine.revision());
                assertEquals(config, engine.config());
                assertEquals(backend == Backend.INTERPRETER ? 0 : 17, engine.statistics().instanceLimit());
            }
        }
    }
}
