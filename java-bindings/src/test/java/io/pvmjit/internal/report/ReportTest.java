package io.pvmjit.internal.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.PageAccess;
import io.pvmjit.asm.Assembler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What recordings and loggers are told, when they ask. */
class ReportTest {
    private static final byte[] PROGRAM = Assembler.assemble("add_64 a0, a0, a1\njump_ind ra\n");
    private static final byte[] LARGE = Assembler.assemble("fallthrough\n".repeat(200_000));

    @TempDir
    Path folder;

    /**
     * Two compilations of one program, an eviction, a machine whose maps are used up, interrupts of it and of everything,
     * a program that finds no room for its code.
     */
    private static void work() {
        // The cache keeps one: the second program drives the first one out.
        var config = EngineConfig.defaults().withBackend(Backend.JIT).withModuleCacheEntries(1).withMapsPerInstance(4)
                .withCodeArenaBytes(1 << 20);
        try (var engine = Engine.create(config)) {
            engine.compile(PROGRAM).close();
            try (var module = engine.compile(PROGRAM); var instance = module.instantiate()) {
                for (int page = 16; page < 24; page++) {
                    instance.memory().protect(page, 1, page % 2 == 0 ? PageAccess.READ : PageAccess.WRITE, true);
                }
                assertTrue(instance.checked());
                instance.interrupt();
            }
            engine.interruptAll();
            engine.compile(Assembler.assemble("trap\n")).close();
            engine.compile(LARGE).close();
        }
    }

    private List<RecordedEvent> record(String... names) throws IOException {
        try (var recording = new Recording()) {
            for (var name : names) {
                recording.enable("io.pvmjit." + name);
            }
            recording.start();
            work();
            recording.stop();
            var file = folder.resolve("events.jfr");
            recording.dump(file);
            return RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().startsWith("io.pvmjit.")).toList();
        }
    }

    private static List<RecordedEvent> named(String name, List<RecordedEvent> events) {
        return events.stream().filter(event -> event.getEventType().getName().equals("io.pvmjit." + name)).toList();
    }

    @Test
    void aRecordingThatAsksIsTold() throws IOException {
        var events = record("Compile", "Eviction", "Interrupt", "Checked", "FallBack");
        var compilations = named("Compile", events).stream()
                .filter(event -> event.getLong("octets") == PROGRAM.length).toList();
        assertEquals(List.of(false, true), compilations.stream().map(event -> event.getBoolean("cached")).toList());
        assertTrue(compilations.getFirst().getLong("machineCode") > 0);
        assertTrue(compilations.getFirst().getDuration().isPositive());
        assertTrue(named("Eviction", events).stream().anyMatch(event -> event.getLong("octets") > 0));
        assertEquals(List.of("an instance", "all of an engine"),
                named("Interrupt", events).stream().map(event -> event.getString("what")).toList());
        assertTrue(named("Checked", events).getFirst().getLong("codeLength") > 0);
        assertEquals(List.of((long) LARGE.length),
                named("FallBack", events).stream().map(event -> event.getLong("octets")).toList());
    }

    @Test
    void othersAreNotTold() throws IOException {
        assertEquals(List.of(), record());
    }

    @Test
    void aLoggerAtLevelDebugIsTold() {
        var logger = (Logger) LoggerFactory.getLogger("io.pvmjit");
        var appender = new ListAppender<ILoggingEvent>();
        var level = logger.getLevel();
        appender.start();
        logger.addAppender(appender);
        logger.setLevel(Level.DEBUG);
        try {
            work();
        } finally {
            logger.setLevel(level);
            logger.detachAppender(appender);
        }
        var lines = appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
        assertTrue(lines.stream().anyMatch(line -> line.matches("compiled " + PROGRAM.length
                + " octets to [0-9]+ octets of machine code, found in the cache: true")), lines::toString);
        assertTrue(lines.stream().anyMatch(line -> line.matches("dropped a module of [0-9]+ octets from the cache")),
                lines::toString);
    }
}
