package io.pvmjit.internal.jit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.asm.Assembler;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is compiled at once: bounded, in order, and nobody sees it in a result. The timeout is for a queue that hangs. */
@Timeout(240)
class CompileQueueTest {
    private static final long KIB = 1024;
    /** A half has 128 KiB, and what is more than 4 KiB is large. */
    private static final long OCTETS = 256 * KIB;

    private final CompileQueue queue = new CompileQueue(OCTETS);

    private Future<?> enter(ExecutorService threads, long length) throws InterruptedException {
        int before = queue.waiting();
        var entering = threads.submit(() -> queue.enter(length));
        while (queue.waiting() == before && !entering.isDone()) {
            Thread.sleep(1);
        }
        return entering;
    }

    @Test
    void firstComeFirstServed() throws Exception {
        try (var threads = Executors.newCachedThreadPool()) {
            queue.enter(100 * KIB);
            var second = enter(threads, 100 * KIB);
            var third = enter(threads, 8 * KIB);
            assertEquals(2, queue.waiting(), "the third would have room, but is not the first");
            queue.leave(100 * KIB);
            second.get();
            third.get();
            var fourth = enter(threads, 100 * KIB);
            assertFalse(fourth.isDone());
            queue.leave(100 * KIB);
            fourth.get();
        }
    }

    @Test
    void smallOnesWaitForNoLargeOne() throws Exception {
        try (var threads = Executors.newCachedThreadPool()) {
            queue.enter(128 * KIB);
            var large = enter(threads, 5 * KIB);
            for (int i = 0; i < 32; i++) {
                queue.enter(4 * KIB);
            }
            var small = enter(threads, 1);
            assertEquals(2, queue.waiting());
            queue.leave(4 * KIB);
            small.get();
            assertFalse(large.isDone());
            queue.leave(128 * KIB);
            large.get();
        }
    }

    /** Longer than there is room for anything. */
    @Test
    void aLongOneIsAloneAmongLargeOnes() throws Exception {
        try (var threads = Executors.newCachedThreadPool()) {
            queue.enter(Long.MAX_VALUE / 2);
            var next = enter(threads, 5 * KIB);
            assertEquals(1, queue.waiting());
            var another = enter(threads, 1L << 40);
            queue.leave(Long.MAX_VALUE / 2);
            next.get();
            assertFalse(another.isDone());
            queue.leave(5 * KIB);
            another.get();
        }
    }

    /** An invocation is interrupted by other means than its thread. */
    @Test
    void anInterruptOfTheThreadIsKept() throws Exception {
        try (var threads = Executors.newSingleThreadExecutor()) {
            queue.enter(128 * KIB);
            var waiting = new Thread[1];
            var interrupted = threads.submit(() -> {
                waiting[0] = Thread.currentThread();
                queue.enter(5 * KIB);
                return Thread.interrupted();
            });
            while (queue.waiting() == 0) {
                Thread.sleep(1);
            }
            waiting[0].interrupt();
            queue.leave(128 * KIB);
            assertTrue(interrupted.get());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void neverMoreThanThereIsRoomFor(boolean virtual) throws Exception {
        var inside = new AtomicLong();
        try (var threads = virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(16)) {
            var tasks = new ArrayList<Callable<Void>>();
            for (int seed = 0; seed < 200; seed++) {
                var random = new SplittableRandom(seed);
                tasks.add(() -> {
                    for (int i = 0; i < 200; i++) {
                        long length = random.nextLong(1L << random.nextInt(1, 18));
                        queue.enter(length);
                        long sum = inside.addAndGet(length);
                        Thread.yield();
                        inside.addAndGet(-length);
                        queue.leave(length);
                        assertTrue(sum <= OCTETS, () -> sum + " octets");
                    }
                    return null;
                });
            }
            for (var done : threads.invokeAll(tasks)) {
                done.get();
            }
        }
        queue.enter(128 * KIB);
        assertEquals(0, queue.waiting());
    }

    /** More of them wait than there are carriers; others run all the same. */
    @Test
    void virtualThreadsGiveTheirCarriersAway() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            queue.enter(128 * KIB);
            var waiting = new ArrayList<Future<?>>();
            for (int i = 0; i < 1_000; i++) {
                waiting.add(threads.submit(() -> {
                    queue.enter(128 * KIB);
                    queue.leave(128 * KIB);
                }));
            }
            while (queue.waiting() < 1_000) {
                Thread.sleep(1);
            }
            threads.submit(() -> {}).get();
            queue.leave(128 * KIB);
            for (var each : waiting) {
                each.get();
            }
        }
    }

    // The engine.

    private static byte[] program(int number) {
        return Assembler.assemble("load_imm a0, " + number + "\njump_ind ra\n");
    }

    @Test
    void compilationWaits() throws Exception {
        var config = EngineConfig.defaults().withCompilingBytes(1);
        var engine = NativeEngine.create(config);
        try (var threads = Executors.newSingleThreadExecutor()) {
            var blob = MemorySegment.ofArray(program(1));
            engine.compilations.enter(blob.byteSize());
            var compiling = threads.submit(() -> engine.compile(blob));
            while (engine.compilations.waiting() == 0) {
                Thread.sleep(1);
            }
            assertEquals(1, engine.statistics().compilationsWaiting());
            assertEquals(0, engine.statistics().modulesAlive());
            assertFalse(compiling.isDone());
            engine.compilations.leave(blob.byteSize());
            compiling.get().close();
            // What fails leaves, too.
            for (int i = 0; i < 3; i++) {
                assertThrows(InvalidProgramException.class, () -> engine.compile(MemorySegment.ofArray(new byte[1])));
            }
            engine.compile(blob).close();
        } finally {
            engine.close();
        }
    }

    @Test
    void resultsAreTheSame() throws Exception {
        var config = EngineConfig.defaults().withBackend(Backend.JIT).withModuleCacheBytes(0).withCompilingBytes(1);
        try (var engine = Engine.create(config); var threads = Executors.newFixedThreadPool(16)) {
            Callable<Void> task = () -> {
                for (int number = 0; number < 200; number++) {
                    try (var module = engine.compile(program(number)); var instance = module.instantiate()) {
                        assertEquals(new Exit.Halt(), instance.gas(100).register(0, 0xffff0000L).run());
                        assertEquals(number, instance.register(7));
                        assertTrue(module.statistics().nativeBytes() > 0);
                    }
                }
                return null;
            };
            for (var done : threads.invokeAll(Collections.nCopies(16, task))) {
                done.get();
            }
            assertEquals(0, engine.statistics().fallBacks());
        }
    }
}
