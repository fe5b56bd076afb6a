package io.pvmjit.hostcalls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pvmjit.Engine;
import io.pvmjit.asm.Assembler;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Flight recordings that ask for invocations have each, with what it used and how it ended. */
class RunEventTest {
    @Test
    void anInvocationIsAnEvent(@TempDir Path folder) throws IOException {
        var blob = Assembler.assembleStandard(".stack 4096\n.code\ntrap\n");
        var file = folder.resolve("events.jfr");
        long gasUsed;
        try (var recording = new Recording(); var engine = Engine.create()) {
            recording.enable("io.pvmjit.Run").withThreshold(Duration.ZERO);
            recording.start();
            gasUsed = new ArgumentInvocation(0, 1000, new byte[0], HostCallTable.empty()).run(engine, blob).gasUsed();
            recording.stop();
            recording.dump(file);
        }
        var events = RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals("io.pvmjit.Run")).toList();
        assertEquals(1, events.size());
        assertEquals(1000, events.getFirst().getLong("gas"));
        assertEquals(gasUsed, events.getFirst().getLong("gasUsed"));
        assertEquals("Panic[]", events.getFirst().getString("exit"));
    }
}
