package io.pvmjit.hostcalls.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.HostObserver;
import io.pvmjit.HostWatch;
import io.pvmjit.QuotaException;
import io.pvmjit.Quotas;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.Dispatcher;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCall.Outcome;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.RefineContext;
import io.pvmjit.hostcalls.refine.RefineInvocation;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Traces say what hosts did, are the same whatever the backend, and replay on each. */
class TraceTest {
    private static final String HEAD = ".rodata\nhash: .hex " + "ab".repeat(32) + "\n.data\nbuffer: .zero 256\n"
            + ".heap_pages 1\n.stack 4096\n.code\n";
    /** Grows the heap and writes there, looks up a preimage, makes a machine of it, writes to its RAM and reads it. */
    private static final byte[] REFINING = Assembler.assembleStandard(HEAD + """
                load_imm a0, 300
                ecalli 1
                store_u64 [1200000], a0
                load_imm a0, -1
                load_imm a1, hash
                load_imm a2, buffer
                load_imm a3, 0
                load_imm a4, 5
                ecalli 7
                load_imm a0, 1
                load_imm a1, hash
                load_imm a2, 100
                load_imm a3, 0
                load_imm a4, -1
                ecalli 9
                load_imm a1, 0
                ecalli 10
                load_imm a0, 0
                load_imm a1, 16
                load_imm a2, 1
                load_imm a3, 2
                ecalli 13
                load_imm a0, 0
                load_imm a1, buffer
                load_imm a2, 0x10000
                load_imm a3, 16
                ecalli 12
                load_imm a0, 0
                load_imm a1, 1200000
                load_imm a2, 0x10001
                load_imm a3, 4
                ecalli 11
                load_imm a0, 1000
                store_u64 [buffer], a0
                load_imm a0, 0
                load_imm a1, buffer
                ecalli 14
                load_imm a0, buffer
                load_imm a1, 8
                jump_ind ra
            """);
    private static final byte[] INNER = Assembler.assemble("ecalli 77\ntrap");
    private static final long GAS = 10_000_000;

    private static Engine engine(Backend backend) {
        return Engine.create(EngineConfig.defaults().withBackend(backend));
    }

    private static byte[] serviceCode(byte[] jamBlob) {
        var code = new byte[1 + jamBlob.length];
        System.arraycopy(jamBlob, 0, code, 1, jamBlob.length);
        return code;
    }

    private static InMemoryEnvironment world() {
        var hash = new byte[32];
        Arrays.fill(hash, (byte) 0xab);
        return new InMemoryEnvironment(5, Map.of(InMemoryEnvironment.Key.of(5, hash), INNER), Map.of(), 0);
    }

    /** The trace of a program with these host calls, or with those of refinement where there are none. */
    private static String trace(Engine engine, byte[] jamBlob, HostCallTable calls, long gas) {
        var octets = new ByteArrayOutputStream();
        var program = StandardProgram.parse(jamBlob);
        try (var writer = new TraceWriter(octets);
                var context = new RefineContext(engine, world());
                var module = engine.compile(program.programBlob());
                var instance = module.instantiate(program.image(new byte[0]));
                var recorder = new TraceRecorder(writer, serviceCode(jamBlob))) {
            var served = calls != null ? calls
                    : new HostCalls(engine.rules()).refine(context, Heap.of(engine.rules(), program));
            var invocation = new ArgumentInvocation(0, gas, new byte[0], served);
            var recorded = new ArgumentInvocation(0, gas, new byte[0], recorder.begin(invocation, program, instance));
            var exit = recorded.start(instance, program);
            while (exit instanceof Exit.Interrupted) {
                exit = new Dispatcher(recorded.calls()).run(instance);
            }
            recorder.end(instance, exit);
        }
        return octets.toString(StandardCharsets.US_ASCII);
    }

