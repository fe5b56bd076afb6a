package io.pvmjit.hostcalls.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Engine;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.trace.Trace.Ending;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Traces are read in whatever company records come, and texts that are none are refused with the line. */
class TraceReaderTest {
    private static final String PROGRAM = "program 0x"
            + HexFormat.of().formatHex(Assembler.assemble("ecalli 3\ntrap")) + "\n";
    private static final String START = "start pc=0 gas=1000\n";

    @Test
    void recordsPassThroughALogger() {
        var trace = TraceReader.read("""
                some node, version 1
                2026-11-26 10:00:00 TRACE [ecalli] program 0x00
                INFO  memwrite 0xfeff0000 len=2 <- 0xAbcd
                x start pc=5 gas=18446744073709551615 r00=0xffff0000 r7=0xfeff0000 r12=3
                comment of somebody else
                ecalli=4294967193 pc=7 gas=0x10 r01=0x1
                memread 0x00020000 len=1 -> 0x01 and more words
                nothing of ours: setgastly
                setgas <- 3
                ecalli=-103 pc=7 gas=2
                PANIC=0x5000 pc=9 gas=0
                ecalli=1 pc=1 gas=1
                """);
        assertArrayEquals(new byte[1], trace.program());
        assertArrayEquals(new byte[] {(byte) 0xab, (byte) 0xcd}, trace.initialWrites().getFirst().octets());
        assertEquals(-1, trace.start().gas());
        assertEquals(3, trace.start().registers()[12]);
        assertEquals(List.of(-103L, -103L), trace.calls().stream().map(Trace.Call::number).toList());
        assertEquals(List.of(OptionalLong.of(3), OptionalLong.empty()),
                trace.calls().stream().map(Trace.Call::gas).toList());
        assertEquals(List.of(6, 10), trace.calls().stream().map(Trace.Call::line).toList());
        var end = trace.end().orElseThrow();
        assertEquals(Ending.PANIC, end.ending());
        assertEquals(0x5000, end.argument());
        assertEquals(11, end.line());
    }

