package io.pvmjit.bench.report;

import io.pvmjit.bench.compile.Compilations;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.scaling.Curve;
import java.util.List;

/**
 * All that a report tells.
 *
 * @param method sentences about how it was measured
 * @param remarks what a reader must know about single figures
 */
public record Report(
        String profile,
        Environment environment,
        List<String> method,
        List<Peer> peers,
        List<Row> workloads,
        Results results,
        List<String> remarks,
        Compilations compilations,
        List<Curve> curves) {

    /**
     * A workload.
     *
     * @param gasUsed 0 when none of our backends ran it
     */
    public record Row(String name, String description, long parameter, long result, long gasUsed) {}

    public Report {
        method = List.copyOf(method);
        peers = List.copyOf(peers);
        workloads = List.copyOf(workloads);
        remarks = List.copyOf(remarks);
        curves = List.copyOf(curves);
    }
}
