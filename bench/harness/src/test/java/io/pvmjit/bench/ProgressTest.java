package io.pvmjit.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How a run of benchmarks shows that it goes on, with a terminal and without. */
class ProgressTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final AtomicLong clock = new AtomicLong();

    /** Ten minutes of work in four steps, of which half of the work takes a minute. */
    private String run(boolean terminal) {
        var progress = new Progress(new PrintStream(written, true, StandardCharsets.UTF_8), terminal, clock::get);
        progress.expect(10);
        progress.say("hello");
        progress.step("one", "a", 3);
        progress.step("one", "b", 2);
        clock.addAndGet(TimeUnit.SECONDS.toNanos(60));
        progress.step("two", "c", 5);
        clock.addAndGet(TimeUnit.HOURS.toNanos(2));
        progress.step("three", "d", 0);
        progress.end();
        return written.toString(StandardCharsets.UTF_8).replace("\r\033[K", "<");
    }

    @Test
    void withoutATerminalEachGroupIsALine() {
        assertEquals("""
                hello
                  0 %, 0:00  one
                 50 %, 1:00, 1:00 left  two
                100 %, 2:01:00, 0:00 left  three
                """, run(false));
    }

    @Test
    void onATerminalOneLineIsWrittenOver() {
        assertEquals("<hello\n<  0 %, 0:00  one: a< 30 %, 0:00, 0:00 left  one: b< 50 %, 1:00, 1:00 left  two: c"
                + "<100 %, 2:01:00, 0:00 left  three: d<", run(true));
    }
}
