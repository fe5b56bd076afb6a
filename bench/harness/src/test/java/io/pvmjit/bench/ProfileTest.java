package io.pvmjit.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Phase;
import io.pvmjit.bench.workload.SetupException;
import org.junit.jupiter.api.Test;

/** Profiles and peers by the names that users give. */
class ProfileTest {
    @Test
    void profilesAndPeersAreNamedByTheirLabels() {
        for (var profile : Profile.values()) {
            assertEquals(profile, Profile.of(profile.label()));
        }
        for (var peer : Peer.values()) {
            assertEquals(peer, Peer.of(peer.label()));
        }
        for (var phase : Phase.values()) {
            assertEquals(phase, Phase.of(phase.method()));
        }
    }

    @Test
    void anUnknownNameIsAnErrorThatListsTheKnownOnes() {
        assertEquals("there is no profile 'fast': expected smoke, quick, standard, full",
                assertThrows(SetupException.class, () -> Profile.of("fast")).getMessage());
        assertEquals("there is no peer 'wasm': expected native, jit, v8, endive, interpreter",
                assertThrows(SetupException.class, () -> Peer.of("wasm")).getMessage());
    }

    /** Figures to be published come from several JVMs; only quick ones do without forks. */
    @Test
    void thoroughProfilesFork() {
        assertEquals(0, Profile.QUICK.forks());
        for (var profile : new Profile[] {Profile.STANDARD, Profile.FULL}) {
            assertTrue(profile.forks() > 0 && profile.rounds() >= 3 && !profile.small(), profile::label);
        }
    }
}
