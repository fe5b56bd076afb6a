package io.pvmjit.cli;

import static io.pvmjit.cli.Pvm.assertBadInput;
import static io.pvmjit.cli.Pvm.pvm;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.testing.VectorFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The commands trace, replay and debug, and the option --trace of others. */
class TraceCommandsTest extends CommandFixture {
    private static final String CALLS = """
            .heap_pages 1
            .stack 4096
            .code
                load_imm a0, 0x20000
                load_imm a2, 100
                ecalli 2
                load_imm a0, 200
                ecalli 1
                store_u64 [0x30000], a0
                ecalli 0
                load_imm_64 a0, 0x20000
                load_imm a1, 8
                jump_ind ra
            """;

    private Path calls() throws IOException {
        return write("calls.pvmasm", CALLS.getBytes());
    }

    /** What is written on one backend is the same on the others, whichever command writes it, and replays on all. */
    @Test
    void tracesAreWrittenAndReplayed() throws IOException {
        var printed = pvm("trace", calls(), "--args", "0102");
        assertEquals(ExitCodes.OK, printed.exitCode(), printed.err());
        assertEquals(List.of("comment", "program", "memwrite", "start", "ecalli=2", "setreg", "setgas", "ecalli=1", "setgas",
                "ecalli=0", "setreg", "setgas", "HALT"), printed.out().lines().map(line -> line.split(" ")[0]).toList());
        var file = folder.resolve("calls.trace");
        for (var backend : List.of("jit", "interpreter", "crosscheck")) {
            assertEquals(ExitCodes.OK, pvm("run", folder.resolve("calls.pvmasm"), "--args", "0102", "--trace", file,
                    "--backend", backend).exitCode());
            assertEquals(printed.out(), Files.readString(file));
            assertEquals(ExitCodes.OK, pvm("trace", folder.resolve("calls.pvmasm"), "--args", "0102", "-o", file,
                    "--backend", backend).exitCode());
            assertEquals(printed.out(), Files.readString(file));
        }
        var replayed = pvm("replay", file, "--backend", "all");
        assertEquals(ExitCodes.OK, replayed.exitCode(), replayed.err());
        for (var backend : List.of("jit", "interpreter", "crosscheck")) {
            assertTrue(replayed.out().contains(backend + ": no difference in 3 host calls, HALT with "), replayed.out());
        }
        assertEquals(new Pvm.Result(ExitCodes.OK, "no difference in 12 records\n", ""), pvm("trace", "diff", file, file));
    }

    @Test
    void differencesAreShown() throws IOException {
        var right = write("right.trace", pvm("trace", calls()).out().getBytes());
        var wrong = write("wrong.trace", Files.readString(right).replaceFirst("(ecalli=1 .*)gas=\\d+", "$1gas=12")
                .replace("setgas", "LOG setgas").getBytes());
        var replayed = pvm("replay", wrong, "--backend", "interpreter");
        assertEquals(ExitCodes.FAILED, replayed.exitCode());
        assertTrue(replayed.out().matches("(?s)interpreter: record 2 \\(ecalli=1, line \\d+\\), pc (\\d+): gas is \\d+, "
                + "expected 12\n.*interpreter: -> +\\1  ecalli 1\n.*"), replayed.out());
        var diff = pvm("trace", "diff", right, wrong);
        assertEquals(ExitCodes.FAILED, diff.exitCode());
        assertTrue(diff.out().startsWith("first difference: record 6\n"), diff.out());
        assertTrue(diff.out().contains("\n+ ecalli=1 "), diff.out());
        assertTrue(diff.out().matches("(?s).*words that differ: gas=\\d+ in .*right.trace\n.*-> +\\d+  ecalli 1\n.*"),
                diff.out());
        assertEquals(ExitCodes.OK, pvm("replay", wrong, "--no-gas").exitCode());
        assertEquals(ExitCodes.OK, pvm("trace", "diff", right, wrong, "--no-gas").exitCode());
        var cut = write("cut.trace", Files.readString(right).replaceFirst("HALT.*\n", "").getBytes());
        assertTrue(pvm("trace", "diff", right, cut).out().contains("+ (ends here)\n"));
        assertTrue(pvm("replay", cut).out().contains("where the trace breaks off"));
    }

    /** Where a difference is far inside a record, that is what is shown. */
    @Test
    void differencesInLongRecordsAreShown() throws IOException {
        var text = pvm("trace", calls(), "--args", "00".repeat(3000)).out();
        var one = write("one.trace", text.getBytes());
        var other = write("other.trace", text.replaceFirst("(memwrite .*)00(0{2000}\n)", "$1a7$2").getBytes());
        var diff = pvm("trace", "diff", one, other);
        assertEquals(ExitCodes.FAILED, diff.exitCode());
        assertTrue(diff.out().matches("(?s).*\\n\\+ memwrite 0xfeff0000 .*\\.\\.\\.0+a70+\\.\\.\\. \\(\\d+ characters.*"),
                diff.out());
    }

