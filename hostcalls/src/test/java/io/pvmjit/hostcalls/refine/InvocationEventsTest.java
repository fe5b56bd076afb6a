package io.pvmjit.hostcalls.refine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InterruptedInvocationException;
import io.pvmjit.hostcalls.Interrupter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Flight recordings that ask for invocations have each, with what it used and how it ended, its faults and interrupts. */
class InvocationEventsTest {
    private static final byte[] TRAP = Assembler.assembleStandard(".stack 4096\n.code\ntrap\n");

    @TempDir
    private Path folder;

    private List<RecordedEvent> record(String name, Callable<?> work) throws Exception {
        try (var recording = new Recording()) {
            recording.enable("io.pvmjit." + name).withThreshold(Duration.ZERO);
            return events(recording, work);
        }
    }

    private List<RecordedEvent> events(Recording recording, Callable<?> work) throws Exception {
        recording.start();
        work.call();
        recording.stop();
        var file = folder.resolve("events.jfr");
        recording.dump(file);
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("io.pvmjit.")).toList();
    }

    private static long trap(Engine engine) {
        return new ArgumentInvocation(0, 1000, new byte[0], HostCallTable.empty()).run(engine, TRAP).gasUsed();
    }

    @Test
    void anInvocationIsAnEvent() throws Exception {
        try (var engine = Engine.create()) {
            var events = record("Run", () -> trap(engine));
            assertEquals(1, events.size());
            assertEquals(1000, events.getFirst().getLong("gas"));
            assertEquals(trap(engine), events.getFirst().getLong("gasUsed"));
            assertEquals("Panic[]", events.getFirst().getString("exit"));
        }
    }

    /** Short ones, and those without faults, are none; nor is anything of which nothing was asked. */
    @Test
    void othersAreNotTold() throws Exception {
        try (var engine = Engine.create(); var recording = new Recording(); var deaf = new Recording()) {
            recording.enable("io.pvmjit.Run").withThreshold(Duration.ofHours(1));
            recording.enable("io.pvmjit.PageFaults").withThreshold(Duration.ZERO);
            assertEquals(List.of(), events(recording, () -> trap(engine)));
            assertEquals(List.of(), events(deaf, () -> trap(engine)));
        }
    }

    /** Faults of inner machines are counted with the invocation that they run in, and its own. */
    @ParameterizedTest
    @EnumSource
    void pageFaultsAreCounted(Backend backend) throws Exception {
        var world = Refinements.world(0, Map.of(1, Assembler.assemble("load_ind_u8 a0, [a0 + 0x20000]\ntrap\n")));
        var outer = new OuterProgram().data("hash", Refinements.hash(1)).call(9, 1, "hash", 1000, 0, -1).call(10, 0, 0)
                .frame(1000).call(14, 0, "frame").call(14, 0, "frame").call(14, 0, "frame")
                .lines("load_u8 a0, [0x80000000]\ntrap");
        var events = record("PageFaults", () -> Refinements.refine(backend, world, outer));
        assertEquals(List.of(4L), events.stream().map(event -> event.getLong("count")).toList());
    }

    /** One that was stopped for others to run, and went on, is one event. */
    @Test
    void aRunInSlicesIsOneEvent() throws Exception {
        long gas = 200_000_000;
        var code = new OuterProgram().spin().serviceCode();
        try (var engine = Engine.create(EngineConfig.defaults().withTurns(1));
                var threads = Executors.newFixedThreadPool(2)) {
            Callable<Refinement> one = () -> new RefineInvocation(engine)
                    .run(Refinements.world(), code, Refinements.NO_ARGUMENTS, gas);
            var events = record("Run", () -> threads.invokeAll(Collections.nCopies(2, one)));
            assertEquals(List.of("OutOfGas[]", "OutOfGas[]"),
                    events.stream().map(event -> event.getString("exit")).toList());
        }
    }

    @Test
    void aDeadlineIsAnInterrupt() throws Exception {
        var code = new OuterProgram().spin().serviceCode();
        try (var engine = Engine.create()) {
            var events = record("Interrupt", () -> assertThrows(InterruptedInvocationException.class,
                    () -> new RefineInvocation(engine).run(Refinements.world(), code, Refinements.NO_ARGUMENTS, 1L << 62,
                            Interrupter.after(Duration.ofMillis(5)))));
            assertEquals(List.of("refinement of service 7"),
                    events.stream().map(event -> event.getString("what")).toList());
        }
    }
}
