package io.pvmjit.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Revision;
import io.pvmjit.asm.Assembler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The runner finds every kind of difference: vectors of our own pass, and fail with one thing changed. */
class VectorRunnerTest {
    /**
     * {@code load_ind_u8 a0, [a1 + 16]; ecalli 5; jump_ind ra; trap}, with a fault at first and a page for it later.
     * The first block costs 101.
     */
    private static final String STEPS = """
            {"name": "own", "initial-pc": 0, "initial-gas": 18446744073709551615, "note": "ignored",
             "program": [0, 0, 8, 124, 135, 16, 10, 5, 50, 0, 0, 169],
             "steps": [
              {"set-reg": {"reg": 8, "value": 131072}},
              {"set-reg": {"reg": 0, "value": 4294901760}},
              {"run": {}},
              {"assert": {"status": "page-fault", "page-fault-address": 131072, "gas": 18446744073709551514, "pc": 0,
                "regs": [4294901760, 0, 0, 0, 0, 0, 0, 0, 131072, 0, 0, 0, 0], "memory": []}},
              {"map": {"address": 131072, "length": 4096, "is-writable": false}},
              {"write": {"address": 131088, "contents": [200, 0, 7]}},
              {"run": {}},
              {"assert": {"status": "ecalli", "hostcall": 5, "gas": 18446744073709551514, "pc": 3,
                "regs": [4294901760, 0, 0, 0, 0, 0, 0, 200, 131072, 0, 0, 0, 0],
                "memory": [{"address": 131088, "contents": [200]}, {"address": 131090, "contents": [7]}]}},
              {"run": {}},
              {"assert": {"status": "halt", "gas": 18446744073709551514, "pc": 5,
                "regs": [4294901760, 0, 0, 0, 0, 0, 0, 200, 131072, 0, 0, 0, 0],
                "memory": [{"address": 131088, "contents": [200, 0, 7]}]}}],
             "block-gas-costs": [{"pc": 0, "cost": 101}, {"pc": 7, "cost": 2}]}
            """;

    @TempDir
    private Path folder;

    private record Result(int passed, int failed, List<String> lines) {}

    /** Runs the vectors in a file of its own. */
    private Result run(String kind, String json) throws IOException {
        var file = Files.createDirectories(folder.resolve(kind)).resolve("own.json");
        Files.writeString(file, json);
        return run();
    }

    private Result run() {
        var lines = new ArrayList<String>();
        var report = new VectorReport("", lines::add);
        try (var engine = Engine.create(
                EngineConfig.defaults().withBackend(Backend.INTERPRETER).withRevision(Revision.V0_8_0))) {
            new VectorRunner(engine, report).run(VectorFiles.find(List.of(folder)).files());
        }
        return new Result(report.passedCount(), report.failedCount(), lines);
    }

    private void assertPasses(String kind, String json) throws IOException {
        assertEquals(new Result(1, 0, List.of()), run(kind, json));
    }

