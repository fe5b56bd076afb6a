package io.pvmjit.bench.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.bench.workload.SetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs that are made to take long to compile, and their measurement. */
class CompilationsTest {
    private static final int OCTETS = 20_000;

    /** Valid programs of about the size that was asked for, on both backends. */
    @Test
    void bombsAreProgramsOfThatSize() {
        var bombs = Bombs.all(OCTETS);
        assertTrue(bombs.size() > 10);
        for (var backend : List.of(Backend.JIT, Backend.INTERPRETER)) {
            try (var engine = Engine.create(EngineConfig.defaults().withBackend(backend))) {
                bombs.forEach((name, blob) -> {
                    try (var module = engine.compile(blob)) {
                        var made = module.statistics();
                        assertEquals(OCTETS, made.codeLength() + made.jumpTableLength(), 30, name);
                    }
                });
            }
        }
    }

    /** A program of one trap, beside a file of vectors that is no program. */
    @Test
    void publishedProgramsAreMeasuredWhereTheyAre(@TempDir Path vectors) throws IOException {
        assertEquals(Map.of(), PublishedPrograms.of(vectors));
        Files.createDirectory(vectors.resolve("gas"));
        Files.writeString(vectors.resolve("gas/one.json"), "{\"name\": \"one\", \"program-hex\": \"0000010001\"}");
        Files.writeString(vectors.resolve("gas/table.json"), "{\"name\": \"table\"}");
        var typical = Compilations.measure(List.of(), PublishedPrograms.of(vectors), 100, 1).typical();
        assertEquals(List.of("one"), typical.stream().map(Compilation::name).toList());
        assertEquals(1, typical.getFirst().instructions());
        Files.writeString(vectors.resolve("gas/broken.json"), "{\"program-hex\": \"xyz\"}");
        assertThrows(SetupException.class, () -> PublishedPrograms.of(vectors));
    }

    @Test
    void bombsAreMeasured() {
        var measured = Compilations.measure(List.of(), Map.of(), OCTETS, 1);
        assertEquals(List.copyOf(Bombs.all(OCTETS).keySet()),
                measured.bombs().stream().map(Compilation::name).toList());
        for (var bomb : measured.bombs()) {
            assertTrue(bomb.nanoseconds() > 0 && bomb.instructions() > 0 && bomb.nativeOctets() > 0, bomb::toString);
            assertTrue(bomb.octets() >= OCTETS && bomb.codeOctets() < bomb.octets(), bomb::toString);
        }
        var typical = List.of(new Compilation("a", 1, 2, 1, 8, 8, 8), new Compilation("b", 1, 1, 1, 3, 9, 18));
        var bombs = List.of(new Compilation("short", 1, 1, 1, 1, 9, 36), new Compilation("long", 1, 10, 10, 1, 180, 180));
        var compilations = new Compilations(List.of(), typical, bombs);
        assertEquals(bombs.get(1), compilations.worst(Compilation::nanosecondsPerOctet));
        assertEquals(bombs.get(0), compilations.worst(Compilation::nanosecondsToStartPerOctet));
        assertEquals(3, compilations.toTypical(bombs.get(1), Compilation::nanosecondsPerOctet), 1e-9);
        assertTrue(Double.isNaN(
                new Compilations(typical, List.of(), bombs).toTypical(bombs.get(1), Compilation::nanosecondsPerOctet)));
    }
}
