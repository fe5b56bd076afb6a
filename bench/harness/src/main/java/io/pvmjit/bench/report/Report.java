package io.pvmjit.bench.report;

import io.pvmjit.bench.counter.Counts;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.quiet.Quietness;
import io.pvmjit.bench.workload.Kind;
import java.util.List;

/**
 * All that a report tells.
 *
 * @param quietness of the machine: when it was not quiet, ratios are not summed up
 * @param method sentences about how it was measured
 * @param remarks what a reader must know about single figures
 */
public record Report(
        String profile,
        Environment environment,
        Quietness quietness,
        List<String> method,
        List<Peer> peers,
        List<Row> workloads,
        Results results,
        Counts counts,
        List<String> remarks,
        Details details) {

    /**
     * A workload.
     *
     * @param kind only pure computation counts in geometric means
     * @param gasUsed 0 when none of our backends ran it
     */
    public record Row(String name, String description, Kind kind, long parameter, long result, long gasUsed) {}

    public Report {
        method = List.copyOf(method);
        peers = List.copyOf(peers);
        workloads = List.copyOf(workloads);
        remarks = List.copyOf(remarks);
    }

    /** The workloads of pure computation, or the others. */
    List<Row> rows(boolean computation) {
        return workloads.stream().filter(row -> computation == (row.kind() == Kind.COMPUTATION)).toList();
    }
}
