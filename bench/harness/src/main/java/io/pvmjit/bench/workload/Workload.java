package io.pvmjit.bench.workload;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * A program in C that is built for every target and run with one number as its parameter; what it returns is a checksum
 * of all it computed. A row of the workload table.
 *
 * @param kind what its time is made of; computation unless the table says otherwise
 * @param sources paths below the folder of workloads
 * @param flags of every compiler
 * @param parameter for measurements
 * @param smallParameter for tests and quick measurements
 * @param stack octets, for the guest
 * @param packages what is compiled with it, written by others
 * @param inner sources of a guest program that this one carries; empty when it carries none
 */
public record Workload(
        String name,
        String description,
        Kind kind,
        List<String> sources,
        List<String> flags,
        long parameter,
        @JsonProperty("small") long smallParameter,
        Set<Target> targets,
        int stack,
        List<NpmPackage> packages,
        List<String> inner) {

    public Workload {
        kind = kind == null ? Kind.COMPUTATION : kind;
        sources = orEmpty(sources);
        flags = orEmpty(flags);
        targets = targets == null ? Set.of() : Set.copyOf(targets);
        packages = orEmpty(packages);
        inner = orEmpty(inner);
    }

    /** The same for fewer targets. */
    public Workload withTargets(Collection<Target> fewer) {
        return new Workload(name, description, kind, sources, flags, parameter, smallParameter, Set.copyOf(fewer), stack,
                packages, inner);
    }

    private static <T> List<T> orEmpty(List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }
}
