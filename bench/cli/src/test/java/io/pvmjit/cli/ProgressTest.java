package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of long work, by a clock that the test turns. */
class ProgressTest {
    private final StringWriter text = new StringWriter();
    private final AtomicLong clock = new AtomicLong(-5);

    private Progress progress(boolean terminal) {
        return new Progress(new PrintWriter(text), terminal, clock::get, "files", 400);
    }

    private void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    @Test
    void aPipeHasPlainLinesEveryTenSeconds() {
        var progress = progress(false);
        for (int i = 1; i <= 200; i++) {
            pass(Duration.ofMillis(100));
            progress.step(i);
        }
        progress.clear();
        assertEquals("100 files, 25 %, 10/s, 0:00:30 left\n200 files, 50 %, 10/s, 0:00:20 left\n", text.toString());
    }

    @Test
    void aTerminalHasOneLineThatMakesWay() {
        var progress = progress(true);
        pass(Duration.ofMillis(900));
        progress.step(1);
        assertEquals("", text.toString());
        pass(Duration.ofMillis(1100));
        progress.step(2);
        pass(Duration.ofMillis(100));
        progress.step(3);
        assertEquals("\r\033[K2 files, 0 %, 1/s", text.toString());
        progress.clear();
        progress.clear();
        pass(Duration.ofMillis(100));
        progress.step(4);
        assertEquals("\r\033[K2 files, 0 %, 1/s\r\033[K\r\033[K4 files, 1 %, 2/s, 0:03:37 left", text.toString());
    }

    /** Work that does nothing countable for long is not taken for dead. */
    @Test
    void timeThatGoesByIsTold() throws InterruptedException {
        var progress = progress(false);
        progress.step(100);
        pass(Duration.ofSeconds(20));
        progress.tick();
        progress.tick();
        assertEquals("1 files, 25 %, 0/s, 0:01:00 left, for 0:00:20\n", text.toString());
        pass(Duration.ofSeconds(20));
        try (var ticking = progress.ticking()) {
            while (text.toString().lines().count() < 2 && ticking.thread().isAlive()) {
                Thread.sleep(10);
            }
        }
        assertEquals("1 files, 25 %, 0/s, 0:02:00 left, for 0:00:40", text.toString().lines().toList().getLast());
    }

    @Test
    void onlyTerminalsAreTerminals(@TempDir Path folder) throws IOException {
        for (var target : List.of("/dev/null", "/dev/full", "/no/such", "/proc/self/status")) {
            assertFalse(Progress.isTerminal(Files.createSymbolicLink(folder.resolve("fd"), Path.of(target))), target);
            Files.delete(folder.resolve("fd"));
        }
        assertTrue(Progress.isTerminal(Path.of("/dev/tty")));
    }
}
