package io.pvmjit.hostcalls.refine.model;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Hardening;
import io.pvmjit.Revision;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntPredicate;

/**
 * Runs many sequences of a seed, on all processors, each on the engine and in the revision that its number says. Also a main
 * program: minutes, seed, number of the first sequence; its last line is "done" and how many there were.
 *
 * @param seed which sequences
 */
record Sequences(long seed) {
    /** What a sequence runs on: by its number modulo 10, so that nine of ten are on the JIT. */
    enum Setting {
        JIT(5, true),
        JIT_HARDENED(1, true),
        JIT_WITH_CACHE(2, false),
        JIT_WITH_CHECKS(1, true),
        INTERPRETER(1, true);

        private final int tenths;
        /** Whether what the engine counts is what the sequence uses. */
        private final boolean counted;

        Setting(int tenths, boolean counted) {
            this.tenths = tenths;
            this.counted = counted;
        }

        static Setting of(int number) {
            int left = number % 10;
            for (var setting : values()) {
                left -= setting.tenths;
                if (left < 0) {
                    return setting;
                }
            }
            throw new AssertionError("the tenths are ten");
        }

        Engine engine(Revision revision) {
            var config = EngineConfig.defaults().withRevision(revision).withModuleCacheBytes(0)
                    .withBackend(this == INTERPRETER ? Backend.INTERPRETER : Backend.JIT);
            return Engine.create(switch (this) {
                case JIT, INTERPRETER -> config;
                case JIT_WITH_CACHE -> config.withModuleCacheBytes(1 << 16);
                case JIT_WITH_CHECKS -> config.withAlwaysChecked(true);
                case JIT_HARDENED -> config.withHardening(EnumSet.allOf(Hardening.class));
            });
        }
    }

    /** The engines of one thread, of one revision each. */
    private static final class Engines implements AutoCloseable {
        private final Map<Setting, Map<Revision, Engine>> engines = new EnumMap<>(Setting.class);

        Engine of(Setting setting, Revision revision) {
            return engines.computeIfAbsent(setting, _ -> new EnumMap<>(Revision.class))
                    .computeIfAbsent(revision, setting::engine);
        }

        @Override
        public void close() {
            engines.values().forEach(ofRevisions -> ofRevisions.values().forEach(Engine::close));
        }
    }

    static Revision revision(int number) {
        return switch (number / 10 % 6) {
            case 0 -> Revision.V0_8_0;
            case 3 -> Revision.V0_8_0_VECTORS;
            default -> Revision.NEXT;
        };
    }

    /** The sequence with this number. */
    List<Step> of(int number) {
        return Generator.sequence(new SplittableRandom(seed * 1_000_003 + number), revision(number));
    }

    /** Runs a sequence; what differs, after shrinking, null for nothing. */
    private String failure(Engines engines, int number) {
        var steps = of(number);
        var setting = Setting.of(number);
        var engine = engines.of(setting, revision(number));
        if (Sequence.difference(engine, steps, setting.counted) == null) {
            return null;
        }
        var shrunk = Sequence.shrunk(steps, fewer -> Sequence.difference(engine, fewer, setting.counted) != null);
        return "sequence " + number + " of seed " + seed + " on " + setting + ", revision " + engine.revision() + ": "
                + Sequence.difference(engine, shrunk, setting.counted) + "\n" + Sequence.text(shrunk);
    }

    /**
     * Runs the sequences from a number on.
     *
     * @param goOn asked before each, with its number
     * @param done counts those that ran
     * @return a failure, after shrinking; null for none
     */
    String run(int first, IntPredicate goOn, AtomicLong done) throws InterruptedException, ExecutionException {
        var next = new AtomicInteger(first);
        var found = new AtomicReference<String>();
        Callable<Void> work = () -> {
            try (var engines = new Engines()) {
                for (int number = next.getAndIncrement(); found.get() == null && goOn.test(number);
                        number = next.getAndIncrement()) {
                    found.compareAndSet(null, failure(engines, number));
                    done.incrementAndGet();
                }
                return null;
            }
        };
        try (var executor = Executors.newCachedThreadPool()) {
            var tasks = new ArrayList<Callable<Void>>();
            for (int i = Runtime.getRuntime().availableProcessors(); i > 0; i--) {
                tasks.add(work);
            }
            for (var task : executor.invokeAll(tasks)) {
                task.get();
            }
        }
        return found.get();
    }

    static void main(String[] arguments) throws Exception {
        long end = System.nanoTime() + (long) (Double.parseDouble(arguments[0]) * TimeUnit.MINUTES.toNanos(1));
        var done = new AtomicLong();
        var failure = new Sequences(Long.parseLong(arguments[1])).run(Integer.parseInt(arguments[2]),
                _ -> System.nanoTime() < end, done);
        if (failure != null) {
            System.out.println(failure);
            System.exit(1);
        }
        System.out.println("done " + done.get());
    }
}
