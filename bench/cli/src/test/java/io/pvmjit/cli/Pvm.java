package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;

/** The command line as it is called from a shell, in this JVM. */
final class Pvm {
    private Pvm() {}

    /** What a command left behind: its exit code, its standard output and its standard error. */
    record Result(int exitCode, String out, String err) {}

    static Result pvm(Object... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        int exitCode = Main.execute(Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)),
                Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        return new Result(exitCode, out.toString(), err.toString());
    }

    /** The output of a command that succeeded. */
    static JsonNode json(Result result) throws IOException {
        assertEquals(ExitCodes.OK, result.exitCode, result.err);
        return new ObjectMapper().readTree(result.out);
    }

    /** One line on standard error that has this in it, nothing else. */
    static void assertBadInput(Result result, String... parts) {
        assertEquals(ExitCodes.BAD_INPUT, result.exitCode, result.err);
        assertEquals("", result.out);
        assertEquals(1, result.err.lines().count(), result.err);
        assertTrue(result.err.startsWith("pvm"), result.err);
        for (var part : parts) {
            assertTrue(result.err.contains(part), result.err);
        }
    }
}
