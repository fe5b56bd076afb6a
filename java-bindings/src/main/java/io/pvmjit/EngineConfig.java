package io.pvmjit;

import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * How to make an {@link Engine}. A limit of 0 means its default.
 *
 * @param backend what to run on; empty: {@code -Dpvmjit.backend} when set, else the JIT where it works and the
 *     interpreter elsewhere (logged once, with the reason)
 * @param rules what applies: those of a revision, which are held as the {@link Revision}, or an embedder's own, which run on
 *     the interpreter
 * @param codeArenaBytes address space for machine code (default 1 GiB, at most 2 GiB)
 * @param instanceLimit instances that may be alive or pooled (default 8,192, or a quarter of the maps)
 * @param mapsPerInstance regions of equal access an instance may have before it runs with software page checks
 *     (default 64)
 * @param mapLimit memory maps instances may use together. All engines of a process have 7/8 of {@code vm.max_map_count}, the
 *     rest is the JVM's; more than is left of that is refused, but never 1,024. The default is 3/4 of
 *     {@code vm.max_map_count}, or what is left, or 1,024: two large engines in one process need a limit each
 * @param poolBytes RAM that idle slots may keep resident (default 256 MiB)
 * @param moduleCacheBytes memory of compiled modules that the engine keeps though nobody holds them, so that compiling the
 *     same program again costs a hash and a look-up: all that they take, at most a quarter of the Java heap; 0 turns the
 *     cache off (default 64 MiB)
 * @param moduleCacheEntries how many such modules it keeps, however small they are (default 16,384); beyond either bound the
 *     one that was let go of first is closed
 * @param compilingBytes octets of programs that are compiled to machine code at once (default a 640th of the machine's
 *     or container's memory, an 832nd with {@link Hardening#BLINDED_CONSTANTS}): for a moment each takes up to 40 times its
 *     length, or 52 times, which is in no quota. One that does not
 *     fit waits for those before it, first come, first served, and gives the same results then. Half is for programs
 *     longer than a 64th of it, half for others, which so wait for no long one; one that is longer than its half waits
 *     until that is empty
 * @param sectionBytes octets of a program's code that become machine code at a time, when a run first gets there (default: a
 *     64th of the code, from 4,096 to 65,536); {@link Integer#MAX_VALUE}: all of it does before the first run
 * @param turns invocations that run at once, the others waiting for their {@link Turn} (default: the number of processors
 *     available to the JVM; {@link Integer#MAX_VALUE}: all run)
 * @param quotas how much guests may take, all together and each invocation
 * @param addressing how machine code reaches guest RAM
 * @param alwaysChecked every instance runs with software page checks; for tests
 * @param singleMapping the code arena is mapped once and switched between writable and executable; for kernels that
 *     forbid executable memory files, where it is also chosen by itself
 * @param hardening what makes machine code harder to abuse, and slower (default: nothing); results and gas stay the same
 */
public record EngineConfig(
        Optional<Backend> backend,
        EngineRules rules,
        long codeArenaBytes,
        int instanceLimit,
        int mapsPerInstance,
        long mapLimit,
        long poolBytes,
        long moduleCacheBytes,
        int moduleCacheEntries,
        long compilingBytes,
        int sectionBytes,
        int turns,
        Quotas quotas,
        Addressing addressing,
        boolean alwaysChecked,
        boolean singleMapping,
        Set<Hardening> hardening) {

    /** How machine code reaches guest RAM. */
    public enum Addressing {
        /** Through GS where the processor and kernel allow it, else through a base register. */
        AUTOMATIC,
        /** Through a base register always. */
        BASE_REGISTER
    }

    /** Checks the ranges; {@link #defaults()} and the methods behind it are the way to one. */
    public EngineConfig {
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(rules, "rules");
        Objects.requireNonNull(quotas, "quotas");
        Objects.requireNonNull(addressing, "addressing");
        rules = rules.revision().<EngineRules>map(revision -> revision).orElse(rules);
        hardening = Set.copyOf(hardening);
        if (codeArenaBytes < 0 || instanceLimit < 0 || mapsPerInstance < 0 || mapLimit < 0 || poolBytes < 0
                || moduleCacheBytes < 0 || moduleCacheEntries < 0 || compilingBytes < 0
                || sectionBytes < 0 || turns < 0) {
            throw new IllegalArgumentException("a limit of an engine is negative");
        }
    }

    /**
     * The revision whose rules apply.
     *
     * @throws IllegalStateException when the rules are an embedder's own
     */
    public Revision revision() {
        return rules.revision().orElseThrow(() -> new IllegalStateException("the rules '" + rules.label()
                + "' are those of no revision"));
    }

    private static final long DEFAULT_MODULE_CACHE_BYTES = 64L << 20;

    private static final EngineConfig DEFAULTS =
            new Draft().with(draft -> draft.moduleCacheBytes = DEFAULT_MODULE_CACHE_BYTES);

    /** Revision {@code next}, the backend as described above, default limits. */
    public static EngineConfig defaults() {
        return DEFAULTS;
    }

    /** This with another {@link #backend()}. */
    public EngineConfig withBackend(Backend value) {
        return new Draft(this).with(draft -> draft.backend = Optional.of(value));
    }

    /** This with the rules of a revision of the Gray Paper. */
    public EngineConfig withRevision(Revision value) {
        return withRules(value);
    }

    /** This with other {@link #rules()}, which may be nobody's: then programs are interpreted. */
    public EngineConfig withRules(EngineRules value) {
        return new Draft(this).with(draft -> draft.rules = value);
    }

    /** This with another {@link #codeArenaBytes()}. */
    public EngineConfig withCodeArenaBytes(long value) {
        return new Draft(this).with(draft -> draft.codeArenaBytes = value);
    }

    /** This with another {@link #instanceLimit()}. */
    public EngineConfig withInstanceLimit(int value) {
        return new Draft(this).with(draft -> draft.instanceLimit = value);
    }

    /** This with another {@link #mapsPerInstance()}. */
    public EngineConfig withMapsPerInstance(int value) {
        return new Draft(this).with(draft -> draft.mapsPerInstance = value);
    }

    /** This with another {@link #mapLimit()}. */
    public EngineConfig withMapLimit(long value) {
        return new Draft(this).with(draft -> draft.mapLimit = value);
    }

    /** This with another {@link #poolBytes()}. */
    public EngineConfig withPoolBytes(long value) {
        return new Draft(this).with(draft -> draft.poolBytes = value);
    }

    /** This with another {@link #moduleCacheBytes()}. */
    public EngineConfig withModuleCacheBytes(long value) {
        return new Draft(this).with(draft -> draft.moduleCacheBytes = value);
    }

    /** This with another {@link #moduleCacheEntries()}. */
    public EngineConfig withModuleCacheEntries(int value) {
        return new Draft(this).with(draft -> draft.moduleCacheEntries = value);
    }

    /** This with another {@link #compilingBytes()}. */
    public EngineConfig withCompilingBytes(long value) {
        return new Draft(this).with(draft -> draft.compilingBytes = value);
    }

    /** This with another {@link #sectionBytes()}. */
    public EngineConfig withSectionBytes(int value) {
        return new Draft(this).with(draft -> draft.sectionBytes = value);
    }

    /** This with another {@link #turns()}. */
    public EngineConfig withTurns(int value) {
        return new Draft(this).with(draft -> draft.turns = value);
    }

    /** This with another {@link #quotas()}. */
    public EngineConfig withQuotas(Quotas value) {
        return new Draft(this).with(draft -> draft.quotas = value);
    }

    /** This with another {@link #addressing()}. */
    public EngineConfig withAddressing(Addressing value) {
        return new Draft(this).with(draft -> draft.addressing = value);
    }

    /** This with another {@link #alwaysChecked()}. */
    public EngineConfig withAlwaysChecked(boolean value) {
        return new Draft(this).with(draft -> draft.alwaysChecked = value);
    }

    /** This with another {@link #singleMapping()}. */
    public EngineConfig withSingleMapping(boolean value) {
        return new Draft(this).with(draft -> draft.singleMapping = value);
    }

    /** This with another {@link #hardening()}. */
    public EngineConfig withHardening(Set<Hardening> value) {
        return new Draft(this).with(draft -> draft.hardening = value);
    }

    /** What a configuration is made of, while it is made: the one place, beside the components, that has all of them. */
    private static final class Draft {
        private Optional<Backend> backend = Optional.empty();
        private EngineRules rules = Revision.NEXT;
        private long codeArenaBytes;
        private int instanceLimit;
        private int mapsPerInstance;
        private long mapLimit;
        private long poolBytes;
        private long moduleCacheBytes;
        private int moduleCacheEntries;
        private long compilingBytes;
        private int sectionBytes;
        private int turns;
        private Quotas quotas = Quotas.defaults();
        private Addressing addressing = Addressing.AUTOMATIC;
        private boolean alwaysChecked;
        private boolean singleMapping;
        private Set<Hardening> hardening = Set.of();

        Draft() {}

        Draft(EngineConfig from) {
            backend = from.backend;
            rules = from.rules;
            codeArenaBytes = from.codeArenaBytes;
            instanceLimit = from.instanceLimit;
            mapsPerInstance = from.mapsPerInstance;
            mapLimit = from.mapLimit;
            poolBytes = from.poolBytes;
            moduleCacheBytes = from.moduleCacheBytes;
            moduleCacheEntries = from.moduleCacheEntries;
            compilingBytes = from.compilingBytes;
            sectionBytes = from.sectionBytes;
            turns = from.turns;
            quotas = from.quotas;
            addressing = from.addressing;
            alwaysChecked = from.alwaysChecked;
            singleMapping = from.singleMapping;
            hardening = from.hardening;
        }

        EngineConfig with(Consumer<Draft> change) {
            change.accept(this);
            return new EngineConfig(backend, rules, codeArenaBytes, instanceLimit, mapsPerInstance, mapLimit, poolBytes,
                    moduleCacheBytes, moduleCacheEntries, compilingBytes, sectionBytes, turns, quotas, addressing,
                    alwaysChecked, singleMapping, hardening);
        }
    }
}
