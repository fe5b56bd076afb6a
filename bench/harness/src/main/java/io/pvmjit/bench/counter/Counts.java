package io.pvmjit.bench.counter;

import io.pvmjit.bench.peer.Peer;
import java.util.List;
import java.util.Optional;

/**
 * What the processor counted of runs, outside the kernel.
 *
 * @param refusal why nothing was counted; empty when something was
 */
public record Counts(String refusal, List<Count> counts) {
    /** Nobody asked for counts. */
    public static final Counts NONE = new Counts("", List.of());

    /** One run of a workload on a peer: the least of several. */
    public record Count(String workload, Peer peer, double instructions, double cycles) {}

    public Counts {
        counts = List.copyOf(counts);
    }

    /** What was counted of a workload on a peer. */
    public Optional<Count> of(String workload, Peer peer) {
        return counts.stream().filter(one -> one.workload.equals(workload) && one.peer == peer).findFirst();
    }
}
