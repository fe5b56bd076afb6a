package io.pvmjit.hostcalls.refine;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.QuotaException;
import io.pvmjit.Quotas;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.InterruptedInvocationException;
import io.pvmjit.hostcalls.Interrupter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * 64 threads of hostile refinements, one of honest ones whose results are compared, and one that compiles, makes an
 * instance, runs and closes, on one engine for as long as one likes; each second what the process holds is noted. A main
 * program, run by {@code scripts/soak}: minutes, and a folder, which gets soak.csv and soak.svg.
 */
final class Soak {
    private static final int HOSTILE = 64;
    private static final long GAS = 5_000_000_000L;
    private static final long HONEST_GAS = 10_000_000;
    private static final Duration LONGEST = Duration.ofSeconds(5);
    private static final long MEMORY = 2L << 30;
    /** What the engine keeps ready for instances that are in no invocation. */
    private static final long HELD_READY = 1 << 18;

    private final Engine engine;
    private final long end;
    private final LongAdder hostile = new LongAdder();
    private final LongAdder honest = new LongAdder();
    private final LongAdder cycles = new LongAdder();

    private Soak(Engine engine, long end) {
        this.engine = engine;
        this.end = end;
    }

    static void main(String[] arguments) throws Exception {
        long minutes = Long.parseLong(arguments[0]);
        var folder = Files.createDirectories(Path.of(arguments[1]));
        var samples = new ArrayList<SoakPlot.Sample>();
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(Backend.JIT)
                .withQuotas(Quotas.defaults().withMemory(MEMORY)))) {
            new Soak(engine, System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes)).run(samples);
            var left = engine.statistics();
            if (left.modulesAlive() != 0 || left.instancesAlive() != 0 || left.memoryUsed() > HELD_READY) {
                throw new AssertionError("something is left: " + left);
            }
        }
        Files.write(folder.resolve("soak.csv"), SoakPlot.csv(samples));
        Files.writeString(folder.resolve("soak.svg"), SoakPlot.svg(samples));
        System.out.println(SoakPlot.summary(samples));
    }

    private void run(List<SoakPlot.Sample> samples) throws Exception {
        var programs = List.of(HungryPrograms.stormer(), HungryPrograms.tabulator(1 << 20),
                HungryPrograms.compiler(500_000, true), HungryPrograms.compiler(40, false), HungryPrograms.eater(),
                HungryPrograms.spinner(), HungryPrograms.compiler(4000, true));
        try (var threads = Executors.newCachedThreadPool()) {
            var tasks = new ArrayList<Future<Void>>();
            for (int i = 0; i < HOSTILE; i++) {
                int service = 100 + i;
                var code = programs.get(i % programs.size());
                tasks.add(threads.submit(() -> refineHostile(service, code)));
            }
            tasks.add(threads.submit(this::refineHonest));
            tasks.add(threads.submit(this::cycle));
            long start = System.nanoTime();
            while (goesOn() && tasks.stream().noneMatch(Future::isDone)) {
                samples.add(sample(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)));
                if (samples.size() % 60 == 0) {
                    System.out.println(samples.getLast());
                }
                TimeUnit.SECONDS.sleep(1);
            }
            for (var task : tasks) {
                task.get();
            }
        }
    }

    private boolean goesOn() {
        return System.nanoTime() < end;
    }

    private Void refineHostile(long service, MemorySegment code) {
        while (goesOn()) {
            long left = Math.min(end - System.nanoTime(), LONGEST.toNanos());
            try {
                new RefineInvocation(engine).run(new InMemoryEnvironment(service, Map.of(), Map.of(), 0), code,
                        new byte[0], GAS, Interrupter.after(Duration.ofNanos(Math.max(left, 1))));
            } catch (QuotaException | InterruptedInvocationException _) {
                // What it asks for.
            }
            hostile.increment();
        }
        return null;
    }

    private Void refineHonest() throws InterruptedException {
        var code = HungryPrograms.honest();
        Callable<Refinement> refine = () -> new RefineInvocation(engine)
                .run(new InMemoryEnvironment(5, Map.of(), Map.of(), 0), code, new byte[0], HONEST_GAS);
        try {
            var expected = refine.call();
            while (goesOn()) {
                var refinement = refine.call();
                if (refinement.gasUsed() != expected.gasUsed() || !Arrays.equals(output(refinement), output(expected))) {
                    throw new AssertionError(refinement + " instead of " + expected);
                }
                honest.increment();
                TimeUnit.MILLISECONDS.sleep(1);
            }
            return null;
        } catch (InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] output(Refinement refinement) {
        if (refinement.result() instanceof WorkResult.Output(byte[] octets)) {
            return octets;
        }
        throw new AssertionError(refinement);
    }

    /** Another program each time, so that the cache never has it. */
    private Void cycle() {
        for (long number = 0; goesOn(); number++) {
            var blob = Assembler.assemble("load_imm_64 a0, " + number + "\nadd_imm_64 a0, a0, 1\n"
                    + "load_imm ra, -0x10000\njump_ind ra");
            try (var module = engine.compile(blob); var instance = module.instantiate()) {
                instance.gas(1000);
                if (!(instance.run() instanceof Exit.Halt()) || instance.register(7) != number + 1) {
                    throw new AssertionError("cycle " + number + ": " + instance.register(7));
                }
            }
            cycles.increment();
        }
        return null;
    }

    private SoakPlot.Sample sample(long second) throws IOException {
        try (var status = Files.lines(Path.of("/proc/self/status"));
                var maps = Files.lines(Path.of("/proc/self/maps"));
                var files = Files.list(Path.of("/proc/self/fd"))) {
            var resident = status.filter(line -> line.startsWith("VmRSS:")).findFirst().orElseThrow();
            return new SoakPlot.Sample(second, Long.parseLong(resident.replaceAll("[^0-9]", "")), maps.count(),
                    files.count(), hostile.sum(), honest.sum(), cycles.sum());
        }
    }
}