    /** Blanks of all kinds are between fields, however many: nothing may be lost without a word. */
    @ParameterizedTest
    @ValueSource(strings = {"  ", "\t", " \t ", "\f"})
    void fieldsAreApartByAnyBlanks(String blank) {
        var text = PROGRAM + START + "ecalli=3 pc=0 gas=5 r01=0x1\nmemread 0x20000 len=1 -> 0x01\n"
                + "memwrite 0x20000 len=1 <- 0x02\nsetreg r01 <- 0x7\nsetgas <- 4\nHALT pc=2 gas=3\n";
        var trace = TraceReader.read(text);
        assertEquals(OptionalInt.empty(), TraceDiff.of(trace, TraceReader.read(text.replace(" ", blank))).position());
        assertEquals(OptionalLong.of(4), trace.calls().getFirst().gas());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "start pc=0 gas=0 | the record 'program' is missing",
        "program 0x00 | the record 'start' is missing",
        "program 0x0 | line 1: an odd number of hexadecimal digits (1)",
        "start pc=0 | line 1: 'start pc=0' has not the form of its record",
        "start pc=x gas=0 | line 1: 'x' is not a number of 64 bits",
        "start pc=0 gas=18446744073709551616 | line 1: '18446744073709551616' is not a number",
        "start pc=0 gas=99999999999999999999999999999999999999999 | is not a number of 64 bits",
        "start pc=0 gas=0 r13=0x1 | line 1: there is no register r13",
        "start pc=0 gas=0 r99999999999999999999=0x1 | is not a number of 64 bits",
        "ecalli=1 pc=0 gas=0 | line 1: there is no record 'start' before it",
        "HALT pc=0 gas=0 | line 1: there is no record 'start' before it",
        "memread 0x10000 len=1 -> 0x00 | belongs to no ecalli",
        "setreg r07 <- 0x0 | belongs to no ecalli",
        "memwrite 0x10000 len=2 <- 0x00 | line 1: 1 octets, but len=2",
        "memwrite 0xffffffff len=2 <- 0x0000 | line 1: the octets reach beyond 2^32",
        "memwrite 0x1ffffffffffffffff len=0 <- 0x | is not a number of 64 bits",
    })
    void textsThatAreNoTracesAreRefused(String text, String problem) {
        var thrown = assertThrows(MalformedTraceException.class, () -> TraceReader.read(text));
        assertTrue(thrown.getMessage().contains(problem), thrown.getMessage());
    }

    @Test
    void longLinesTakeNoStack() {
        var registers = " r01=0x1".repeat(200_000);
        var trace = TraceReader.read(PROGRAM + "start pc=0 gas=5" + registers + "\n" + "z".repeat(1 << 20) + "\n");
        assertEquals(1, trace.start().registers()[1]);
        assertThrows(MalformedTraceException.class, () -> TraceReader.read("program 0x" + "0".repeat((1 << 20) + 1)));
    }

    /** A bare program runs with the RAM that was written, with metadata in front or without. */
    @ParameterizedTest
    @ValueSource(strings = {"", "00", "0461626364"})
    void bareProgramsReplay(String metadata) {
        var blob = Assembler.assemble("load_u8 a0, [0x20005]\necalli 3\ntrap");
        var text = "program 0x" + metadata + HexFormat.of().formatHex(blob) + "\nmemwrite 0x00020004 len=3 <- 0x010203\n"
                + "start pc=0 gas=1000 r01=0x5\n";
        var call = "ecalli=3 pc=" + Program.parse(blob).decode(0).next() + " gas=";
        try (var engine = Engine.create()) {
            var trace = TraceReader.read(text);
            assertArrayEquals(blob, TraceProgram.of(trace, Rules.defaults()).blob());
            assertEquals(Optional.empty(), TraceReplay.run(engine, trace));
            var gas = TraceReplay.run(engine, TraceReader.read(text + call + "0 r01=0x5 r07=0x3\n")).orElseThrow();
            assertEquals("gas", gas.what());
            var register = TraceReplay.run(engine, TraceReader.read(text + call + gas.found() + " r01=0x5\n")).orElseThrow();
            assertEquals(Optional.of(7), register.register());
            var right = text + call + gas.found() + " r01=0x5 r07=" + register.found() + "\n";
            assertEquals(Optional.empty(), TraceReplay.run(engine, TraceReader.read(right)));
        }
    }

    /** Traces that cannot be are refused, and take nothing of the machine. */
    @Test
    void hostileTracesAreRefused() {
        try (var engine = Engine.create()) {
            var low = TraceReader.read(PROGRAM + "memwrite 0x00000000 len=1 <- 0x00\n" + START);
            assertThrows(MalformedTraceException.class, () -> TraceReplay.run(engine, low));
            var standard = Assembler.assembleStandard(".stack 4096\n.code\ntrap\n");
            var arguments = TraceReader.read("program 0x" + HexFormat.of().formatHex(standard)
                    + "\nstart pc=0 gas=5 r07=0xfeff0000 r08=0x7fffffff\n");
            assertThrows(MalformedTraceException.class, () -> TraceReplay.run(engine, arguments));
            var nowhere = TraceReader.read(PROGRAM + "start pc=4294967296 gas=5\nPANIC=0 pc=4294967296 gas=5\n");
            assertEquals(Optional.empty(), TraceReplay.run(engine, nowhere));
            assertEquals(0, engine.statistics().instancesAlive());
        }
    }

    @Test
    void diffsTellWords() {
        var one = TraceReader.read(PROGRAM + START + "ecalli=3 pc=0 gas=5 r01=0x1\n");
        var other = TraceReader.read(PROGRAM + START + "comment\nx: ecalli=3 pc=0 gas=5 r01=0x2 r02=0x3\n");
        var diff = TraceDiff.of(one, other);
        assertEquals(OptionalInt.of(2), diff.position());
        assertEquals(List.of("r01=0x1"), TraceDiff.words(diff.first().get(2).text(), diff.second().get(2).text()));
        assertEquals(List.of("b"), TraceDiff.words("a", "a b"));
        assertEquals(OptionalInt.empty(), TraceDiff.of(one, one).position());
    }
}
