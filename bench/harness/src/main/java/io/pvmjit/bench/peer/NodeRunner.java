package io.pvmjit.bench.peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pvmjit.bench.workload.BuiltWorkload;
import io.pvmjit.bench.workload.SetupException;
import io.pvmjit.bench.workload.Target;
import io.pvmjit.bench.workload.Tool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs workloads on V8: a process of Node for each request, with a warm-up and loops of its own. */
public final class NodeRunner implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** So many iterations of so many milliseconds. */
    public record Loop(int iterations, int milliseconds) {}

    /**
     * What to time.
     *
     * @param expected the result that each run must have, in hexadecimal; empty: unknown yet
     * @param runWarmup the warm-up of the phase {@code run}
     */
    public record Order(
            long parameter, String expected, List<Phase> phases, Loop warmup, Loop runWarmup, Loop measurement) {
        /** Only the result, nothing timed. */
        static Order result(long parameter) {
            var none = new Loop(0, 0);
            return new Order(parameter, "", List.of(), none, none, none);
        }
    }

    private final Path script;

    public NodeRunner() {
        try (InputStream stream = NodeRunner.class.getResourceAsStream("node-runner.mjs")) {
            script = Files.createTempFile("node-runner", ".mjs");
            Files.write(script, stream.readAllBytes());
        } catch (IOException e) {
            throw new SetupException("cannot write the script for Node: " + e.getMessage());
        }
    }

    /**
     * Runs an order.
     *
     * @return what the script prints: versions, result, samples
     * @throws WrongResultException when a result is not the expected one
     */
    public JsonNode run(BuiltWorkload workload, Order order) {
        var json = MAPPER.createObjectNode()
                .put("module", workload.file(Target.WASM).toAbsolutePath().toString())
                .put("parameter", Long.toString(order.parameter()));
        if (!order.expected().isEmpty()) {
            json.put("expected", order.expected());
        }
        json.set("phases", MAPPER.valueToTree(order.phases().stream().map(Phase::method).toList()));
        json.set("warmup", MAPPER.valueToTree(order.warmup()));
        json.set("runWarmup", MAPPER.valueToTree(order.runWarmup()));
        json.set("measurement", MAPPER.valueToTree(order.measurement()));
        try {
            return MAPPER.readTree(Tool.run(Path.of("."), List.of("node", script.toString()), json.toString()));
        } catch (SetupException e) {
            var message = "workload " + workload.name() + " on " + Peer.V8.label() + ": " + e.getMessage();
            throw e.getMessage().contains("returned") ? new WrongResultException(message) : new SetupException(message);
        } catch (JsonProcessingException e) {
            throw new SetupException("workload " + workload.name() + ": Node printed what is not JSON");
        }
    }

    /** The samples of an answer, by phase. */
    public static Map<Phase, List<Double>> samples(JsonNode answer) {
        var samples = new java.util.EnumMap<Phase, List<Double>>(Phase.class);
        answer.path("samples").forEachEntry((phase, figures) -> {
            var list = new ArrayList<Double>();
            figures.forEach(figure -> list.add(figure.asDouble()));
            samples.put(Phase.of(phase), list);
        });
        return samples;
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(script);
        } catch (IOException _) {
            // It stays in the folder for temporary files and does no harm there.
        }
    }
}
