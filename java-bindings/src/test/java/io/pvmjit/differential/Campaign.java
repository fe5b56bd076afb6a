package io.pvmjit.differential;

import io.pvmjit.Backend;
import io.pvmjit.EngineConfig;
import io.pvmjit.Hardening;
import io.pvmjit.Revision;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.selection.Backends;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/**
 * Runs many scenarios on pairs of engines, on all processors, until one differs or there are enough.
 *
 * @param pairs of engines; which one a scenario runs on is decided by its number
 * @param source makes the scenario of a seed
 * @param option of {@code scripts/fuzz} for scenarios from this source; empty for random programs
 */
record Campaign(List<Pair> pairs, LongFunction<Scenario> source, String option) implements AutoCloseable {
    /** An engine and the one it is held against. */
    record Pair(String name, BackendEngine first, BackendEngine second) {}

    /**
     * A scenario that differs.
     *
     * @param number of the scenario
     * @param text what differs, the scenario after shrinking, and how to run it again
     * @param shrunk the scenario after shrinking
     */
    record Failure(long number, String text, Scenario shrunk) {}

    /** Octets of sections that most programs have several of. */
    private static final int SECTION = 40;

    /** Of random programs. */
    Campaign(List<Pair> pairs) {
        this(pairs, Generator::scenario, "");
    }

    /** The same engines, with pieces of services. */
    Campaign of(RealPrograms services) {
        return new Campaign(pairs, services::scenario, " --services");
    }

    /** The JIT in all its ways to reach RAM, in sections, hardened, and the cross-check, against the interpreter. */
    static Campaign ofJit() {
        var pairs = new ArrayList<Pair>();
        for (var revision : Revision.values()) {
            var jit = EngineConfig.defaults().withBackend(Backend.JIT).withRevision(revision);
            var base = jit.withAddressing(EngineConfig.Addressing.BASE_REGISTER);
            var interpreter = engine(jit.withBackend(Backend.INTERPRETER));
            var usual = new Pair("JIT, " + revision, engine(jit), interpreter);
            pairs.add(usual);
            pairs.add(usual);
            pairs.add(new Pair("JIT in sections, " + revision, engine(jit.withSectionBytes(SECTION)), interpreter));
            pairs.add(new Pair("JIT by base register, " + revision, engine(base), interpreter));
            pairs.add(new Pair("JIT with checks, " + revision, engine(jit.withAlwaysChecked(true)), interpreter));
            var hardened = jit.withHardening(EnumSet.allOf(Hardening.class)).withSectionBytes(SECTION);
            pairs.add(new Pair("JIT hardened, " + revision, engine(hardened), interpreter));
            pairs.add(new Pair("cross-check, " + revision, engine(jit.withBackend(Backend.CROSSCHECK)), interpreter));
        }
        return new Campaign(List.copyOf(pairs));
    }

    private static BackendEngine engine(EngineConfig config) {
        return Backends.select(config, _ -> {}).engine();
    }

    /**
     * Runs the scenarios from a number on.
     *
     * @param goOn asked before each scenario, with its number
     * @param done counts the scenarios that ran
     * @return the failure with the smallest number; null for none
     */
    Failure run(long seed, long from, LongPredicate goOn, AtomicLong done) throws InterruptedException {
        var next = new AtomicLong(from);
        var failure = new AtomicReference<Failure>();
        var threads = new ArrayList<Thread>();
        for (int i = Runtime.getRuntime().availableProcessors(); i > 0; i--) {
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (long number = next.getAndIncrement(); failure.get() == null && goOn.test(number);
                            number = next.getAndIncrement()) {
                        var found = check(seed, number);
                        failure.accumulateAndGet(found, Campaign::earlier);
                        done.incrementAndGet();
                    }
                } catch (RuntimeException | Error e) {
                    failure.set(new Failure(-1, "the search itself failed: " + e, null));
                    throw e;
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        return failure.get();
    }

    /** Of two threads that find something at the same time the same one counts in every run. */
    private static Failure earlier(Failure one, Failure other) {
        return one == null || other != null && other.number < one.number ? other : one;
    }

    /** The seed of a scenario: neighbouring numbers give unlike scenarios because SplittableRandom mixes its seed. */
    static long scenarioSeed(long seed, long number) {
        return seed * 0x9e3779b97f4a7c15L + number;
    }

    private Failure check(long seed, long number) {
        var pair = pairs.get((int) (number % pairs.size()));
        var scenario = source.apply(scenarioSeed(seed, number));
        var difference = difference(pair, scenario);
        if (difference == null) {
            return null;
        }
        var shrunk = Shrinker.shrink(scenario, each -> each.endsSoon() && difference(pair, each) != null);
        var properties = option.isEmpty() ? "-Dpvmjit.differential.seed=" + seed + " -Dpvmjit.differential.first=" + number
                + " -Dpvmjit.differential.programs=1, or: " : "";
        var text = pair.name + " against the interpreter: " + difference + "\n\nafter shrinking: "
                + difference(pair, shrunk) + "\n" + Report.of(shrunk) + "\nagain: " + properties + "scripts/fuzz" + option
                + " --seed " + seed + " --first " + number;
        return new Failure(number, text, shrunk);
    }

    static String difference(Pair pair, Scenario scenario) {
        return Trace.difference(Runner.run(pair.first, scenario), Runner.run(pair.second, scenario));
    }

    @Override
    public void close() {
        pairs.stream().flatMap(pair -> Stream.of(pair.first, pair.second)).distinct()
                .forEach(BackendEngine::close);
    }
}
