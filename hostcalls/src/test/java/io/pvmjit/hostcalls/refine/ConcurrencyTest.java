package io.pvmjit.hostcalls.refine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.asm.Assembler;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Many threads refine over one engine: each refinement comes to what it comes to alone, and nothing is left. The system
 * property {@code pvmjit.concurrency.seconds} makes it last longer.
 */
class ConcurrencyTest {
    private static final int THREADS = 64;
    private static final Duration TIME = Duration.ofSeconds(Integer.getInteger("pvmjit.concurrency.seconds", 5));
    private static final long GAS = 4_000_000;
    private static final int HOST_ANSWER = 9;
    /** Less than the programs together take: some are evicted all the time. */
    private static final int SMALL_CACHE = 1 << 15;

    /** How an outer program ends. */
    private enum Ending {
        HALT("load_imm a0, sum\nload_imm a1, 8\njump_ind ra"), TRAP("trap"), SPIN("spin: jump spin");

        private final String text;

        Ending(String text) {
            this.text = text;
        }
    }

    /** n times (n + 1) / 2 times a factor, by a loop; it faults twice and makes a host call, which adds to it. */
    private static byte[] inner(int factor) {
        return Assembler.assemble("""
                    load_ind_u64 t0, [a0]
                    load_imm t1, 0
                    fallthrough
                next:
                    mul_imm_64 t2, t0, %d
                    add_64 t1, t1, t2
                    add_imm_64 t0, t0, -1
                    branch_ne_imm t0, 0, next
                    store_ind_u64 [a1], t1
                    ecalli 42
                    add_64 t1, t1, a2
                    store_ind_u64 [a1 + 4092], t1
                    jump_ind ra
                """.formatted(factor));
    }

    /**
     * A refinement.
     *
     * @param machines 1 to 63
     * @param stride with no divisor in common with them: machines are run and expunged in steps of it
     * @param preimage whether the module comes from a preimage, else from RAM
     * @param handleFirst whether the module's handle goes before the machines run, else after they are gone
     */
    private record Task(int factor, int machines, int stride, boolean preimage, boolean handleFirst, Ending ending) {
        long sum() {
            long sum = 0;
            for (long n = 1; n <= machines; n++) {
                sum += factor * n * (n + 1) / 2 + HOST_ANSWER;
            }
            return sum;
        }

        RefineEnvironment environment() {
            return Refinements.world(17, Map.of(factor, inner(factor)));
        }