    /** Makes a change to a vector that passes and expects it to fail with a line that has this in it. */
    private void assertFails(String kind, String json, String from, String to, String line) throws IOException {
        int at = json.lastIndexOf(from);
        assertNotEquals(-1, at, "nothing to change");
        var result = run(kind, json.substring(0, at) + to + json.substring(at + from.length()));
        assertEquals(1, result.failed);
        assertEquals(0, result.passed);
        assertTrue(result.lines.stream().anyMatch(each -> each.contains(line)), result.lines::toString);
        assertTrue(result.lines.getFirst().startsWith(kind + "/own.json"), result.lines::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"programs", "koute", "fuzz"})
    void runsStepTests(String kind) throws IOException {
        assertPasses(kind, STEPS);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "'status': 'halt' | 'status': 'panic' | own: step 9 (assert): status is halt, expected panic",
        "'hostcall': 5 | 'hostcall': 6 | hostcall is 5, expected 6",
        "'page-fault-address': 131072 | 'page-fault-address': 135168 | page-fault-address is 131072",
        "51514, 'pc': 5 | 51513, 'pc': 5 | gas is 18446744073709551514, expected 18446744073709551513",
        "'pc': 5 | 'pc': 7 | pc is 5, expected 7",
        "200, 131072, 0 | 201, 131072, 0 | register 7 is 200, expected 201",
        "[200, 0, 7]}]}} | [200, 0, 8]}]}} | RAM from 131090 on holds 07",
        "[200, 0, 7]}]}} | [200]}]}} | RAM from 131090 on holds 07",
        "'address': 131088, 'contents': [200, 0, 7]}]} | 'address': 1310880, 'contents': [1]}]} | does not map",
        "'cost': 101 | 'cost': 100 | the cost of the block at 0 is 101, expected 100",
        ", {'pc': 7, 'cost': 2} | | a block at 7 that costs 2, expected none",
        "{'pc': 7, 'cost': 2} | {'pc': 7, 'cost': 2}, {'pc': 8, 'cost': 2} | no block at 8",
        "{'run': {}} | {'jump': {}} | unknown step 'jump'",
        "{'run': {}} | {'run': {}, 'map': {}} | should have one key",
        "'status': 'halt' | 'status': 'stop' | unknown status 'stop'",
        "'reg': 8 | 'reg': 13 | steps[0].set-reg.reg should be a number from 0 to 12, is 13",
        "'is-writable': false | 'is-writable': 0 | should be true or false, is 0",
        "'length': 4096 | 'length': 4095 | no pages that can be mapped",
        "'length': 4096 | 'length': 4294967296 | no pages that can be mapped",
        "{'address': 131072, 'len | {'address': 0, 'len | no pages that can be mapped",
        "'address': 131088, 'contents': [200, 0, 7]}}, | 'address': 5, 'contents': [1]}}, | not mapped",
        "[0, 0, 8, | [0, 256, 8, | program[1] should be an octet, is 256",
        "'initial-gas': 18446744073709551615 | 'initial-gas': 18446744073709551616 | from -2^63 to 2^64 - 1",
        "'initial-gas': 18446744073709551615 | 'initial-gas': -1 | a number from 0 to 2^64 - 1",
        "'initial-gas': 18446744073709551615 | 'initial-gas': '1' | initial-gas should be a whole number",
        "'initial-gas': 18446744073709551615 | 'initial-gas': 1.5 | initial-gas should be a whole number",
        "'initial-gas': 18446744073709551615, | | initial-gas should be a whole number, is nothing",
        "0, 0, 0], 'memory': [] | 0, 0], 'memory': [] | regs should be an array of 13",
        "'steps': | 'stages': | steps should be an array, is nothing",
    })
    void findsDifferencesOfStepTests(String from, String to, String line) throws IOException {
        assertFails("programs", STEPS, quoted(from), to == null ? "" : quoted(to), line);
    }

    private static String quoted(String text) {
        return text.replace('\'', '"');
    }

    /** A program that is not valid panics where it should start and charges nothing; so does a start in the nowhere. */
    @Test
    void panicsWhereNothingRuns() throws IOException {
        var vector = """
                {"name": "own", "initial-pc": %s, "initial-gas": 77, "program": [0, 0, 2, 100, 0, %d],
                 "steps": [{"map": {"address": 65536, "length": 8192, "is-writable": true}}, {"run": {}},
                  {"assert": {"status": "panic", "gas": 77, "pc": %s, "memory": [],
                   "regs": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}}], "block-gas-costs": %s}
                """;
        assertPasses("koute", vector.formatted("0", 1, "0", "[]"));
        assertPasses("koute", vector.formatted("9", 1, "9", "[]"));
        var block = "[{\"pc\": 0, \"cost\": 1}]}";
        assertFails("koute", vector.formatted("0", 1, "0", "[]"), "[]}", block, "no block at 0");
        var trap = vector.replace("2, 100, 0, %d", "1, 0, %d");
        var blocks = "[{\"pc\": 0, \"cost\": 2}]";
        assertPasses("koute", trap.formatted("1", 1, "1", blocks));
        assertPasses("koute", trap.formatted("18446744073709551615", 1, "18446744073709551615", blocks));
        assertFails("koute", trap.formatted("1", 1, "1", blocks), "77, \"pc\"", "75, \"pc\"", "gas is 77, expected 75");
    }

    @Test
    void runsGasVectors() throws IOException {
        var vector = """
                {"name": "own", "program-hex": "000008%s", "focus": [], "block-gas-costs": [[0, 101], [7, 2]]}
                """.formatted("7c87100a05320000a9");
        assertPasses("gas", vector);
        assertFails("gas", vector, "[0, 101]", "[0, 102]", "the cost of the block at 0 is 101, expected 102");
        assertFails("gas", vector, ", [7, 2]", "", "a block at 7");
        assertFails("gas", vector, "[7, 2]", "[7, 2], [9, 9]", "no block at 9");
        assertFails("gas", vector, "[7, 2]", "[7, 2], [7, 2]", "two blocks at 7");
        assertFails("gas", vector, "a9\"", "a8\"", "rejected");
        assertFails("gas", vector, "a9\"", "a\"", "hexadecimal");
        assertFails("gas", vector, "[7, 2]", "[7]", "an array of 2");
    }

    @Test
    void runsBlobVectors() throws IOException {
        var valid = """
                {"name": "own", "blob": "0000087c87100a05320000a9", "note": "", "valid": true,
                 "valid-pcs": [0, 3, 5, 7], "block-starts": [0, 7]}
                """;
        assertPasses("deblob", valid);
        assertPasses("deblob", valid.replace("[0, 3, 5, 7]", "null"));
        assertFails("deblob", valid, "[0, 3, 5, 7]", "[0, 7]", "the set of valid pcs is [0, 3, 5, 7], expected [0, 7]");
        assertFails("deblob", valid, "[0, 3, 5, 7]", "[0, 3, 5, 7, 8]", "the set of valid pcs");
        assertFails("deblob", valid, "[0, 7]", "[0]", "the set of block starts is [0, 7], expected [0]");
        assertFails("deblob", valid, "true", "false", "accepted, expected to be invalid");
        var invalid = valid.replace("a9\"", "a8\"").replace("true", "false");
        assertPasses("deblob", invalid);
        assertFails("deblob", invalid, "false", "true", "rejected, expected to be valid");
    }

    @Test
    void runsInitialisationVectors() throws IOException {
        var zeroPage = "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7";
        var vector = """
                {"name": "own", "program": "0000000000000000010000050000000000010001", "args": "", "valid": true,
                 "regs": [4294901760, 4278059008, 0, 0, 0, 0, 0, 4278124544, 0, 0, 0, 0, 0],
                 "segments": [{"first-page": 1044447, "pages": 1, "access": "W", "sha256": "%s"}], "code-length": 5,
                 "code-sha256": "7c39e3eeb7c7fbb873679a799c4be74e869d0a5ca720bd5ce82b22b9bb93135a"}
                """.formatted(zeroPage);
        assertPasses("spi", vector);
        assertFails("spi", vector, "4278124544, 0", "4278124544, 1", "register 8 is 0, expected 1");
        assertFails("spi", vector, "\"pages\": 1", "\"pages\": 2", "the list of segments is [1044447+1W]");
        assertFails("spi", vector, "\"W\"", "\"R\"", "the list of segments");
        assertFails("spi", vector, "ad7f", "ad7e", "sha256 of segment 0");
        assertFails("spi", vector, "5a\"", "5b\"", "code-sha256");
        assertFails("spi", vector, "\"code-length\": 5", "\"code-length\": 6", "code-length is 5");
        assertFails("spi", vector, "true", "false", "valid is true, expected false");
        assertFails("spi", vector, "010001\"", "0100\"", "rejected, expected to be valid");
        assertPasses("spi", vector.replace("010001\"", "0100\"").replace("true", "false"));
        assertFails("spi", vector, "\"program\": \"0000000000000000010000050000000000010001\"",
                "\"program-file\": \"nowhere.spi\"", "nowhere.spi: no such file");
    }

    private void writeProgram(String kind, String assembly) throws IOException {
        Files.write(Files.createDirectories(folder.resolve(kind)).resolve("own.spi"),
                Assembler.assembleStandard(".heap_pages 1\n.stack 4096\n.code\n" + assembly));
    }

    /** A vector with placeholders, filled with what the program really does, as the message of a failure tells it. */
    private String filled(String kind, String vector, String placeholder, String what) throws IOException {
        var line = run(kind, vector).lines.stream().filter(each -> each.contains(what + " is ")).findFirst()
                .orElseThrow();
        var actual = line.substring(line.indexOf(what + " is ") + what.length() + 4, line.indexOf(", expected"));
        return vector.replace(placeholder, actual);
    }

    @Test
    void runsWholePrograms() throws IOException {
        writeProgram("runs", """
                ecalli 200
                store_ind_u32 [a1 + 0x20000], a0
                load_imm_64 a0, 0x20000
                load_imm a1, 3
                jump_ind ra
                """);
        var vector = """
                {"name": "own", "program": "own.spi", "entry-pc": 0, "args": "", "gas": 5000, "host-calls": "what",
                 "expect": {"status": "halt", "pc": 25, "gas": 1111, "memory_sha256": "2222", "output": "feffff",
                  "regs": [4294901760, 4278059008, 0, 0, 0, 0, 0, 131072, 3, 0, 0, 0, 0]}, "calls": [[200, 0, 3333]]}
                """;
        vector = filled("runs", vector, "1111", "gas");
        vector = filled("runs", vector, "2222", "memory_sha256");
        int gas = Integer.parseInt(vector.replaceAll("(?s).*\"pc\": [0-9]+, \"gas\": ([0-9]+).*", "$1"));
        vector = vector.replace("3333", String.valueOf(gas + 1000));
        int pc = Integer.parseInt(run("runs", vector).lines.stream().filter(line -> line.contains("pc is "))
                .map(line -> line.replaceAll(".*pc is ([0-9]+).*", "$1")).findFirst().orElse("25"));
        vector = vector.replace("\"pc\": 25", "\"pc\": " + pc);
        assertPasses("runs", vector);
        assertFails("runs", vector, "feffff", "feff", "output is 'feffff', expected 'feff'");
        assertFails("runs", vector, "feffff", "", "output is 'feffff', expected ''");
        assertFails("runs", vector, "[[200", "[[201", "call 0 is [200, 0, " + (gas + 1000) + "], expected [201");
        assertFails("runs", vector, "]]", "], [200, 0, 1]]", "call 1 is missing");
        assertFails("runs", vector, "[[200, 0, " + (gas + 1000) + "]]", "[]", "expected none");
        assertFails("runs", vector, "\"gas\": " + gas, "\"gas\": 12", "gas is " + gas + ", expected 12");
        assertFails("runs", vector, "131072, 3", "131072, 4", "register 8 is 3, expected 4");
        assertFails("runs", vector, "\"what\"", "\"none\"", "status is host-call, expected halt");
        assertFails("runs", vector, "\"what\"", "\"some\"", "host-calls should be");
        assertFails("runs", vector, "own.spi", "other.spi", "no such file");
        // A call that cannot be paid: however the counter is written.
        int firstBlock = 5000 - gas - 1000;
        var unpaid = vector.replace("5000", String.valueOf(firstBlock + 999)).replace("halt", "out-of-gas")
                .replace("\"pc\": " + pc, "\"pc\": 0").replace("131072, 3", "4278124544, 0")
                .replace(String.valueOf(gas + 1000), "999");
        unpaid = unpaid.replaceAll("\"memory_sha256\": \"[0-9a-f]+\"", "\"memory_sha256\": \"2222\"");
        unpaid = filled("runs", unpaid, "2222", "memory_sha256");
        for (var left : List.of("0", "999", "-1")) {
            assertPasses("runs", unpaid.replaceFirst("\"gas\": " + gas, "\"gas\": " + left));
        }
        assertFails("runs", unpaid, "\"gas\": " + gas, "\"gas\": 998", "gas is 0, expected 998");
    }

    @Test
    void replaysTraces() throws IOException {
        writeProgram("traces", """
                store_imm_u8 [0x20000], 65
                ecalli -105
                load_u8 a2, [0x20001]
                trap
                """);
        var vector = """
                {"name": "own", "program": "own.spi", "args": "", "instructions": 4,
                 "start": {"pc": 0, "gas": 1000, "regs": [9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]},
                 "calls": [{"id": -105, "pc": 6, "gas": 1111, "regs": [9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                  "reads": [[131072, "4100"]], "writes": [[131073, "42"]], "setregs": {"7": 18446744073709551615},
                  "setgas": 500}],
                 "end": {"status": "panic", "pc": 13, "gas": 500, "memory_sha256": "2222",
                  "regs": [9, 0, 0, 0, 0, 0, 0, 18446744073709551615, 0, 66, 0, 0, 0]}}
                """;
        vector = filled("traces", vector, "1111", "gas");
        vector = filled("traces", vector, "2222", "memory_sha256");
        assertPasses("traces", vector);
        assertFails("traces", vector, "-105", "-104", "call 0: id is 18446744073709551511");
        assertFails("traces", vector, "\"pc\": 6", "\"pc\": 7", "call 0: pc is 6, expected 7");
        assertFails("traces", vector, "4100", "4101", "RAM at 131072 is '4100', expected '4101'");
        assertFails("traces", vector, "131072, \"41", "1310720, \"41", "not readable");
        assertFails("traces", vector, "131073", "4278190080", "not writable");
        assertFails("traces", vector, "\"42\"", "\"43\"", "end: register 9 is 67, expected 66");
        assertFails("traces", vector, "\"setgas\": 500", "\"setgas\": 501", "end: gas is 501, expected 500");
        assertFails("traces", vector, "{\"7\"", "{\"13\"", "there is no register '13'");
        assertFails("traces", vector, "\"panic\"", "\"halt\"", "end: status is panic, expected halt");
        // The recorded host may have ended the run at a call.
        var stopped = vector.replace("\"setgas\": 500", "\"oog\": true").replace("panic", "out-of-gas")
                .replace("\"pc\": 13, \"gas\": 500", "\"pc\": 6, \"gas\": 0").replace("0, 66", "0, 0");
        assertPasses("traces", stopped);
        assertFails("traces", stopped, "\"gas\": 0", "\"gas\": 5", "end: gas is");
    }

    /** Whatever is in a file: cases that fail, with a line that tells why. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "{ | not JSON",
        "{} {} | not JSON",
        "[1, 2 | not JSON",
        "nonsense | not JSON",
        "\"\" | malformed: empty",
        "5 | malformed: the case should be an object, is 5",
        "[null] | malformed: the case should be an object, is null",
        "[[]] | malformed: the case should be an object, is []",
        "{} | name should be a string, is nothing",
        "{'name': 7} | name should be a string, is 7",
        "{'name': 'x'} | is nothing",
    })
    void reportsMalformedFiles(String json, String line) throws IOException {
        for (var kind : VectorKind.values()) {
            var result = run(kind.folder(), quoted(json));
            assertEquals(0, result.passed, kind.folder());
            assertTrue(result.lines.stream().anyMatch(each -> each.contains(line)), result.lines::toString);
        }
    }

    @Test
    void survivesDeepNesting() throws IOException {
        var result = run("programs", "[".repeat(100_000));
        assertEquals(1, result.failed);
        assertTrue(result.lines.getFirst().contains("not JSON"), result.lines::toString);
    }

    @Test
    void reportsFilesThatAreNoText() throws IOException {
        Files.write(Files.createDirectories(folder.resolve("gas")).resolve("own.json"), new byte[] {(byte) 0xff, 0, 1});
        assertEquals(1, run().failed);
    }

    @Test
    void countsTheCasesOfAnArray() throws IOException {
        var trap = "{\"name\": \"own\", \"program-hex\": \"0000010001\", \"block-gas-costs\": [[0, %d]]}";
        var result = run("gas", "[" + trap.formatted(2) + "," + trap.formatted(3) + ", 7, " + trap.formatted(2) + "]");
        assertEquals(2, result.passed);
        assertEquals(2, result.failed);
    }

    /** Folders of kinds are found wherever they are, each file once, and the nearest name counts. */
    @Test
    void findsFolders() throws IOException {
        for (var place : List.of("spi/a/gas/1.json", "programs/2.json", "x/y/fuzz/z/3.json", "manifest.json",
                "services/4.json", "programs/5.txt", "hostcalls/gas/6.json")) {
            var file = folder.resolve(place);
            Files.createDirectories(file.getParent());
            Files.writeString(file, "[]");
        }
        var found = VectorFiles.find(List.of(folder, folder.resolve("x"), folder.resolve("programs"), folder));
        assertEquals(List.of("programs/2.json", "gas/1.json", "fuzz/3.json"),
                found.files().stream().map(file -> file.kind().folder() + "/" + file.path().getFileName()).toList());
        assertEquals(List.of(folder.resolve("hostcalls").toAbsolutePath()), found.leftOut());
    }

    /** Names above the folder that is asked for mean nothing. */
    @Test
    void looksDownOnly() throws IOException {
        var below = Files.createDirectories(folder.resolve("gas").resolve("below"));
        Files.writeString(below.resolve("1.json"), "[]", StandardCharsets.UTF_8);
        assertEquals(List.of(), VectorFiles.find(List.of(below)).files());
    }
}
