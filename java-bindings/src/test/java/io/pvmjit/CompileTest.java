package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.MemoryImage.Region;
import io.pvmjit.stress.Guests;
import io.pvmjit.stress.Setup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Program blobs wherever they are: arrays, heap and native segments, files, and the RAM of an instance. */
class CompileTest {
    private static final int PAGE = MemoryImage.PAGE_SIZE;

    @TempDir
    private Path temporary;

    private static void assertAdds(Module module) {
        try (module;
                var instance = module.instantiate()) {
            instance.gas(1000).register(7, 40).register(8, 2);
            assertEquals(new Exit.Halt(), instance.run());
            assertEquals(42, instance.register(7));
        }
    }

    /** The segment with the blob at some offset that no alignment divides. */
    private static MemorySegment within(MemorySegment whole, byte[] blob) {
        MemorySegment.copy(blob, 0, whole, ValueLayout.JAVA_BYTE, 13, blob.length);
        return whole.asSlice(13, blob.length);
    }

    @ParameterizedTest
    @EnumSource
    void segmentsOfEveryKind(Setup setup) throws Exception {
        var file = Files.write(temporary.resolve("program"), Guests.ADD);
        try (var engine = setup.engine();
                var confined = Arena.ofConfined();
                var shared = Arena.ofShared();
                var channel = FileChannel.open(file)) {
            var segments = new LinkedHashMap<String, MemorySegment>();
            segments.put("byte[]", MemorySegment.ofArray(Guests.ADD));
            segments.put("slice of byte[]", within(MemorySegment.ofArray(new byte[100]), Guests.ADD));
            segments.put("slice of short[]", within(MemorySegment.ofArray(new short[50]), Guests.ADD));
            segments.put("slice of long[]", within(MemorySegment.ofArray(new long[20]), Guests.ADD));
            segments.put("slice of double[]", within(MemorySegment.ofArray(new double[20]), Guests.ADD));
            segments.put("heap buffer", MemorySegment.ofBuffer(ByteBuffer.wrap(Guests.ADD)));
            segments.put("direct buffer",
                    MemorySegment.ofBuffer(ByteBuffer.allocateDirect(Guests.ADD.length).put(Guests.ADD).flip()));
            segments.put("confined", within(confined.allocate(100), Guests.ADD));
            segments.put("shared", within(shared.allocate(100), Guests.ADD));
            segments.put("automatic", within(Arena.ofAuto().allocate(100), Guests.ADD));
            segments.put("global", within(Arena.global().allocate(100), Guests.ADD));
            segments.put("file", channel.map(FileChannel.MapMode.READ_ONLY, 0, Guests.ADD.length, shared));
            for (var entry : Map.copyOf(segments).entrySet()) {
                segments.put("read-only " + entry.getKey(), entry.getValue().asReadOnly());
            }
            assertAdds(engine.compile(Guests.ADD));
            segments.forEach((name, segment) -> {
                var before = segment.toArray(ValueLayout.JAVA_BYTE);
                assertAdds(engine.compile(segment));
                assertEquals(-1, segment.mismatch(MemorySegment.ofArray(before)), name);
            });
            assertEquals(0, engine.statistics().modulesAlive());
        }
    }

    @ParameterizedTest
    @EnumSource
    void blobMayGoAfterCompilation(Setup setup) {
        try (var engine = setup.engine()) {
            Module fromArray;
            Module fromNative;
            var array = Guests.ADD.clone();
            fromArray = engine.compile(array);
            Arrays.fill(array, (byte) 0xff);
            try (var arena = Arena.ofConfined()) {
                fromNative = engine.compile(within(arena.allocate(100), Guests.ADD));
            }
            assertAdds(fromArray);
            assertAdds(fromNative);
        }
    }

    @ParameterizedTest
    @EnumSource
    void emptyBlobs(Setup setup) {
        try (var engine = setup.engine();
                var arena = Arena.ofConfined()) {
            for (var empty : List.of(MemorySegment.NULL, MemorySegment.ofArray(new byte[0]), arena.allocate(0),
                    MemorySegment.ofArray(new long[0]), arena.allocate(8).asSlice(8))) {
                var problem = assertThrows(InvalidProgramException.class, () -> engine.compile(empty));
                assertEquals(0, problem.offset());
                assertFalse(problem.reason().isBlank());
            }
            assertThrows(InvalidProgramException.class, () -> engine.compile(new byte[0]));
            assertEquals(0, engine.statistics().modulesAlive());
        }
    }

    @ParameterizedTest
    @EnumSource
    void prefixesAndExtensions(Setup setup) {
        try (var engine = setup.engine()) {
            for (int length = 0; length < Guests.FAULTS.length; length++) {
                int end = length;
                var problem = assertThrows(InvalidProgramException.class,
                        () -> engine.compile(Arrays.copyOf(Guests.FAULTS, end)), () -> "the first " + end + " octets");
                assertTrue(problem.offset() >= 0 && problem.offset() <= end, problem::getMessage);
                assertTrue(problem.getMessage().contains(problem.reason())
                        && problem.getMessage().contains("octet " + problem.offset()), problem::getMessage);
            }
            for (int more = 1; more < 10; more++) {
                var extended = Arrays.copyOf(Guests.FAULTS, Guests.FAULTS.length + more);
                var problem = assertThrows(InvalidProgramException.class, () -> engine.compile(extended));
                assertTrue(problem.offset() >= 0 && problem.offset() <= extended.length, problem::getMessage);
            }
            assertEquals(0, engine.statistics().modulesAlive());
        }
    }