    @Test
    void theRevisionIsThatOfTheTrace() throws IOException {
        var text = pvm("trace", calls(), "--revision", "0.8.0").out();
        assertTrue(text.startsWith("comment revision 0.8.0\n"), text);
        var file = write("old.trace", text.getBytes());
        assertTrue(pvm("replay", file).out().contains("revision 0.8.0"));
        assertTrue(pvm("replay", file, "--revision", "next").out().contains("revision next"));
        var strange = write("strange.trace", text.replace("0.8.0", "0.1").getBytes());
        assertBadInput(pvm("replay", strange), "unknown revision '0.1'", "--revision overrules it");
        assertEquals(ExitCodes.OK, pvm("replay", strange, "--revision", "0.8.0").exitCode());
    }

    @Test
    void barePrograms() throws IOException {
        var file = folder.resolve("bare.trace");
        assertEquals(ExitCodes.OK, pvm("run", folder.resolve("trap.bin"), "--raw", "--registers", "a0=5,a1=9", "--trace",
                file).exitCode());
        assertTrue(Files.readString(file).contains("\nPANIC=0 pc=0 "));
        assertEquals(ExitCodes.OK, pvm("replay", file, "--backend", "all").exitCode());
        assertEquals(ExitCodes.OK, pvm("trace", folder.resolve("double.spi"), "--entry", "0xffffffffff", "-o", file)
                .exitCode());
        assertEquals(ExitCodes.OK, pvm("replay", file, "--backend", "all").exitCode());
    }

    @Test
    void refinementsAreTraced() throws IOException {
        write("calls.pvmasm", CALLS.getBytes());
        var scenario = write("scenario.json", "{\"code\": \"@calls.pvmasm\", \"arguments\": \"01\"}".getBytes());
        var file = folder.resolve("refine.trace");
        var result = pvm("refine", scenario, "--trace", file);
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        assertTrue(result.out().startsWith("result "), result.out());
        assertTrue(Files.readString(file).contains("\nmemwrite 0xfeff0000 len=1 <- 0x01\nstart pc=0 "));
        assertEquals(ExitCodes.OK, pvm("replay", file, "--backend", "all").exitCode());
        // The option without a file, wherever it stands, prints the calls.
        for (var printed : List.of(pvm("refine", "--trace", scenario), pvm("refine", scenario, "--trace"))) {
            assertTrue(printed.out().startsWith("pc "), printed.err());
        }
    }

    static Stream<Path> recordedRuns() throws IOException {
        try (var files = Files.list(VectorFolder.folder().resolve("traces"))) {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList().stream();
        }
    }

    /** The recorded runs of a real service convert to the form, and replay on every backend. */
    @ParameterizedTest
    @MethodSource("recordedRuns")
    void recordedRunsReplay(Path run) throws IOException {
        var file = folder.resolve("run.trace");
        var converted = pvm("trace", "convert", run, "-o", file);
        assertEquals(ExitCodes.OK, converted.exitCode(), converted.err());
        var replayed = pvm("replay", file, "--backend", "all");
        assertEquals(ExitCodes.OK, replayed.exitCode(), replayed.out());
        assertEquals(Files.readString(file), pvm("trace", "convert", run).out());
    }

    /** Real services, with the host calls that they happen to make. */
    @Test
    void servicesReplay() throws IOException {
        var folderOfServices = VectorFolder.folder().resolve("services");
        Assumptions.assumeTrue(Files.isDirectory(folderOfServices), () -> folderOfServices + " is not there");
        var file = folder.resolve("service.trace");
        int calls = 0;
        try (var services = Files.list(folderOfServices)) {
            for (var service : services.filter(each -> each.toString().endsWith(".spi")).sorted().toList()) {
                var traced = pvm("trace", service, "--entry", "5", "--gas", "300000", "--args", "0102030405", "--revision",
                        "0.8.0", "-o", file);
                assertEquals(ExitCodes.OK, traced.exitCode(), traced.err());
                var replayed = pvm("replay", file, "--backend", "interpreter");
                assertEquals(ExitCodes.OK, replayed.exitCode(), () -> service + ": " + replayed.out());
                calls += (int) Files.readString(file).lines().filter(line -> line.startsWith("ecalli=")).count();
            }
        }
        assertTrue(calls > 50, calls + " host calls in all");
    }

