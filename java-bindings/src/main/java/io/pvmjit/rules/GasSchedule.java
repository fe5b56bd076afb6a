package io.pvmjit.rules;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What host calls cost, in units of gas. Immutable; an embedder may replace single costs.
 *
 * <pre>{@code
 * GasSchedule.standard().with(GasSchedule.Fixed.GAS, 50).with(GasSchedule.ByOctets.PEEK, new OctetCost(400, 336))
 * }</pre>
 */
public final class GasSchedule {
    /** Costs that depend on nothing. */
    public enum Fixed {
        /** Of a call that an invocation does not serve. */
        UNKNOWN,
        /** Of {@code gas}. */
        GAS,
        /** Of {@code export}. */
        EXPORT,
        /** Of {@code compile} with a mode that does not exist. */
        COMPILE_UNKNOWN_MODE,
        /** Of {@code machine} from a handle. */
        MACHINE,
        /** Of {@code pages} with a mode that does not exist. */
        PAGES_UNKNOWN_MODE,
        /** Beside the gas that the inner machine gets. */
        INVOKE,
        /** Of {@code expunge}. */
        EXPUNGE
    }

    /** Costs that grow with a number of octets. */
    public enum ByOctets {
        /** Octets asked for; of a selector that does not exist. */
        FETCH_UNKNOWN_SELECTOR,
        /** Octets asked for. */
        HISTORICAL_LOOKUP,
        /** Octets of the blob. */
        COMPILE_FROM_RAM,
        /** The most octets of the preimage to use. */
        COMPILE_FROM_PREIMAGE,
        /** Octets of the blob. */
        MACHINE_FROM_CODE,
        /** Octets copied. */
        PEEK,
        /** Octets copied. */
        POKE
    }

    /** Costs that grow with a number of pages. */
    public enum ByPages {
        /** Of a call that grows the heap; one that does not costs the base. */
        GROW_HEAP,
        /** Of making pages inaccessible. */
        PAGES_CLEAR,
        /** Of making pages accessible and zero. */
        PAGES_CLEAN,
        /** Of changing access. */
        PAGES_PROTECT
    }

    private static final GasSchedule STANDARD = new GasSchedule(
            Map.of(
                    Fixed.UNKNOWN, 1000L,
                    Fixed.GAS, 48L,
                    Fixed.EXPORT, 3521L,
                    Fixed.COMPILE_UNKNOWN_MODE, 1862L,
                    Fixed.MACHINE, 1862L,
                    Fixed.PAGES_UNKNOWN_MODE, 80L,
                    Fixed.INVOKE, 968L,
                    Fixed.EXPUNGE, 335L),
            Map.of(
                    ByOctets.FETCH_UNKNOWN_SELECTOR, new OctetCost(80, 0),
                    ByOctets.HISTORICAL_LOOKUP, new OctetCost(1125, 264),
                    ByOctets.COMPILE_FROM_RAM, new OctetCost(1862, 264),
                    ByOctets.COMPILE_FROM_PREIMAGE, new OctetCost(1862, 366),
                    ByOctets.MACHINE_FROM_CODE, new OctetCost(1862, 112),
                    ByOctets.PEEK, new OctetCost(377, 336),
                    ByOctets.POKE, new OctetCost(297, 224)),
            Map.of(
                    ByPages.GROW_HEAP, new UnitCost(275, 121),
                    ByPages.PAGES_CLEAR, new UnitCost(212, 118),
                    ByPages.PAGES_CLEAN, new UnitCost(275, 121),
                    ByPages.PAGES_PROTECT, new UnitCost(130, 29)),
            List.of(
                    new OctetCost(390, 0), // protocol constants
                    new OctetCost(103, 0), // entropy
                    new OctetCost(80, 96), // authorizer trace
                    new OctetCost(85, 96), // any extrinsic
                    new OctetCost(85, 96), // own extrinsic
                    new OctetCost(171, 0), // any import segment
                    new OctetCost(171, 0), // own import segment
                    new OctetCost(85, 96), // work package
                    new OctetCost(84, 0), // authorizer configuration
                    new OctetCost(88, 0), // authorization token
                    new OctetCost(111, 0), // refinement context
                    new OctetCost(317, 0), // all item summaries
                    new OctetCost(250, 0), // item summary
                    new OctetCost(95, 96), // payload of an item
                    new OctetCost(287, 400), // accumulate items
                    new OctetCost(355, 344))); // accumulate item

    private final Map<Fixed, Long> fixed;
    private final Map<ByOctets, OctetCost> byOctets;
    private final Map<ByPages, UnitCost> byPages;
    private final List<OctetCost> fetch;

    private GasSchedule(
            Map<Fixed, Long> fixed,
            Map<ByOctets, OctetCost> byOctets,
            Map<ByPages, UnitCost> byPages,
            List<OctetCost> fetch) {
        this.fixed = new EnumMap<>(fixed);
        this.byOctets = new EnumMap<>(byOctets);
        this.byPages = new EnumMap<>(byPages);
        this.fetch = fetch;
    }

    /** The costs of the Gray Paper: the same in all revisions so far. */
    public static GasSchedule standard() {
        return STANDARD;
    }

    /** A cost, unsigned. */
    public long of(Fixed cost) {
        return fixed.get(cost);
    }

    /** What a host call of this kind costs. */
    public OctetCost of(ByOctets cost) {
        return byOctets.get(cost);
    }

    /** What a host call of this kind costs. */
    public UnitCost of(ByPages cost) {
        return byPages.get(cost);
    }

    /** The costs of {@code fetch} by selector from 0, for the octets asked for. */
    public List<OctetCost> fetch() {
        return fetch;
    }

    /** The same with another cost, unsigned. */
    public GasSchedule with(Fixed cost, long value) {
        var changed = new GasSchedule(fixed, byOctets, byPages, fetch);
        changed.fixed.put(cost, value);
        return changed;
    }

    /** The same with another cost. */
    public GasSchedule with(ByOctets cost, OctetCost value) {
        var changed = new GasSchedule(fixed, byOctets, byPages, fetch);
        changed.byOctets.put(cost, Objects.requireNonNull(value, "value"));
        return changed;
    }

    /** The same with another cost. */
    public GasSchedule with(ByPages cost, UnitCost value) {
        var changed = new GasSchedule(fixed, byOctets, byPages, fetch);
        changed.byPages.put(cost, Objects.requireNonNull(value, "value"));
        return changed;
    }

    /** The same with other costs of {@code fetch}, by selector from 0. */
    public GasSchedule withFetch(List<OctetCost> costs) {
        return new GasSchedule(fixed, byOctets, byPages, List.copyOf(costs));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GasSchedule that && fixed.equals(that.fixed) && byOctets.equals(that.byOctets)
                && byPages.equals(that.byPages) && fetch.equals(that.fetch);
    }

    @Override
    public int hashCode() {
        return Objects.hash(fixed, byOctets, byPages, fetch);
    }
}