    private static void assertReplays(String text) {
        var trace = TraceReader.read(text);
        for (var backend : Backend.values()) {
            try (var engine = engine(backend)) {
                assertEquals(Optional.empty(), TraceReplay.run(engine, trace), backend::label);
            }
        }
        var again = new ByteArrayOutputStream();
        try (var writer = new TraceWriter(again)) {
            writer.write(trace);
        }
        assertEquals(text, again.toString(StandardCharsets.US_ASCII));
    }

    @Test
    void aRefinementIsRecordedAlikeOnEveryBackend() {
        String first = null;
        for (var backend : Backend.values()) {
            try (var engine = engine(backend)) {
                var octets = new ByteArrayOutputStream();
                try (var writer = new TraceWriter(octets)) {
                    var recorder = new TraceRecorder(writer, serviceCode(REFINING));
                    new RefineInvocation(engine, new HostCalls(engine.rules()), recorder).run(world(),
                            MemorySegment.ofArray(serviceCode(REFINING)), new byte[] {1, 2, 3}, GAS);
                }
                var text = octets.toString(StandardCharsets.US_ASCII);
                first = first == null ? text : first;
                assertEquals(first, text, backend::label);
            }
        }
        assertReplays(first);
        var records = first.lines().toList();
        assertTrue(records.contains("memwrite 0xfeff0000 len=3 <- 0x010203"), first);
        // The look-up reads a hash and writes the beginning of what it finds.
        assertTrue(records.contains("memread 0x00010000 len=32 -> 0x" + "ab".repeat(32)), first);
        var beginning = HexFormat.of().formatHex(INNER, 0, 5);
        assertTrue(records.contains("memwrite 0x00030000 len=5 <- 0x" + beginning), first);
        assertTrue(records.contains("memread 0x00030000 len=16 -> 0x" + beginning + "00".repeat(11)), first);
        assertTrue(records.contains("memwrite 0x00124f80 len=4 <- 0x" + beginning.substring(2, 10)), first);
        // Invoke reads and writes its frame, and the whole of it has one record each.
        assertEquals(1, records.stream().filter(record -> record.matches("memread \\S+ len=112 .*")).count(), first);
        assertEquals(1, records.stream().filter(record -> record.matches("memwrite \\S+ len=112 .*")).count(), first);
        assertTrue(records.getLast().startsWith("HALT pc="), first);
    }

    /** Of which the recorder is not told; the instance is closed by then. */
    @ParameterizedTest
    @EnumSource
    void whatAnExceptionEndedIsRecordedUntilThen(Backend backend) {
        var config = EngineConfig.defaults().withBackend(backend)
                .withQuotas(Quotas.defaults().withMemoryPerInvocation(1 << 19));
        var octets = new ByteArrayOutputStream();
        try (var engine = Engine.create(config); var writer = new TraceWriter(octets)) {
            var recorder = new TraceRecorder(writer, serviceCode(REFINING));
            var invocation = new RefineInvocation(engine, new HostCalls(engine.rules()), recorder);
            // It grows its heap beyond that.
            assertThrows(QuotaException.class, () -> invocation.run(world(), MemorySegment.ofArray(serviceCode(REFINING)),
                    new byte[0], GAS));
            recorder.close();
        }
        var trace = TraceReader.read(octets.toString(StandardCharsets.US_ASCII));
        assertEquals(GAS, trace.start().gas());
        assertTrue(trace.end().isEmpty());
    }

    @ParameterizedTest
    @EnumSource
    void endsOfAllKindsReplay(Backend backend) {
        var table = HostCallTable.builder().add(50, _ -> Outcome.PANIC).add(51, _ -> Outcome.HALT)
                .add(52, context -> context.charge(-1) ? Outcome.CONTINUE : Outcome.OUT_OF_GAS).build();
        try (var engine = engine(backend)) {
            for (var code : List.of("ecalli 50\ntrap", "ecalli 51\ntrap", "ecalli 52\ntrap", "trap", "jump_ind ra",
                    "load_u8 a0, [0x50000]\ntrap", "again: jump again", "ecalli -103\njump_ind ra",
                    "load_u8 a0, [7]\ntrap")) {
                assertReplays(trace(engine, Assembler.assembleStandard(HEAD + code + "\n"), table, 500));
            }
            assertTrue(trace(engine, Assembler.assembleStandard(HEAD + "load_u8 a0, [0x50000]\ntrap\n"), table, 500)
                    .contains("PANIC=327680 pc=0 "));
            assertTrue(trace(engine, Assembler.assembleStandard(HEAD + "ecalli -103\ntrap\n"), table, 5000)
                    .contains("ecalli=4294967193 pc=0 "));
        }
    }