        MemorySegment serviceCode() {
            var blob = inner(factor);
            var dropHandle = "load_imm a0, 1\nmove_reg a1, s0\necalli 15\nbranch_ne_imm a0, 0, failed\n";
            return OuterProgram.serviceCode(Assembler.assembleStandard("""
                    .equ MACHINES, %d
                    .equ STRIDE, %d
                    .rodata
                    blob: .hex %s
                    hash: .hex %s
                    .data
                    input: .u64 0
                    result: .u64 0
                    sum: .u64 0
                    frame: .zero 112
                    .code
                        %s
                        ecalli 9
                        branch_ge_u_imm a0, 128, failed
                        move_reg s0, a0
                        load_imm s1, 0
                        fallthrough
                    make:
                        move_reg a0, s0
                        load_imm a1, 0
                        ecalli 10
                        branch_ne a0, s1, failed
                        add_imm_64 s1, s1, 1
                        branch_ne_imm s1, MACHINES, make
                        %s
                        load_imm t2, 0
                        fallthrough
                    each:
                        mul_imm_64 s1, t2, STRIDE
                        load_imm t1, MACHINES
                        rem_u_64 s1, s1, t1
                        add_imm_64 t0, s1, 1
                        store_u64 [input], t0
                        move_reg a0, s1
                        load_imm a1, 0x20
                        load_imm a2, 1
                        load_imm a3, 2
                        ecalli 13
                        branch_ne_imm a0, 0, failed
                        move_reg a0, s1
                        load_imm a1, input
                        load_imm a2, 0x20010
                        load_imm a3, 8
                        ecalli 12
                        branch_ne_imm a0, 0, failed
                        load_imm t0, 20000
                        store_u64 [frame], t0
                        load_imm_64 t0, 0xffff0000
                        store_u64 [frame + 8], t0
                        load_imm t0, 0x20010
                        store_u64 [frame + 64], t0
                        load_imm t0, 0x30000
                        store_u64 [frame + 72], t0
                        fallthrough
                    again:
                        move_reg a0, s1
                        load_imm a1, frame
                        ecalli 14
                        branch_eq_imm a0, 2, fault
                        branch_eq_imm a0, 3, host
                        branch_eq_imm a0, 0, done
                    failed:
                        load_imm a0, 0
                        load_imm a1, 0
                        jump_ind ra
                    fault:
                        shlo_r_imm_64 a1, a1, 12
                        move_reg a0, s1
                        load_imm a2, 1
                        load_imm a3, 2
                        ecalli 13
                        branch_ne_imm a0, 0, failed
                        jump again
                    host:
                        load_imm t0, %d
                        store_u64 [frame + 80], t0
                        jump again
                    done:
                        move_reg a0, s1
                        load_imm a1, result
                        load_imm a2, 0x30ffc
                        load_imm a3, 8
                        ecalli 11
                        branch_ne_imm a0, 0, failed
                        load_u64 t0, [result]
                        load_u64 t1, [sum]
                        add_64 t1, t1, t0
                        store_u64 [sum], t1
                        load_imm a0, 0
                        move_reg a1, s1
                        ecalli 15
                        branch_ne_imm a0, 0, failed
                        add_imm_64 t2, t2, 1
                        branch_ne_imm t2, MACHINES, each
                        load_imm a0, sum
                        load_imm a1, 8
                        ecalli 8
                        branch_ne_imm a0, 17, failed
                        %s
                        fallthrough
                        %s
                    """.formatted(machines, stride, HexFormat.of().formatHex(blob),
                    HexFormat.of().formatHex(Refinements.hash(factor)),
                    preimage
                            ? "load_imm a0, 1\nload_imm a1, hash\nload_imm a2, 9999\nload_imm a3, 0\nload_imm a4, -1"
                            : "load_imm a0, 0\nload_imm a1, blob\nload_imm a2, " + blob.length,
                    handleFirst ? dropHandle : "", HOST_ANSWER, handleFirst ? "" : dropHandle, ending.text)), 1);
        }
    }

    /** A task ready to be run, and what it came to alone. */
    private record Prepared(Task task, RefineEnvironment environment, MemorySegment code, String expected) {
        static Prepared of(Engine engine, Task task) {
            var environment = task.environment();
            var code = task.serviceCode();
            var alone = refine(engine, environment, code);
            if (task.ending == Ending.HALT) {
                // Not only the same as ever, but right.
                var sum = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(task.sum()).array();
                assertEquals(HexFormat.of().formatHex(sum), HexFormat.of().formatHex(Refinements.output(alone)));
                assertEquals(1, alone.exports().size());
            }
            return new Prepared(task, environment, code, text(alone));
        }

        Refinement refine(Engine engine) {
            return refine(engine, environment, code);
        }

        /** As {@link #refine(Engine)}, with an environment that gives way to other threads. */
        Refinement refineYielding(Engine engine) {
            return refine(engine, new Yielding(environment), code);
        }

        private static Refinement refine(Engine engine, RefineEnvironment environment, MemorySegment code) {
            return new RefineInvocation(engine).run(environment, code, Refinements.NO_ARGUMENTS, GAS);
        }
    }

    /** Lets its thread wait: a virtual thread may go on within another platform thread. */
    private record Yielding(RefineEnvironment environment) implements RefineEnvironment {
        @Override
        public long service() {
            return environment.service();
        }

        @Override
        public MemorySegment preimage(long service, byte[] hash) {
            LockSupport.parkNanos(1000);
            return environment.preimage(service, hash);
        }

        @Override
        public MemorySegment fetch(int selector, long first, long second) {
            return environment.fetch(selector, first, second);
        }

