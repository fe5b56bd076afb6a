package io.pvmjit.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Revision;
import io.pvmjit.testing.VectorFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
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
        int passed = passed(backend, Revision.V0_8_0, PublishedVectors.files(kind));
        assertTrue(passed >= PublishedVectors.atLeast(kind), () -> passed + " cases only");
    }

    @ParameterizedTest
    @EnumSource
    void passesOfRevisionNext(Backend backend) {
        var files = VectorFiles.find(List.of(VectorFolder.nextFolder())).files();
        int passed = passed(backend, Revision.NEXT, files);
        assertTrue(passed >= files.size(), () -> passed + " cases only");
    }

    /** How many cases there are: all of them pass, and leave nothing behind. */
    private static int passed(Backend backend, Revision revision, List<VectorFile> files) {
        assertFalse(files.isEmpty());
        var differences = new ArrayList<String>();
        var report = new VectorReport("", differences::add);
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(backend).withRevision(revision))) {
            new VectorRunner(engine, report).run(files);
            assertEquals(0, engine.statistics().instancesAlive(), "instances left open");
            assertEquals(0, engine.statistics().modulesAlive(), "modules left open");
        }
        assertEquals(List.of(), differences);
        assertEquals(0, report.failedCount());
        return report.passedCount();
    }
}