    /** A call that is interrupted and made again has one record, as the one call that both together are. */
    @Test
    void aCallMadeAgainIsOneCall() {
        var program = Assembler.assembleStandard(HEAD + "ecalli 60\njump_ind ra\n");
        var tries = new AtomicInteger();
        HostCall whole = context -> {
            context.memory().read(0x30000, new byte[2]);
            context.memory().write(0x30001, new byte[] {1, 2, 3});
            context.memory().write(0x30002, new byte[] {4, 5, 6});
            // Its own octets: no news.
            context.memory().read(0x30003, new byte[1]);
            context.memory().read(0x30010, new byte[1]);
            context.register(8, 0);
            return context.answer(9);
        };
        HostCall inTwo = context -> {
            whole.handle(context);
            return tries.getAndIncrement() == 0 ? Outcome.INTERRUPTED : Outcome.CONTINUE;
        };
        try (var engine = engine(Backend.JIT)) {
            var expected = trace(engine, program, HostCallTable.builder().add(60, whole).build(), GAS);
            assertEquals(expected, trace(engine, program, HostCallTable.builder().add(60, inTwo).build(), GAS));
            assertEquals(2, tries.get());
            assertReplays(expected);
            var effects = expected.lines().dropWhile(line -> !line.startsWith("ecalli")).skip(1).limit(6).toList();
            assertEquals(List.of("memread 0x00030000 len=2 -> 0x0000", "memread 0x00030010 len=1 -> 0x00",
                    "memwrite 0x00030001 len=4 <- 0x01040506", "setreg r07 <- 0x9", "setreg r08 <- 0x0"),
                    effects.subList(0, 5));
            assertTrue(effects.get(5).startsWith("setgas <- "));
        }
    }

    /** Whatever a record says that is not so is found, and named. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "ecalli=7 | ecalli=8 | 2 | the stop",
        "(?s)(ecalli=7 pc=\\d*) gas=\\d* | $1 gas=77 | 2 | gas",
        "(ecalli=7 pc=)\\d* | $13 | 2 | pc",
        "(ecalli=9.* r11=)\\S* | $10x1234 | 3 | r11",
        "(memread 0x00010000 len=32 -> 0x)ab | $1ac | 2 | RAM at 0x10000",
        "memwrite 0x00030000 | memwrite 0x00500000 | 2 | RAM at 0x500000",
        "memread 0x00030000 | memread 0x00500000 | 6 | RAM at 0x500000",
        "setgas <- \\d*(?=\\necalli=12) | setgas <- 5 | 6 | gas",
        "HALT | OOG | 9 | the stop",
        "HALT pc=\\d* | HALT pc=1 | 9 | pc",
        "(HALT.* r08=)0x8 | $10x9 | 9 | r08",
    })
    void differencesAreFound(String text, String replacement, int record, String what) {
        try (var engine = engine(Backend.JIT)) {
            var right = trace(engine, REFINING, null, GAS);
            var wrong = right.replaceFirst(text, replacement);
            var difference = TraceReplay.run(engine, TraceReader.read(wrong)).orElseThrow();
            assertEquals(record, difference.record(), difference::toString);
            assertEquals(what, difference.what(), difference::toString);
            assertTrue(difference.line() > 0 && wrong.lines().toList().get(difference.line() - 1).startsWith(
                    record == 9 ? difference.name() : "ecalli="), difference::toString);
            var diff = TraceDiff.of(TraceReader.read(right), TraceReader.read(wrong));
            assertTrue(diff.position().isPresent());
            assertEquals(diff.first().subList(0, diff.position().getAsInt()),
                    diff.second().subList(0, diff.position().getAsInt()));
        }
    }

    /** Without gas a trace by other prices is the same, and one that ended for want of gas is as far as it goes. */
    @Test
    void gasNeedNotBeCompared() {
        try (var engine = engine(Backend.JIT)) {
            var right = trace(engine, REFINING, null, GAS);
            var priced = right.replaceAll("(gas=|setgas <- )\\d+", "$17");
            assertTrue(TraceReplay.run(engine, TraceReader.read(priced)).isPresent());
            assertEquals(Optional.empty(), TraceReplay.run(engine, TraceReader.read(priced), false));
            var diff = TraceDiff.withoutGas(TraceReader.read(right), TraceReader.read(priced));
            assertEquals(OptionalInt.empty(), diff.position());
            var wrong = TraceReader.read(priced.replaceFirst("(ecalli=11 .* r07=)\\S+", "$10x77")
                    .replaceFirst("(ecalli=11 .*?) r08", "$1 r07=0x77 r08"));
            assertEquals("r07", TraceReplay.run(engine, wrong, false).orElseThrow().what());
            assertTrue(TraceDiff.withoutGas(TraceReader.read(right), wrong).position().isPresent());
            var ended = trace(engine, Assembler.assembleStandard(HEAD + "again: ecalli 0\njump again\n"), null, 1000);
            assertTrue(ended.contains("\nOOG "), ended);
            assertEquals(Optional.empty(), TraceReplay.run(engine, TraceReader.read(ended), false));
        }
    }

