package io.pvmjit.hostcalls.refine;

import io.pvmjit.Revision;
import java.util.Map;
import java.util.TreeMap;

/**
 * The numbers of the host calls of refinement: one row for each revision. An embedder may use numbers of its own.
 *
 * @param compile {@link #NOT_SERVED} in revisions without it
 */
public record HostCallNumbers(
        int gas,
        int growHeap,
        int fetch,
        int historicalLookup,
        int export,
        int compile,
        int machine,
        int peek,
        int poke,
        int pages,
        int invoke,
        int expunge) {

    /** Stands for a call that a revision does not have. */
    public static final int NOT_SERVED = -1;

    private static final HostCallNumbers V0_8_0 = new HostCallNumbers(0, 1, 2, 7, 8, NOT_SERVED, 9, 10, 11, 12, 13, 14);
    /** #530 puts compile behind export, so that what follows moves up by one. */
    private static final HostCallNumbers NEXT = new HostCallNumbers(0, 1, 2, 7, 8, 9, 10, 11, 12, 13, 14, 15);

    /** The numbers of a revision of the Gray Paper. */
    public static HostCallNumbers of(Revision revision) {
        return switch (revision) {
            case V0_8_0 -> V0_8_0;
            case NEXT -> NEXT;
        };
    }

    /** The names that the Gray Paper has for the calls served, by number: for people. */
    public Map<Long, String> names() {
        var names = new TreeMap<Long, String>();
        names.put((long) gas, "gas");
        names.put((long) growHeap, "grow_heap");
        names.put((long) fetch, "fetch");
        names.put((long) historicalLookup, "historical_lookup");
        names.put((long) export, "export");
        if (compile != NOT_SERVED) {
            names.put((long) compile, "compile");
        }
        names.put((long) machine, "machine");
        names.put((long) peek, "peek");
        names.put((long) poke, "poke");
        names.put((long) pages, "pages");
        names.put((long) invoke, "invoke");
        names.put((long) expunge, "expunge");
        return names;
    }
}