    /** A disk that is full is told as such, before the run begins, in its midst and at its end. */
    @Test
    void whatCannotBeWrittenIsSaid() throws IOException {
        Assumptions.assumeTrue(Files.exists(Path.of("/dev/full")), "there is no /dev/full");
        assertBadInput(pvm("run", calls(), "--trace", "/dev/full"), "/dev/full cannot be written");
        var large = write("large.pvmasm", (".rodata\n.zero 100000\n" + CALLS).getBytes());
        assertBadInput(pvm("run", large, "--trace", "/dev/full"), "/dev/full cannot be written");
        assertBadInput(pvm("trace", large, "--steps", "-o", "/dev/full"), "/dev/full cannot be written");
        assertBadInput(pvm("explore", large, "-o", "/dev/full"), "/dev/full cannot be written");
    }

    @Test
    void stepsAreListed() throws IOException {
        var result = pvm("trace", calls(), "--steps");
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        assertTrue(result.out().matches("(?s) +0  gas \\d+ +load_imm a0, 0x20000 +a0=0x20000\n.*  host call 1 "
                + "\\(grow_heap\\)\n  served, gas \\d+\n.*  halt\n"), result.out());
        var blocks = pvm("trace", folder.resolve("calls.pvmasm"), "--steps", "--blocks").out();
        assertTrue(blocks.lines().count() < result.out().lines().count(), blocks);
        var file = folder.resolve("steps");
        assertEquals(ExitCodes.OK, pvm("trace", folder.resolve("calls.pvmasm"), "--steps", "-o", file).exitCode());
        assertEquals(result.out(), Files.readString(file));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "trace | Missing required parameter: 'FILE'",
        "trace FOLDER/noise | is assembly text, not a program",
        "trace FOLDER/double.spi --blocks | --blocks goes with --steps",
        "trace FOLDER/double.spi -o FOLDER | is a directory",
        "trace FOLDER/double.spi --steps --entry 0xffffffffff | --entry: no program",
        "run FOLDER/double.spi --trace FOLDER/no/such | its directory does not exist",
        "replay FOLDER/noise | is assembly text, not a trace, as 'pvm trace' writes it: 'pvm asm ",
        "replay FOLDER/none | no such file",
        "replay FOLDER/double.spi --backend some | unknown backend 'some'",
        "trace diff FOLDER/double.spi FOLDER/noise | double.spi is a blob, not a trace",
        "trace diff FOLDER/noise | Missing required parameter: 'B'",
        "trace convert FOLDER/gas/own.json | malformed",
        "trace convert FOLDER/empty.json | holds 0 recorded runs, not one",
        "trace convert FOLDER/noise | is assembly text, not a recorded run of the vectors",
        "debug FOLDER/bad-code.spi -x quit | holds no valid program",
        "debug FOLDER/double.spi --entry 0xffffffffff -x quit | --entry: no program",
    })
    void saysWhatIsWrongInOneLine(String arguments, String line) {
        assertBadInput(pvm((Object[]) arguments.replace("FOLDER", folder.toString()).split(" ")), line);
    }

    private static final String SESSION = "step 2; registers a0; registers a2 7; break 99; break 14; break; run; delete 14;"
            + "delete 14; s; gas; list; memory 0x20000 4; write 0x20001 0aff; mem 0x20000 4; memory 5; gas 500; fly;"
            + "step 1 2; call; pc; pc 0; help; run; run; run; run; run; quit; step";

    /** A session is the same on every backend. */
    @Test
    void programsAreDebugged() throws IOException {
        var result = pvm("debug", calls(), "--backend", "interpreter", "-x", SESSION);
        for (var backend : List.of("jit", "crosscheck")) {
            assertEquals(result, pvm("debug", calls(), "--backend", backend, "-x", SESSION));
        }
        assertEquals(ExitCodes.BAD_INPUT, result.exitCode());
        for (var part : List.of("a0 0x0000000000020000\na2 0x0000000000000007\n", "error: no instruction starts at 99\n",
                "error: there is no breakpoint at 14\n", "0x00020000  00 0a ff 00\n",
                "error: not all of these octets are readable\n", "error: unknown command 'fly'", "gas 500\n",
                "error: step takes 0 to 1 word\n", "host call 2 (fetch), made at ", "breakpoint at 14\n")) {
            assertTrue(result.out().contains(part), () -> part + " is not in " + result.out());
        }
    }

    @Test
    void aSessionThatIsObeyedIsAnswered() throws IOException {
        var result = pvm("debug", calls(), "-x", "call; call; call; call; step");
        assertEquals(ExitCodes.BAD_INPUT, result.exitCode());
        assertTrue(result.out().matches("(?s).*host call 2.*host call 1.*host call 0.*halt, made at \\d+\nended\nerror: the "
                + "program has ended.*"), result.out());
        var obeyed = pvm("debug", calls(), "-x", "call; call; call; call;; registers");
        assertEquals(ExitCodes.OK, obeyed.exitCode());
        assertTrue(obeyed.out().endsWith("a5 0x0000000000000000\n"), obeyed.out());
    }
}
