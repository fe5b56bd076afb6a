package io.pvmjit.bench.workload;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The workloads there are: {@code workloads.json}. */
public final class WorkloadTable {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]*");
    private static final Pattern INTEGRITY = Pattern.compile("sha512-[A-Za-z0-9+/]{86}==");
    private static final int STACK_LIMIT = 1 << 24;

    private final List<Workload> workloads;

    private WorkloadTable(List<Workload> workloads) {
        this.workloads = workloads;
    }

    /**
     * Reads and checks the table of a folder of workloads.
     *
     * @throws SetupException when it is not a table, or names what is not there
     */
    public static WorkloadTable read(Path folder) {
        var file = folder.resolve("workloads.json");
        try {
            var mapper = JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();
            var rows = List.of(mapper.readValue(Files.readString(file), Workload[].class));
            var names = new HashSet<String>();
            for (var row : rows) {
                check(folder, row, names);
            }
            return new WorkloadTable(rows);
        } catch (JsonProcessingException e) {
            throw new SetupException(file + ": " + e.getOriginalMessage().lines().findFirst().orElse("not JSON"));
        } catch (IOException e) {
            throw new SetupException("cannot read " + file + ": " + e.getMessage());
        }
    }

    private static void check(Path folder, Workload row, HashSet<String> names) {
        require(row.name() != null && NAME.matcher(row.name()).matches(), row, "its name is not of the form " + NAME);
        require(names.add(row.name()), row, "there are two of that name");
        require(!row.sources().isEmpty(), row, "it has no sources");
        require(!row.targets().isEmpty(), row, "it has no targets");
        require(row.stack() > 0 && row.stack() < STACK_LIMIT, row, "a stack of " + row.stack() + " octets");
        for (var source : row.sources()) {
            require(Files.isRegularFile(folder.resolve(source)), row, "its source " + source + " is not there");
        }
        for (var source : row.inner()) {
            require(Files.isRegularFile(folder.resolve(source)), row, "its inner source " + source + " is not there");
        }
        for (var wanted : row.packages()) {
            require(wanted.npm() != null && wanted.version() != null && wanted.integrity() != null
                    && INTEGRITY.matcher(wanted.integrity()).matches(), row,
                    "package " + wanted + " needs npm, version and an integrity of sha512");
        }
    }

    private static void require(boolean condition, Workload row, String what) {
        if (!condition) {
            throw new SetupException("workload " + row.name() + ": " + what);
        }
    }

    /** All, in the table's order. */
    public List<Workload> all() {
        return workloads;
    }

    /**
     * Those of these names, in the table's order.
     *
     * @throws SetupException when a name is unknown
     */
    public List<Workload> select(List<String> names) {
        for (var name : names) {
            if (workloads.stream().noneMatch(workload -> workload.name().equals(name))) {
                throw new SetupException("there is no workload '" + name + "': expected "
                        + workloads.stream().map(Workload::name).collect(Collectors.joining(", ")));
            }
        }
        return workloads.stream().filter(workload -> names.contains(workload.name())).toList();
    }
}
