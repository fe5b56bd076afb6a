package io.pvmjit.internal.sharing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.ModuleCacheStatistics;
import io.pvmjit.asm.Assembler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The module cache: what it keeps, what it drops, and that nobody who holds a module notices. */
class CachingEngineTest {
    private static Engine engine(Backend backend, long cacheBytes) {
        return Engine.create(EngineConfig.defaults().withBackend(backend).withModuleCacheBytes(cacheBytes));
    }

    /** A program that answers its number. */
    private static byte[] program(int number) {
        return Assembler.assemble("load_imm a0, " + number + "\njump_ind ra\n");
    }

    private static void assertAnswers(Module module, long number) {
        try (var instance = module.instantiate()) {
            assertEquals(new Exit.Halt(), instance.gas(100).register(0, 0xffff0000L).run());
            assertEquals(number, instance.register(7));
        }
    }

    @ParameterizedTest
    @EnumSource
    void compilesTheSameProgramOnce(Backend backend) {
        try (var engine = engine(backend, 1 << 20)) {
            var first = engine.compile(program(1));
            try (var second = engine.compile(program(1))) {
                assertEquals(2, engine.statistics().modulesAlive());
                assertEquals(1, engine.cacheStatistics().entries());
                first.close();
                assertAnswers(second, 1);
                assertThrows(IllegalStateException.class, first::instantiate);
            }
            assertEquals(0, engine.statistics().modulesAlive());
            try (var third = engine.compile(program(1)); var other = engine.compile(program(2))) {
                assertAnswers(third, 1);
                assertAnswers(other, 2);
            }
            var cache = engine.cacheStatistics();
            assertEquals(2, cache.hits());
            assertEquals(2, cache.misses());
            assertEquals(0, cache.evictions());
        }
    }

    @Test
    void isBoundedAndDropsTheLeastRecentlyUsed() {
        long size;
        try (var engine = engine(Backend.JIT, 1 << 20); var _ = engine.compile(program(1))) {
            size = engine.cacheStatistics().bytes();
        }
        try (var engine = engine(Backend.JIT, 3 * size)) {
            for (int number : new int[] {1, 2, 3, 1, 4}) {
                engine.compile(program(number)).close();
            }
            assertEquals(3, engine.cacheStatistics().entries());
            assertEquals(3 * size, engine.cacheStatistics().bytes());
            assertEquals(1, engine.cacheStatistics().evictions());
            long hits = engine.cacheStatistics().hits();
            engine.compile(program(1)).close();
            assertEquals(hits + 1, engine.cacheStatistics().hits(), "used after 2 and 3");
            engine.compile(program(2)).close();
            assertEquals(hits + 1, engine.cacheStatistics().hits(), "2 was dropped");
        }
    }

    /** However small modules are, and however many: in octets all of these would have room. */
    @ParameterizedTest
    @EnumSource
    void isBoundedInNumber(Backend backend) {
        var config = EngineConfig.defaults().withBackend(backend).withModuleCacheEntries(3);
        try (var engine = Engine.create(config)) {
            assertEquals(3, engine.cacheStatistics().entryLimit());
            for (int number = 1; number <= 2_000; number++) {
                engine.compile(program(number)).close();
                assertEquals(Math.min(number, 3), engine.cacheStatistics().entries());
            }
            assertEquals(1_997, engine.cacheStatistics().evictions());
            var oldest = engine.compile(program(1_998));
            assertEquals(1, engine.cacheStatistics().hits());
            assertEquals(2, engine.cacheStatistics().idleEntries());
            // Those that are held do not count, until they are not.
            var held = IntStream.range(0, 20).mapToObj(number -> engine.compile(program(number))).toList();
            assertEquals(23, engine.cacheStatistics().entries());
            assertEquals(2, engine.cacheStatistics().idleEntries());
            assertAnswers(oldest, 1_998);
            oldest.close();
            held.forEach(Module::close);
            assertEquals(3, engine.cacheStatistics().entries());
            assertEquals(3, engine.cacheStatistics().idleEntries());
            long hits = engine.cacheStatistics().hits();
            for (int number = 17; number < 20; number++) {
                engine.compile(program(number)).close();
            }
            assertEquals(hits + 3, engine.cacheStatistics().hits(), "those that were let go of last");
        }
    }

