package io.pvmjit.hostcalls.refine;

import java.util.List;
import java.util.Objects;

/**
 * What host calls cost, in units of gas; the same in both revisions. An embedder may replace it as a whole.
 *
 * @param growHeap for a call that grows the heap; one that does not costs its base
 * @param fetch by selector, for the octets asked for
 * @param fetchOther for selectors beyond those
 * @param historicalLookup for the octets asked for
 * @param compile for the octets of the blob
 * @param compileUnknownMode of a call with a mode that does not exist
 * @param machine from a handle
 * @param machineFromCode for the octets of the blob (revision 0.8.0)
 * @param pagesClear of making pages inaccessible
 * @param pagesClean of making pages accessible and zero
 * @param pagesProtect of changing access
 * @param pagesUnknownMode of a call with a mode that does not exist
 * @param invoke beside the gas that the inner machine gets
 */
public record GasSchedule(
        long unknown,
        long gas,
        UnitCost growHeap,
        List<OctetCost> fetch,
        OctetCost fetchOther,
        OctetCost historicalLookup,
        long export,
        OctetCost compile,
        long compileUnknownMode,
        long machine,
        OctetCost machineFromCode,
        OctetCost peek,
        OctetCost poke,
        UnitCost pagesClear,
        UnitCost pagesClean,
        UnitCost pagesProtect,
        long pagesUnknownMode,
        long invoke,
        long expunge) {

    public GasSchedule {
        fetch = List.copyOf(fetch);
        Objects.requireNonNull(growHeap, "growHeap");
        Objects.requireNonNull(fetchOther, "fetchOther");
        Objects.requireNonNull(historicalLookup, "historicalLookup");
        Objects.requireNonNull(compile, "compile");
        Objects.requireNonNull(machineFromCode, "machineFromCode");
        Objects.requireNonNull(peek, "peek");
        Objects.requireNonNull(poke, "poke");
        Objects.requireNonNull(pagesClear, "pagesClear");
        Objects.requireNonNull(pagesClean, "pagesClean");
        Objects.requireNonNull(pagesProtect, "pagesProtect");
    }

    private static final GasSchedule STANDARD = new GasSchedule(
            1000,
            48,
            new UnitCost(275, 121),
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
                    new OctetCost(355, 344)), // accumulate item
            new OctetCost(80, 0),
            new OctetCost(1125, 264),
            3521,
            // Decision: #530 gives no figure. As machine took for its code; from a preimage, the look-up comes on top.
            new OctetCost(1862, 112),
            80,
            1862,
            new OctetCost(1862, 112),
            new OctetCost(377, 336),
            new OctetCost(297, 224),
            new UnitCost(212, 118),
            new UnitCost(275, 121),
            new UnitCost(130, 29),
            80,
            968,
            335);

    /** The costs of the Gray Paper. */
    public static GasSchedule standard() {
        return STANDARD;
    }
}
