package io.pvmjit.cli;

import static io.pvmjit.cli.Pvm.pvm;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands refine, demo and hostcalls. */
class RefineCommandsTest {
    /** Looks up its arguments as a hash, exports what it finds and answers it. */
    private static final String SERVICE = """
            .data
            buffer: .zero 16
            .code
                move_reg a1, a0
                load_imm a0, -1
                load_imm a2, buffer
                load_imm a3, 0
                load_imm a4, 16
                ecalli 7
                load_imm a0, buffer
                load_imm a1, 16
                ecalli 8
                load_imm a0, buffer
                load_imm a1, 16
                jump_ind ra
            """;

    private static final String SCENARIO = """
            {"code": "@service.pvmasm", "service": 9, "arguments": "%s", "gas": "0x186a0",
             "preimages": [{"hash": "%s", "blob": "00112233445566778899aabbccddeeff"}]}
            """;

    private static final String HASH = "ab".repeat(32);

    @TempDir
    private Path folder;

    private Path write(String name, String contents) throws IOException {
        return Files.writeString(folder.resolve(name), contents);
    }

    private Path scenario() throws IOException {
        write("service.pvmasm", SERVICE);
        return write("scenario.json", SCENARIO.formatted(HASH, HASH));
    }

    @ParameterizedTest
    @ValueSource(strings = {"jit", "interpreter", "crosscheck"})
    void demo(String backend) {
        var result = pvm("demo", "--backend", backend);
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        assertTrue(result.out().contains("result: 4193280, exported in 1 segment, as it must be"), result.out());
        assertTrue(result.out().contains("63 FAULT, 63 HALT, 63 HOST"), result.out());
        assertTrue(result.out().contains("gas used: 897775 of 100000000"), result.out());
    }

    @Test
    void demoNeedsCompile() {
        var result = pvm("demo", "--revision", "0.8.0");
        assertEquals(ExitCodes.BAD_INPUT, result.exitCode());
        assertEquals("pvm demo: revision 0.8.0 has no compile: the demo needs 'next'\n", result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"jit", "interpreter"})
    void refine(String backend) throws IOException {
        var result = pvm("refine", scenario(), "--backend", backend, "--trace");
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        var lines = result.out().lines().toList();
        assertTrue(lines.get(0).matches("pc \\d+: historical_lookup\\(0xf{16}, 0xfeff0000, 0x20000, 0, 0x10, 0\\) = 16, "
                + "gas \\d+ -> \\d+"), result.out());
        assertTrue(lines.get(1).matches("pc \\d+: export\\(0x20000, 0x10, .*\\) = OK, gas \\d+ -> \\d+"), result.out());
        assertEquals("result    16 octets: 00112233445566778899aabbccddeeff", lines.get(2));
        // 1125 + ceil(264 * 16 / 1024) for the look-up, 3521 for the export, and the one block.
        assertTrue(lines.get(3).matches("gas used  \\d+ of 100000"), result.out());
        assertEquals("exports   1 segment", lines.get(4));
    }

    @Test
    void refineAsJson() throws IOException {
        var result = pvm("refine", scenario(), "--json", "--trace");
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        var json = new ObjectMapper().readTree(result.out());
        assertEquals("00112233445566778899aabbccddeeff", json.get("output").textValue());
        assertEquals(2, json.get("calls").size());
        assertEquals("historical_lookup", json.get("calls").get(0).get("name").textValue());
        assertEquals("00112233445566778899aabbccddeeff", json.get("exports").get(0).textValue().substring(0, 32));
    }

    /** Call 9 makes modules in revision `next`, and machines of code before. */
    @ParameterizedTest
    @CsvSource({"next, compile", "0.8.0, machine", "0.8.0-vectors, machine"})
    void refineFollowsTheRevision(String revision, String name) throws IOException {
        write("nine.pvmasm", ".data\n.zero 1\n.code\necalli 9\njump_ind ra\n");
        var scenario = write("nine.json", "{\"code\": \"@nine.pvmasm\", \"revision\": \"%s\"}".formatted(revision));
        var plain = write("plain.json", "{\"code\": \"@nine.pvmasm\", \"revision\": \"next\"}");
        for (var result : List.of(pvm("refine", scenario, "--json", "--trace"),
                pvm("refine", plain, "--json", "--trace", "--revision", revision))) {
            var json = new ObjectMapper().readTree(result.out());
            assertEquals(revision, json.get("revision").textValue());
            assertEquals(name, json.get("calls").get(0).get("name").textValue());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{} | code should be a string",
        "{\"code\": \"12\"} | -",
        "{\"code\": \"1\"} | code should be octets in hexadecimal digits",
        "{\"code\": \"@none\"} | no such file",
        "{\"code\": \"@mistake.txt\"} | mistake.txt is assembly text, not service code: 'pvm asm ",
        "[] | holds 0 scenarios",
        "{\"code\": \"12\", \"gas\": -1.5} | gas should be a whole number",
        "{\"code\": \"12\", \"revision\": \"1.0\"} | unknown revision '1.0'",
        "{\"code\": \"12\", \"export-offset\": 3073} | export-offset should be a number from 0 to 3072",
        "nonsense | is assembly text, not a scenario",
        "{nonsense | not JSON",
    })
    void refineOfBadScenarios(String scenario, String problem) throws IOException {
        write("mistake.txt", "trap\n");
        var result = pvm("refine", write("bad.json", scenario));
        if (problem.equals("-")) {
            // Code that is no program is a result, not bad input.
            assertEquals(ExitCodes.OK, result.exitCode(), result.err());
            assertTrue(result.out().startsWith("result    PANIC\ngas used  0 of"), result.out());
        } else {
            assertEquals(ExitCodes.BAD_INPUT, result.exitCode(), result.err());
            assertEquals(1, result.err().lines().count(), result.err());
            assertTrue(result.err().contains(problem), result.err());
        }
    }

    @Test
    void hostcalls() throws IOException {
        var script = """
                {"name": "%s", "revision": "next", "gas": 100, "service": 1, "calls":
                  [{"number": 0, "expect": {"exit": "continue", "registers": {"7": %d}, "gas": 52}}]}
                """;
        write("right.json", script.formatted("right", 52));
        assertEquals(new Pvm.Result(ExitCodes.OK, "1 passed, 0 failed\n", ""), pvm("hostcalls", folder));
        write("wrong.json", "[" + script.formatted("wrong", 53) + "]");
        write("broken.json", "{\"name\": \"broken\"}");
        var result = pvm("hostcalls", folder);
        assertEquals(ExitCodes.FAILED, result.exitCode());
        assertEquals("""
                broken.json broken: malformed: revision should be a string, is nothing
                wrong.json wrong: jit: call 0: register 7 is 52, expected 53
                wrong.json wrong: interpreter: call 0: register 7 is 52, expected 53
                wrong.json wrong: crosscheck: call 0: register 7 is 52, expected 53
                1 passed, 2 failed
                """, result.out());
    }

    @Test
    void hostcallsWithoutScripts() {
        var result = pvm("hostcalls", folder);
        assertEquals(ExitCodes.BAD_INPUT, result.exitCode());
        assertTrue(result.err().startsWith("pvm hostcalls: nothing to run: no scripts below "), result.err());
        assertEquals(ExitCodes.BAD_INPUT, pvm("hostcalls", folder.resolve("none")).exitCode());
    }
}
