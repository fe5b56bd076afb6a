package io.pvmjit.internal.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
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

    @TempDir
    Path folder;

    /** Two compilations of one program, an eviction, an interrupt. */
    private static void work() {
        // The cache keeps one: the second program drives the first one out.
        try (var engine = Engine.create(EngineConfig.defaults().withModuleCacheEntries(1))) {
            engine.compile(PROGRAM).close();
            try (var module = engine.compile(PROGRAM); var instance = module.instantiate()) {
                instance.interrupt();
            }
            engine.compile(Assembler.assemble("trap\n")).close();
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

    @Test
    void aRecordingThatAsksIsTold() throws IOException {
        var events = record("Compile", "Eviction", "Interrupt");
        var compilations = events.stream().filter(event -> event.getEventType().getName().endsWith("Compile"))
                .filter(event -> event.getLong("octets") == PROGRAM.length).toList();
        assertEquals(List.of(false, true), compilations.stream().map(event -> event.getBoolean("cached")).toList());
        assertTrue(compilations.getFirst().getLong("machineCode") > 0);
        assertTrue(compilations.getFirst().getDuration().isPositive());
        assertTrue(events.stream().anyMatch(event -> event.getEventType().getName().endsWith("Eviction")
                && event.getLong("octets") > 0));
        assertEquals(1, events.stream().filter(event -> event.getEventType().getName().endsWith("Interrupt")).count());
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
