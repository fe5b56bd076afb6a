package io.pvmjit;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A version of the Gray Paper's rules. What differs between revisions in the machine itself stands here, one row each;
 * what differs in host calls stands with the host calls.
 */
public enum Revision {
    /** The Gray Paper 0.8.0 (text of 2026-06-03). */
    V0_8_0("0.8.0", false, false),
    /** 0.8.0 with pull requests #530, #533, #538 and #559: the default. */
    NEXT("next", true, true);

    private final String label;
    private final boolean cmovReadsDestination;
    private final boolean limitsEmptyJumpTableEntries;

    Revision(String label, boolean cmovReadsDestination, boolean limitsEmptyJumpTableEntries) {
        this.label = label;
        this.cmovReadsDestination = cmovReadsDestination;
        this.limitsEmptyJumpTableEntries = limitsEmptyJumpTableEntries;
    }

    /** The name as written on command lines and in vectors. */
    public String label() {
        return label;
    }

    /** Whether the gas model counts the destination of the four {@code cmov} instructions as a source (#559). */
    public boolean cmovReadsDestination() {
        return cmovReadsDestination;
    }

    /**
     * Whether the limit of 2^24 jump-table entries (#559) holds also for entries of no octets, which take no room. The
     * vectors of 0.8.0 have a valid program with 2^64 - 1 of them.
     */
    public boolean limitsEmptyJumpTableEntries() {
        return limitsEmptyJumpTableEntries;
    }

    /**
     * The revision with this label.
     *
     * @throws IllegalArgumentException when there is none; the message lists the labels
     */
    public static Revision of(String label) {
        for (var revision : values()) {
            if (revision.label.equals(label)) {
                return revision;
            }
        }
        throw new IllegalArgumentException("unknown revision '" + label + "': expected one of "
                + Arrays.stream(values()).map(Revision::label).collect(Collectors.joining(", ")));
    }

    @Override
    public String toString() {
        return label;
    }
}