        @Override
        public int exportOffset() {
            LockSupport.parkNanos(1000);
            return environment.exportOffset();
        }
    }

    private static String text(Refinement refinement) {
        var exports = refinement.exports().stream().map(HexFormat.of()::formatHex).toList();
        return (refinement.result() instanceof WorkResult.Output(byte[] octets) ? HexFormat.of().formatHex(octets)
                : refinement.result().toString()) + " " + refinement.gasUsed() + " " + exports;
    }

    private static List<Prepared> prepare() {
        try (var engine = Refinements.engine(Backend.INTERPRETER)) {
            var prepared = new ArrayList<Prepared>();
            int[] machines = {1, 2, 5, 16, 63, 63};
            int[] strides = {1, 1, 3, 5, 62, 25};
            for (int i = 0; i < 24; i++) {
                int size = i % machines.length;
                var ending = Ending.values()[i % 5 == 0 ? 1 : i % 7 == 0 ? 2 : 0];
                prepared.add(Prepared.of(engine,
                        new Task(1 + i / 2, machines[size], strides[size], i % 2 == 0, i / 3 % 2 == 0, ending)));
            }
            return prepared;
        }
    }

    private static void refineTogether(EngineConfig config, Duration time,
            boolean virtual) throws InterruptedException {
        var tasks = prepare();
        var failure = new AtomicReference<String>();
        var done = new AtomicLong();
        try (var engine = Engine.create(config.withBackend(Backend.JIT))) {
            long end = System.nanoTime() + time.toNanos();
            var threads = new ArrayList<Thread>();
            for (int i = 0; i < THREADS; i++) {
                var random = new SplittableRandom(i);
                Thread.Builder builder = virtual ? Thread.ofVirtual() : Thread.ofPlatform();
                threads.add(builder.start(() -> {
                    try {
                        do {
                            var prepared = tasks.get(random.nextInt(tasks.size()));
                            var text = text(virtual ? prepared.refineYielding(engine) : prepared.refine(engine));
                            if (!text.equals(prepared.expected)) {
                                failure.set(prepared.task + " came to " + text + ", alone to " + prepared.expected);
                            }
                            done.incrementAndGet();
                        } while (failure.get() == null && System.nanoTime() < end);
                    } catch (RuntimeException | Error e) {
                        failure.compareAndSet(null, e + " at " + List.of(e.getStackTrace()));
                    }
                }));
            }
            for (var thread : threads) {
                thread.join();
            }
            assertNull(failure.get());
            assertTrue(done.get() >= THREADS);
            assertEquals(0, engine.statistics().modulesAlive());
            assertEquals(0, engine.statistics().instancesAlive());
            if (config.moduleCacheBytes() == 0) {
                assertEquals(0, engine.statistics().codeBytesUsed());
            } else {
                assertTrue(engine.cacheStatistics().hits() > 0 && engine.cacheStatistics().evictions() > 0,
                        () -> engine.cacheStatistics().toString());
                assertTrue(engine.cacheStatistics().bytes() <= SMALL_CACHE, () -> engine.cacheStatistics().toString());
            }
        }
    }

    @Test
    void withASmallCache() throws InterruptedException {
        refineTogether(EngineConfig.defaults().withModuleCacheBytes(SMALL_CACHE), TIME, false);
    }

    @Test
    void withoutACache() throws InterruptedException {
        refineTogether(EngineConfig.defaults().withModuleCacheBytes(0), TIME.dividedBy(2), false);
    }

    /** Where instances are short of memory maps they change to checks in software, with the same results. */
    @Test
    void withFewMaps() throws InterruptedException {
        refineTogether(EngineConfig.defaults().withModuleCacheBytes(0).withMapsPerInstance(4), TIME.dividedBy(4),
                false);
    }

    /** Virtual threads wait in the environment, and need not go on where they were. */
    @Test
    void onVirtualThreads() throws InterruptedException {
        refineTogether(EngineConfig.defaults().withModuleCacheBytes(SMALL_CACHE), TIME.dividedBy(4), true);
    }
}
