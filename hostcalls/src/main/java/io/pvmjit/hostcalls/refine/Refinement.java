package io.pvmjit.hostcalls.refine;

import java.util.List;

/**
 * What a refine invocation comes to.
 *
 * @param exports segments of {@link Limits#SEGMENT_OCTETS} octets; empty unless the code halted
 * @param gasUsed unsigned, at most what was given
 */
public record Refinement(WorkResult result, List<byte[]> exports, long gasUsed) {
    /** Copies the list of exports. */
    public Refinement {
        exports = List.copyOf(exports);
    }
}
