package io.pvmjit.hostcalls.refine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.QuotaException;
import io.pvmjit.Quotas;
import io.pvmjit.hostcalls.InterruptedInvocationException;
import io.pvmjit.hostcalls.Interrupter;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * One engine serves 64 hostile refinements of every kind beside an honest one, whose result and gas are those of it alone;
 * afterwards the process holds what it held before. The system property {@code pvmjit.siege.seconds} makes it last
 * longer. How long the honest one took is printed, not asserted: it depends on the processors there are.
 */
class SiegeTest {
    private static final int HOSTILE = 64;
    private static final Duration TIME = Duration.ofSeconds(Integer.getInteger("pvmjit.siege.seconds", 5));
    private static final long GAS = 5_000_000_000L;
    private static final long HONEST_GAS = 10_000_000;
    private static final long HONEST_SERVICE = 5;
    private static final int HONEST_ALONE = 2000;
    private static final long MIB = 1 << 20;
    /** Maps that a process may have more for reasons of its own, such as threads and compiled Java. */
    private static final long SLACK_MAPS = 200;
    /** Octets of the JVM's own, most of all of its compilers. */
    private static final long SLACK_OCTETS = 64 * MIB;
    /** What the C library may keep of small allocations that many threads have freed, and the engine before it closes. */
    private static final long SLACK_RESIDENT = 192 * MIB;
    /** The JVM gives back what the Java heap does not need any more little by little. */
    private static final Duration SETTLING = Duration.ofSeconds(60);
    /** struct mallinfo2: ten words, of which these are the octets in use in maps of their own, and in all arenas. */
    private static final MemoryLayout ALLOCATIONS = MemoryLayout.structLayout(
            MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG).withName("words"));
    private static final int IN_MAPS = 4;
    private static final int IN_ARENAS = 7;
    private static final EngineConfig CONFIG = EngineConfig.defaults().withBackend(Backend.JIT)
            .withQuotas(Quotas.defaults().withMemory(2048 * MIB));

    /** What the process holds: resident octets, those in use of the C library's allocations, maps and open files. */
    private record Holdings(long resident, long allocated, long maps, long files) {
        static Holdings now() throws Throwable {
            System.gc();
            var linker = Linker.nativeLinker();
            var mallinfo = linker.downcallHandle(linker.defaultLookup().findOrThrow("mallinfo2"),
                    FunctionDescriptor.of(ALLOCATIONS));
            try (var arena = Arena.ofConfined();
                    var status = Files.lines(Path.of("/proc/self/status"));
                    var maps = Files.lines(Path.of("/proc/self/maps"));
                    var files = Files.list(Path.of("/proc/self/fd"))) {
                var resident = status.filter(line -> line.startsWith("VmRSS:")).findFirst().orElseThrow();
                var words = (MemorySegment) mallinfo.invokeExact((SegmentAllocator) arena);
                long allocated = words.getAtIndex(ValueLayout.JAVA_LONG, IN_MAPS)
                        + words.getAtIndex(ValueLayout.JAVA_LONG, IN_ARENAS);
                return new Holdings(Long.parseLong(resident.replaceAll("[^0-9]", "")) << 10, allocated, maps.count(),
                        files.count());
            }
        }
    }

    /** As soon as no more is resident and allocated than before, or else after a while: garbage holds some off the heap. */
    private static Holdings settled(Holdings before) throws Throwable {
        long end = System.nanoTime() + SETTLING.toNanos();
        var now = Holdings.now();
        while ((now.resident > before.resident + SLACK_RESIDENT || now.allocated > before.allocated + SLACK_OCTETS)
                && System.nanoTime() < end) {
            Thread.sleep(100);
            now = Holdings.now();
        }
        return now;
    }

    private static Refinement refineHonest(Engine engine, MemorySegment code) {
        return new RefineInvocation(engine).run(world(HONEST_SERVICE), code, Refinements.NO_ARGUMENTS, HONEST_GAS);
    }

    private static InMemoryEnvironment world(long service) {
        return new InMemoryEnvironment(service, Map.of(), Map.of(), 0);
    }

    /** Refines again and again; how often that ended, in whatever way a guest's own doing may end it. */
    private static int refineHostile(Engine engine, long service, MemorySegment code, long end) {
        int ended = 0;
        for (long left; (left = end - System.nanoTime()) > 0; ended++) {
            try {
                var refinement = new RefineInvocation(engine).run(world(service), code, Refinements.NO_ARGUMENTS, GAS,
                        Interrupter.after(Duration.ofNanos(left)));
                assertInstanceOf(WorkResult.OutOfGas.class, refinement.result());
            } catch (QuotaException e) {
                assertEquals("refinement of service " + service, e.invocation());
            } catch (InterruptedInvocationException e) {
                assertTrue(Long.compareUnsigned(e.gasUsed(), GAS) <= 0, e::getMessage);
            }
        }
        return ended;
    }

    /** How long the honest one took each time, in nanoseconds, in order. */
    private static long[] honestTimes(Engine engine, MemorySegment code, Refinement expected, long end, int least) {
        var times = LongStream.builder();
        for (int i = 0; i < least || System.nanoTime() < end; i++) {
            long start = System.nanoTime();
            var refinement = refineHonest(engine, code);
            times.add(System.nanoTime() - start);
            assertEquals(expected.gasUsed(), refinement.gasUsed());
            assertArrayEquals(Refinements.output(expected), Refinements.output(refinement));
        }
        return times.build().sorted().toArray();
    }

    private static String text(long[] times) {
        return "%d refinements, median %d us, p99 %d us".formatted(times.length, times[times.length / 2] / 1000,
                times[(int) (times.length * 99L / 100)] / 1000);
    }

    private static void besiege(List<MemorySegment> hostile, Duration time) throws Exception {
        var honest = HungryPrograms.honest();
        try (var engine = Engine.create(CONFIG); var threads = Executors.newFixedThreadPool(HOSTILE)) {
            var expected = refineHonest(engine, honest);
            assertInstanceOf(WorkResult.Output.class, expected.result());
            System.out.println("alone: " + text(honestTimes(engine, honest, expected, System.nanoTime(), HONEST_ALONE)));
            long end = System.nanoTime() + time.toNanos();
            var ended = new ArrayList<Future<Integer>>();
            for (int i = 0; i < HOSTILE; i++) {
                int service = 100 + i;
                var code = hostile.get(i % hostile.size());
                ended.add(threads.submit(() -> refineHostile(engine, service, code, end)));
            }
            System.out.println("besieged: " + text(honestTimes(engine, honest, expected, end, 1)));
            var counts = new int[hostile.size()];
            for (int i = 0; i < HOSTILE; i++) {
                counts[i % hostile.size()] += ended.get(i).get();
            }
            System.out.println("hostile refinements: " + Arrays.toString(counts));
            assertTrue(Arrays.stream(counts).allMatch(count -> count > 0));
            assertEquals(0, engine.statistics().modulesAlive());
            assertEquals(0, engine.statistics().instancesAlive());
            assertEquals(0, engine.statistics().memoryUsed());
        }
    }

    @Test
    void theHonestOneDoesNotNotice() throws Throwable {
        var hostile = List.of(HungryPrograms.stormer(), HungryPrograms.tabulator(1 << 20),
                HungryPrograms.compiler(500_000, true), HungryPrograms.compiler(40, false), HungryPrograms.eater(),
                HungryPrograms.spinner(), HungryPrograms.compiler(4000, true));
        besiege(hostile, Duration.ofSeconds(1));
        var before = Holdings.now();
        besiege(hostile, TIME);
        var after = settled(before);
        System.out.println("before, after: " + before + ", " + after);
        assertTrue(after.maps <= before.maps + SLACK_MAPS, () -> before + ", " + after);
        assertEquals(before.files, after.files);
        assertTrue(after.allocated <= before.allocated + SLACK_OCTETS, () -> before + ", " + after);
        assertTrue(after.resident <= before.resident + SLACK_RESIDENT, () -> before + ", " + after);
    }
}
