package io.pvmjit.bench.tail;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.RefineInvocation;
import io.pvmjit.hostcalls.refine.WorkResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/**
 * The JVM that {@link Tails} starts: times small refinements one by one and prints a {@link TailLatency} as JSON. Each
 * does all that a work item takes: parse the service code, find its module in the cache, make an instance with arguments,
 * run with exact gas and one host call, take the output, give all of it back.
 */
public final class SmallRefinements {
    private static final long GAS = 1_000_000;
    private static final int WORDS = 8;
    private static final double P99 = 0.99;
    private static final double P999 = 0.999;

    /** Adds the words of its arguments, asks for its gas, and answers with the sum. */
    private static final String PROGRAM = """
            .stack 4096
            .data
            result: .u64 0
            .code
                load_imm t0, 0
                load_imm t1, 8
                fallthrough
            next:
                load_ind_u64 t2, [a0]
                add_64 t0, t0, t2
                add_imm_64 a0, a0, 8
                add_imm_64 t1, t1, -1
                branch_ne_imm t1, 0, next
                store_u64 [result], t0
                ecalli 0
                load_imm a0, result
                load_imm a1, 8
                jump_ind ra
            """;

    private final RefineInvocation invocation;
    private final InMemoryEnvironment environment = new InMemoryEnvironment(0, Map.of(), Map.of(), 0);
    private final MemorySegment code;

    private SmallRefinements(Engine engine, Arena arena) {
        invocation = new RefineInvocation(engine);
        // No metadata in front: a length of 0.
        var blob = Assembler.assembleStandard(PROGRAM);
        code = arena.allocate(1 + blob.length);
        MemorySegment.copy(blob, 0, code, ValueLayout.JAVA_BYTE, 1, blob.length);
    }

    /** @param arguments the collector's name, runs before, runs that are timed */
    public static void main(String[] arguments) throws JsonProcessingException {
        try {
            System.out.println(new ObjectMapper().writeValueAsString(
                    measure(arguments[0], Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]))));
        } catch (RuntimeException e) {
            System.err.println("error: " + e.getMessage());
            System.exit(1);
        }
    }

    /** Measures in this JVM, whose collector has this name. */
    static TailLatency measure(String collector, int warmup, int runs) {
        var times = new long[runs];
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(Backend.JIT));
                var arena = Arena.ofConfined()) {
            var refinements = new SmallRefinements(engine, arena);
            for (int n = 0; n < warmup; n++) {
                refinements.run(n);
            }
            long before = collections();
            for (int n = 0; n < runs; n++) {
                long begin = System.nanoTime();
                refinements.run(n);
                times[n] = System.nanoTime() - begin;
            }
            long meanwhile = collections() - before;
            Arrays.sort(times);
            return new TailLatency(collector, runs, quantile(times, 0.5), quantile(times, P99), quantile(times, P999),
                    times[runs - 1], meanwhile);
        }
    }

    private void run(long seed) {
        var arguments = ByteBuffer.allocate(WORDS * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long sum = 0;
        for (int i = 0; i < WORDS; i++) {
            arguments.putLong(seed + i);
            sum += seed + i;
        }
        var result = invocation.run(environment, code, arguments.array(), GAS).result();
        if (!(result instanceof WorkResult.Output(byte[] octets))
                || ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN).getLong() != sum) {
            throw new IllegalStateException("the refinement of " + seed + " gave " + result);
        }
    }

    /** The least time that this part of sorted times stays at or below. */
    static long quantile(long[] sorted, double part) {
        return sorted[(int) Math.max(0, Math.ceil(part * sorted.length) - 1)];
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
    }
}
