package io.pvmjit.bench.tail;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pvmjit.bench.workload.SetupException;
import io.pvmjit.bench.workload.Tool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Times small refinements with each garbage collector, in a new JVM for each. */
public final class Tails {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    /** Little enough for collections to happen while it is measured. */
    private static final String HEAP = "-Xmx256m";
    /** Where the library is, if it is not the one that is packed. */
    private static final String LIBRARY = "pvmjit.library";

    private enum Collector {
        G1("-XX:+UseG1GC"),
        ZGC("-XX:+UseZGC");

        private final String option;

        Collector(String option) {
            this.option = option;
        }
    }

    private Tails() {}

    /**
     * Measures them one after the other.
     *
     * @param runs that are timed; a tenth as many come before
     * @param progress is told which collector is measured
     */
    public static List<TailLatency> measure(int runs, Consumer<String> progress) {
        var tails = new ArrayList<TailLatency>();
        for (var collector : Collector.values()) {
            progress.accept(collector.name());
            tails.add(measure(collector, runs));
        }
        return tails;
    }

    private static TailLatency measure(Collector collector, int runs) {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                collector.option, HEAP, "--enable-native-access=ALL-UNNAMED"));
        var library = System.getProperty(LIBRARY, "");
        if (!library.isEmpty()) {
            command.add("-D" + LIBRARY + "=" + library);
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SmallRefinements.class.getName(),
                collector.name(), Integer.toString(Math.max(1, runs / 10)), Integer.toString(runs)));
        var printed = Tool.run(Path.of("."), command);
        try {
            return MAPPER.readValue(printed, TailLatency.class);
        } catch (JsonProcessingException _) {
            throw new SetupException("the JVM with " + collector + " printed what is not JSON: " + printed.strip());
        }
    }
}