    @ParameterizedTest
    @EnumSource
    void segmentsThatCannotBeRead(Setup setup) throws Exception {
        try (var engine = setup.engine();
                var other = Executors.newSingleThreadExecutor()) {
            var arena = Arena.ofConfined();
            var freed = within(arena.allocate(100), Guests.ADD);
            arena.close();
            assertThrows(IllegalStateException.class, () -> engine.compile(freed));
            var foreign = other.submit(() -> within(Arena.ofConfined().allocate(100), Guests.ADD)).get();
            assertThrows(WrongThreadException.class, () -> engine.compile(foreign));
            assertEquals(0, engine.statistics().modulesAlive());
            assertAdds(engine.compile(Guests.ADD));
        }
    }

    @ParameterizedTest
    @EnumSource
    void fromRam(Setup setup) {
        // The blob lies across two regions of different access, and ends with the last octet of the second one.
        var octets = new byte[2 * PAGE];
        int at = 2 * PAGE - Guests.ADD.length;
        System.arraycopy(Guests.ADD, 0, octets, at, Guests.ADD.length);
        var image = MemoryImage.of(List.of(
                Region.of(32, 1, PageAccess.READ, Arrays.copyOf(octets, PAGE)),
                Region.of(33, 1, PageAccess.WRITE, Arrays.copyOfRange(octets, PAGE, 2 * PAGE))));
        try (var engine = setup.engine();
                var module = engine.compile(Guests.LOAD);
                var instance = module.instantiate(image)) {
            var memory = instance.memory();
            long address = 32 * PAGE + at;
            var inner = engine.compile(memory, address, Guests.ADD.length);
            assertNotNull(inner);
            // It is a copy: what happens to the RAM afterwards is of no concern.
            assertTrue(memory.write(33 * PAGE, new byte[PAGE]));
            assertAdds(inner);

            assertNull(engine.compile(memory, address, Guests.ADD.length + 1));
            assertNull(engine.compile(memory, 31 * PAGE, 1));
            assertNull(engine.compile(memory, -1, 2));
            assertNull(engine.compile(memory, (1L << 32) - 1, 2));
            assertNull(engine.compile(memory, 33 * PAGE, -1));
            assertNull(engine.compile(memory, 33 * PAGE, Long.MIN_VALUE));
            for (long anywhere : new long[] {0, 33 * PAGE, 1L << 32, -1, Long.MIN_VALUE}) {
                assertThrows(InvalidProgramException.class, () -> engine.compile(memory, anywhere, 0), "an empty blob");
            }
            var problem = assertThrows(InvalidProgramException.class, () -> engine.compile(memory, 33 * PAGE, PAGE));
            assertTrue(problem.offset() >= 0 && problem.offset() <= PAGE, problem::getMessage);
            assertThrows(NullPointerException.class, () -> engine.compile(null, 0, 0));
            assertEquals(1, engine.statistics().modulesAlive());
            assertEquals(0, instance.register(0), "the instance is free again");
        }
    }

    @ParameterizedTest
    @EnumSource
    void fromRamOfAnotherEngine(Setup setup) {
        var image = MemoryImage.of(List.of(Region.of(32, 1, PageAccess.READ, Guests.ADD)));
        for (var other : Setup.values()) {
            try (var engine = setup.engine();
                    var otherEngine = other.engine();
                    var module = otherEngine.compile(Guests.LOAD);
                    var instance = module.instantiate(image)) {
                assertAdds(engine.compile(instance.memory(), 32 * PAGE, Guests.ADD.length));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void factsOfAModule(Setup setup) {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.FAULTS)) {
            var statistics = module.statistics();
            assertEquals(0, statistics.jumpTableLength());
            assertEquals(5, statistics.blockCount());
            assertEquals(23, statistics.instructionCount());
            assertEquals(0, module.blockCosts().getFirst().pc());
            assertEquals(5, module.blockCosts().size());
            int starts = 0;
            for (int pc = 0; pc < statistics.codeLength(); pc++) {
                starts += module.isStart(pc) ? 1 : 0;
            }
            assertEquals(23, starts);
            assertFalse(module.isStart(statistics.codeLength()));
            boolean machineCode = setup != Setup.INTERPRETER;
            assertEquals(machineCode, statistics.nativeBytes() > 0);
            assertEquals(machineCode ? 23 + 5 : 0, module.listing().lines().count(), module::listing);
        }
    }

    /** A guest can have thousands of programs refused for the price of one trace, which has all frames of the embedder. */
    @ParameterizedTest
    @EnumSource
    void aRefusalCostsNoStackTrace(Setup setup) {
        try (var engine = setup.engine()) {
            var problem = assertThrows(InvalidProgramException.class, () -> engine.compile(new byte[5]));
            assertEquals(0, problem.getStackTrace().length);
        }
    }
}