    @Test
    void aTraceMayBreakOff() {
        try (var engine = engine(Backend.JIT)) {
            var whole = trace(engine, REFINING, null, GAS);
            var part = TraceReader.read(whole.substring(0, whole.indexOf("ecalli=12")));
            assertEquals(Optional.empty(), part.end());
            assertEquals(Optional.empty(), TraceReplay.run(engine, part));
            var diff = TraceDiff.of(TraceReader.read(whole), part);
            assertEquals(OptionalInt.of(diff.second().size()), diff.position());
            var more = TraceReader.read(whole.replaceFirst("(?m)^HALT.*\n", whole.substring(whole.indexOf("ecalli=12"))));
            assertEquals("the stop", TraceReplay.run(engine, more).orElseThrow().what());
        }
    }

    /** An instance has one observer at a time, and is as ever behind it. */
    @Test
    void aWatchEnds() {
        var seen = new AtomicInteger();
        var observer = new HostObserver() {
            @Override
            public void read(long address, byte[] octets) {
                seen.addAndGet(octets.length);
            }

            @Override
            public void wrote(long address, long length) {
                seen.addAndGet((int) length);
            }

            @Override
            public void setRegister(int index, long value) {
                seen.incrementAndGet();
            }
        };
        var program = StandardProgram.parse(REFINING);
        try (var engine = engine(Backend.JIT);
                var module = engine.compile(program.programBlob());
                var instance = module.instantiate(program.image(new byte[0]))) {
            try (var _ = HostWatch.of(instance, observer)) {
                assertThrows(IllegalStateException.class, () -> HostWatch.of(instance, observer));
                assertTrue(instance.memory().copyTo(0x10000, instance.memory(), 0x30000, 4));
                assertTrue(instance.memory().fill(0x10000, new byte[2]));
                assertTrue(instance.memory().read(0x10000, MemorySegment.ofArray(new byte[4]), 1, 2));
                instance.memory().read(5, new byte[1]);
                instance.memory().read(0x10000, new byte[0]);
                instance.register(3, 3);
                assertEquals(4 + 4 + 2 + 2 + 1, seen.get());
            }
            instance.register(3, 3);
            HostWatch.of(instance, observer).close();
            assertEquals(4 + 4 + 2 + 2 + 1, seen.get());
        }
    }
}
