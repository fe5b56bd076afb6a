package io.pvmjit.hostcalls.refine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Revision;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** What tests of whole invocations share. */
final class Refinements {
    static final long GAS = 10_000_000;
    static final long SERVICE = 7;
    static final byte[] NO_ARGUMENTS = new byte[0];

    /** Inner programs: a trap, a halt (where register 0 holds the address that does), a host call 5 and a trap. */
    static final byte[] TRAP = {0, 0, 1, 0, 1};
    static final byte[] HALT = {0, 0, 2, 50, 0, 1};
    static final byte[] CALL = {0, 0, 3, 10, 5, 0, 5};

    private Refinements() {}

    /** An engine that caches nothing, so that what it counts is what is in use. */
    static Engine engine(Backend backend, Revision revision) {
        return Engine.create(
                EngineConfig.defaults().withBackend(backend).withRevision(revision).withModuleCacheBytes(0));
    }

    static Engine engine(Backend backend) {
        return engine(backend, Revision.NEXT);
    }

    static byte[] hash(int octet) {
        var hash = new byte[Limits.HASH_OCTETS];
        Arrays.fill(hash, (byte) octet);
        return hash;
    }

    /** A world with preimages of the own service, by {@link #hash}, and a number of segments exported before. */
    static InMemoryEnvironment world(int exportOffset, Map<Integer, byte[]> preimages) {
        var all = new HashMap<InMemoryEnvironment.Key, byte[]>();
        preimages.forEach((octet, preimage) -> all.put(InMemoryEnvironment.Key.of(SERVICE, hash(octet)), preimage));
        return new InMemoryEnvironment(SERVICE, all, Map.of(), exportOffset);
    }

    static InMemoryEnvironment world() {
        return world(0, Map.of());
    }

    /** Refines on a new engine, and looks that nothing is left on it. */
    static Refinement refine(Backend backend, Revision revision, RefineEnvironment environment, MemorySegment code,
            long gas) {
        try (var engine = engine(backend, revision)) {
            var refinement = new RefineInvocation(engine).run(environment, code, NO_ARGUMENTS, gas);
            assertNothingLeft(engine);
            return refinement;
        }
    }

    static Refinement refine(Backend backend, RefineEnvironment environment, OuterProgram program) {
        return refine(backend, Revision.NEXT, environment, program.serviceCode(), GAS);
    }

    static void assertNothingLeft(Engine engine) {
        assertEquals(0, engine.statistics().modulesAlive(), "modules left");
        assertEquals(0, engine.statistics().instancesAlive(), "instances left");
        assertEquals(0, engine.statistics().codeBytesUsed(), "code left");
    }

    static byte[] output(Refinement refinement) {
        return assertInstanceOf(WorkResult.Output.class, refinement.result(), refinement::toString).octets();
    }

    static long[] results(Refinement refinement) {
        return OuterProgram.results(output(refinement));
    }
}
