package io.pvmjit.cli.vectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Revision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every conformance vector passes on every backend, run as {@code pvm vectors} runs it. */
class VectorsTest {
    static Stream<Arguments> everyKindOnEveryBackend() {
        return Arrays.stream(Backend.values())
                .flatMap(backend -> Arrays.stream(VectorKind.values()).map(kind -> Arguments.of(backend, kind)));
    }

    @ParameterizedTest
    @MethodSource("everyKindOnEveryBackend")
    void passes(Backend backend, VectorKind kind) throws IOException {
        var files = PublishedVectors.files(kind);
        var differences = new ArrayList<String>();
        var report = new VectorReport("", differences::add);
        try (var engine =
                Engine.create(EngineConfig.defaults().withBackend(backend).withRevision(Revision.V0_8_0))) {
            new VectorRunner(engine, report).run(files);
            assertEquals(0, engine.statistics().instancesAlive(), "instances left open");
            assertEquals(0, engine.statistics().modulesAlive(), "modules left open");
        }
        assertEquals(List.of(), differences);
        assertEquals(0, report.failedCount());
        assertTrue(report.passedCount() >= PublishedVectors.atLeast(kind), () -> report.passedCount() + " cases only");
    }
}
