package io.pvmjit.bench.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

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

    @Test
    void bombsAreMeasured() {
        var measured = Compilations.measure(List.of(), OCTETS, 1);
        assertEquals(List.copyOf(Bombs.all(OCTETS).keySet()),
                measured.bombs().stream().map(Compilation::name).toList());
        for (var bomb : measured.bombs()) {
            assertTrue(bomb.nanoseconds() > 0 && bomb.instructions() > 0 && bomb.nativeOctets() > 0, bomb::toString);
        }
        assertTrue(Double.isNaN(measured.typicalNanosecondsPerOctet()));
        var typical = List.of(new Compilation("a", 1, 2, 8, 8), new Compilation("b", 1, 1, 3, 9));
        assertEquals(6, new Compilations(typical, List.of()).typicalNanosecondsPerOctet(), 1e-9);
    }
}