    @Test
    void hasABoundInNumberByDefault() {
        try (var engine = engine(Backend.INTERPRETER, 1 << 20)) {
            assertEquals(16_384, engine.cacheStatistics().entryLimit());
        }
    }

    @Test
    void keepsWhatIsHeldBeyondItsBound() {
        try (var engine = engine(Backend.JIT, 1)) {
            var held = IntStream.range(0, 20).mapToObj(number -> engine.compile(program(number))).toList();
            assertEquals(20, engine.cacheStatistics().entries());
            for (int number = 0; number < 20; number++) {
                assertAnswers(held.get(number), number);
            }
            try (var instance = held.getFirst().instantiate()) {
                held.forEach(Module::close);
                assertEquals(1, engine.cacheStatistics().entries(), "an instance holds its module");
                instance.gas(100).run();
            }
            assertEquals(0, engine.cacheStatistics().entries());
            assertEquals(0, engine.statistics().codeBytesUsed());
        }
    }

    @Test
    void makesRoomForNewCode() {
        var config =
                EngineConfig.defaults().withBackend(Backend.JIT).withCodeArenaBytes(1 << 14).withModuleCacheBytes(1 << 20);
        try (var engine = Engine.create(config)) {
            for (int number = 0; number < 1000; number++) {
                engine.compile(program(number)).close();
            }
            assertTrue(engine.cacheStatistics().evictions() > 0, "the arena holds fewer than a thousand");
            assertEquals(0, engine.statistics().fallBacks());
            var held = new ArrayList<Module>();
            for (int number = 0; number < 1000; number++) {
                held.add(engine.compile(program(number)));
            }
            assertTrue(engine.statistics().fallBacks() > 0, "not all of them have room at once");
            held.forEach(Module::close);
            long before = engine.statistics().fallBacks();
            engine.compile(program(5000)).close();
            assertEquals(before, engine.statistics().fallBacks());
        }
    }

    @Test
    void doesNotKeepInvalidPrograms() {
        try (var engine = engine(Backend.INTERPRETER, 1 << 20)) {
            for (int i = 0; i < 3; i++) {
                assertThrows(InvalidProgramException.class, () -> engine.compile(new byte[] {0, 0, 1, 3, 1}));
            }
            assertEquals(0, engine.cacheStatistics().entries());
            assertEquals(3, engine.cacheStatistics().misses());
        }
    }

    @Test
    void canBeTurnedOff() {
        try (var engine = engine(Backend.JIT, 0)) {
            engine.compile(program(1)).close();
            assertEquals(0, engine.statistics().codeBytesUsed());
            assertEquals(ModuleCacheStatistics.NONE, engine.cacheStatistics());
        }
    }

    @Test
    void servesManyThreads() throws Exception {
        try (var engine = engine(Backend.JIT, 2_000); var threads = Executors.newFixedThreadPool(16)) {
            Callable<Void> task = () -> {
                for (int i = 0; i < 500; i++) {
                    int number = i % 50;
                    try (var module = engine.compile(program(number))) {
                        assertAnswers(module, number);
                    }
                }
                return null;
            };
            for (var done : threads.invokeAll(Collections.nCopies(16, task))) {
                done.get();
            }
            var cache = engine.cacheStatistics();
            assertEquals(8000, cache.hits() + cache.misses());
            assertEquals(0, engine.statistics().modulesAlive());
            assertTrue(cache.bytes() <= 2_000, () -> cache.bytes() + " octets");
        }
    }

    /** A key is that of equal octets, whatever memory they lie in and however they are cut into chunks, and of no others. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16383, 16384, 16385, 200000})
    void keysAreThoseOfTheOctets(int length) throws NoSuchAlgorithmException {
        var octets = new byte[length];
        new Random(length).nextBytes(octets);
        var words = ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(octets)).order(ByteOrder.nativeOrder());
        var expected = new BlobKey(words.getLong(), words.getLong(), words.getLong(), words.getLong());
        assertEquals(expected, BlobKey.of(MemorySegment.ofArray(octets)));
        try (var arena = Arena.ofConfined()) {
            var copy = arena.allocate(Math.max(1, length)).asSlice(0, length).copyFrom(MemorySegment.ofArray(octets));
            assertEquals(expected, BlobKey.of(copy));
            if (length > 0) {
                copy.set(ValueLayout.JAVA_BYTE, length - 1, (byte) (octets[length - 1] + 1));
                assertNotEquals(expected, BlobKey.of(copy));
            }
        }
    }
}
