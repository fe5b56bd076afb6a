package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pvmjit.asm.Assembler;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    /** Doubles the octets of its arguments, up to 8, and gives them back. */
    private static final String DOUBLE = """
            .heap_pages 1
            .stack 4096
            .code
                load_ind_u64 t0, [a0]
                add_64 t0, t0, t0
                store_u64 [0x20000], t0
                load_imm_64 a0, 0x20000
                jump_ind ra
            """;
    private static final String TRAP_VECTOR = """
            {"name": "own", "program-hex": "0000010001", "block-gas-costs": [[0, 2]]}
            """;

    @TempDir
    private Path folder;

    private record Result(int exitCode, String out, String err) {}

    private static Result pvm(Object... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        int exitCode = Main.execute(Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)),
                Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        return new Result(exitCode, out.toString(), err.toString());
    }

    private static JsonNode json(Result result) throws IOException {
        assertEquals(ExitCodes.OK, result.exitCode, result.err);
        return new ObjectMapper().readTree(result.out);
    }

    /** One line on standard error that has this in it, nothing else. */
    private static void assertBadInput(Result result, String... parts) {
        assertEquals(ExitCodes.BAD_INPUT, result.exitCode, result.err);
        assertEquals("", result.out);
        assertEquals(1, result.err.lines().count(), result.err);
        assertTrue(result.err.startsWith("pvm"), result.err);
        for (var part : parts) {
            assertTrue(result.err.contains(part), result.err);
        }
    }

    @BeforeEach
    void writeFiles() throws IOException {
        var jam = Assembler.assembleStandard(DOUBLE);
        write("double.spi", jam);
        write("service.bin", concat(new byte[] {4, 'm', 'e', 't', 'a'}, jam));
        write("trap.bin", new byte[] {0, 0, 1, 0, 1});
        write("empty", new byte[0]);
        write("truncated.spi", Arrays.copyOf(jam, jam.length - 1));
        write("claims.spi", HexFormat.of().parseHex("ffffffffffffffffffffff"));
        write("code-claims.spi", HexFormat.of().parseHex("0000000000000000000000ffffffff"));
        write("bad-code.spi", HexFormat.of().parseHex("0000000000000000000000050000000000010000"));
        write("jump-table-claims.bin", HexFormat.of().parseHex("ffffffffffffffffff0101"));
        write("code-length-claims.bin", HexFormat.of().parseHex("0000f0ffffff7f"));
        write("noise", "no program, but text with some length".getBytes());
        write("bad.json", "{\"name\": \"x\", ".getBytes());
        write("no-program.json", "{\"name\": \"x\"}".getBytes());
        write("only-invalid.json", "{\"name\": \"x\", \"program-hex\": \"00\"}".getBytes());
        write("empty.json", "[]".getBytes());
        write("mistake.pvm", "    load_imm a0, 1\n    nonsense a0\n    trap\n".getBytes());
        write("latin1.pvm", new byte[] {'t', 'r', 'a', 'p', ' ', ';', ' ', (byte) 0xe9});
        Files.createDirectories(folder.resolve("gas"));
        write("gas/own.json", TRAP_VECTOR.getBytes());
        Files.createDirectories(folder.resolve("nothing"));
        Files.createDirectories(folder.resolve("hollow/gas"));
        write("hollow/gas/own.json", "[]".getBytes());
    }

    private Path write(String name, byte[] contents) throws IOException {
        return Files.write(folder.resolve(name), contents);
    }

    private static byte[] concat(byte[] first, byte[] second) {
        var both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** Arguments that are no good, FOLDER standing for that of the files, and what the line must say. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', nullValues = "-", value = {
        "- | which command?",
        "fly | 'fly'",
        "--fly | '--fly'",
        "run | Missing required parameter: 'FILE'",
        "run FOLDER/no-such-file | no such file",
        "run FOLDER | is a directory, not a file",
        "run FOLDER/empty | is empty",
        "run FOLDER/noise | neither a JAM blob",
        "run FOLDER/truncated.spi | neither a JAM blob",
        "run FOLDER/claims.spi | neither a JAM blob",
        "run FOLDER/code-claims.spi | neither a JAM blob",
        "run FOLDER/trap.bin | is a bare program blob: --raw runs it",
        "run FOLDER/bad-code.spi | holds no valid program",
        "run FOLDER/double.spi --args 123 | an odd number of hexadecimal digits (3)",
        "run FOLDER/double.spi --args 12xy | 'x' is not a hexadecimal digit",
        "run FOLDER/double.spi --args @FOLDER/no-such-file | no such file",
        "run FOLDER/double.spi --args @FOLDER | is a directory",
        "run FOLDER/double.spi --args | '--args'",
        "run FOLDER/double.spi --gas -1 | --gas: '-1' is not a number from 0 to 2^64 - 1",
        "run FOLDER/double.spi --gas 18446744073709551616 | is not a number from 0 to 2^64 - 1",
        "run FOLDER/double.spi --gas 99999999999999999999999999999999999999999999999999999 | ...' is not a number",
        "run FOLDER/double.spi --gas 0x1ffffffffffffffff | is not a number",
        "run FOLDER/double.spi --gas 1e9 | is not a number",
        "run FOLDER/double.spi --entry five | --entry: 'five' is not a number",
        "run FOLDER/double.spi --backend quick | unknown backend 'quick': expected one of jit, interpreter, crosscheck",
        "run FOLDER/double.spi --revision 0.9 | unknown revision '0.9': expected one of 0.8.0, 0.8.0-vectors, next",
        "run FOLDER/double.spi FOLDER/trap.bin | Unmatched argument",
        "run FOLDER/double.spi --registers r1=1 | --registers needs --raw",
        "run --raw FOLDER/trap.bin --args 00 | --args is of no use with --raw",
        "run --raw FOLDER/empty | is empty",
        "run --raw FOLDER/noise | is no program",
        "run --raw FOLDER/jump-table-claims.bin | is no program",
        "run --raw FOLDER/code-length-claims.bin | is no program",
        "run --raw FOLDER/trap.bin --registers r13=1 | there is no register 'r13'",
        "run --raw FOLDER/trap.bin --registers a6=1 | there is no register 'a6'",
        "run --raw FOLDER/trap.bin --registers r1 | 'r1' is not of the form NAME=VALUE",
        "run --raw FOLDER/trap.bin --registers r1=1,r1=2 | 'r1' has a value already",
        "run --raw FOLDER/trap.bin --registers r1=x | --registers: r1: 'x' is not a number",
        "gas FOLDER/empty | is empty",
        "gas FOLDER | is a directory",
        "gas FOLDER/noise | is no program",
        "gas FOLDER/bad-code.spi | its program blob, from octet 15 on, is invalid",
        "gas FOLDER/bad.json | not JSON",
        "gas FOLDER/no-program.json | program should be an array of octets, is nothing",
        "gas FOLDER/only-invalid.json | holds no valid program",
        "gas FOLDER/empty.json | holds no programs",
        "gas FOLDER/jump-table-claims.bin | is no program",
        "disasm FOLDER/noise | is no program",
        "disasm FOLDER/truncated.spi | is no program",
        "disasm FOLDER/no-such-file | no such file",
        "asm FOLDER/mistake.pvm | Missing required option: '--output=OUT'",
        "asm FOLDER/mistake.pvm -o FOLDER/out | mistake.pvm:2:5: ",
        "asm FOLDER/latin1.pvm -o FOLDER/out | is not text in UTF-8",
        "asm FOLDER/no-such-file -o FOLDER/out | no such file",
        "asm FOLDER/double.spi -o FOLDER/out | double.spi",
        "vectors | Missing required parameter: 'DIR'",
        "vectors FOLDER/no-such-folder | no such directory",
        "vectors FOLDER/empty | is a file, not a directory",
        "vectors FOLDER/nothing | nothing to run: no vectors below",
        "vectors FOLDER/hollow | nothing to run: the vector files hold no cases",
        "vectors FOLDER/gas --backend some | unknown backend 'some': expected one of jit, interpreter, crosscheck, all",
        "vectors FOLDER/gas --revision last | unknown revision 'last'",
    })
    void saysWhatIsWrongInOneLine(String arguments, String line) {
        var words = arguments == null ? new Object[0] : arguments.replace("FOLDER", folder.toString()).split(" ");
        assertBadInput(pvm(words), line);
        assertFalse(Files.exists(folder.resolve("out")));
    }

    @Test
    void writesWhereItCan() throws IOException {
        var source = write("trap.pvm", "trap\n".getBytes());
        assertBadInput(pvm("asm", source, "-o", folder), "is a directory");
        assertBadInput(pvm("asm", source, "-o", folder.resolve("no/such")), "its directory does not exist");
    }

    @Test
    void limitsArguments() throws IOException {
        var arguments = write("arguments", new byte[(1 << 24) + 1]);
        assertBadInput(pvm("run", folder.resolve("double.spi"), "--args", "@" + arguments), "16777217 octets");
    }

    /** Files that never end and files of enormous size are refused, not read to the end. */
    @Test
    void limitsFiles() throws IOException {
        var sparse = folder.resolve("sparse");
        try (var file = new RandomAccessFile(sparse.toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        assertBadInput(pvm("run", sparse), "has more than");
    }

    @Test
    void showsNamesWithoutTheirControlCharacters() {
        assertBadInput(pvm("run", folder.resolve("no\u001b[31m\nsuch")), "no?[31m such");
    }

    static Stream<List<String>> commands() {
        return Stream.concat(Stream.of(List.<String>of()),
                Main.commandLine().getSubcommands().keySet().stream().map(List::of));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helps(List<String> command) {
        for (var option : List.of("--help", "-h")) {
            var result = pvm(Stream.concat(command.stream(), Stream.of(option)).toArray());
            assertEquals(ExitCodes.OK, result.exitCode);
            assertTrue(result.out.startsWith("Usage: " + String.join(" ", concat("pvm", command))), result.out);
            assertTrue(result.out.contains("Exit codes: 0 "), result.out);
            assertEquals("", result.err);
        }
        var version = pvm(Stream.concat(command.stream(), Stream.of("--version")).toArray());
        assertEquals(ExitCodes.OK, version.exitCode);
        assertTrue(version.out.startsWith("pvm "), version.out);
    }

    private static List<String> concat(String first, List<String> rest) {
        return Stream.concat(Stream.of(first), rest.stream()).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"jit", "interpreter", "crosscheck"})
    void runsAProgram(String backend) throws IOException {
        for (var file : List.of("double.spi", "service.bin")) {
            var result = json(pvm("run", folder.resolve(file), "--args", "2100000000000000", "--gas", "10000",
                    "--backend", backend, "--json"));
            assertEquals("halt", result.get("exit").textValue());
            assertEquals("output", result.get("result").textValue());
            assertEquals("4200000000000000", result.get("output").textValue());
            assertEquals(10_000, result.get("gas-used").intValue() + result.get("gas-left").intValue());
            assertEquals(0x20000, result.get("registers").get(7).intValue());
            assertEquals(13, result.get("registers").size());
            assertEquals(backend, result.get("backend").textValue());
            assertEquals("next", result.get("revision").textValue());
            assertTrue(result.get("compile-nanoseconds").longValue() > 0);
            assertTrue(result.get("run-nanoseconds").longValue() > 0);
        }
    }

    @Test
    void tellsARunInWords() throws IOException {
        var arguments = write("arguments", HexFormat.of().parseHex("2433b71000000000"));
        var result = pvm("run", folder.resolve("double.spi"), "--args", "@" + arguments);
        assertEquals(ExitCodes.OK, result.exitCode, result.err);
        assertTrue(result.out.contains("result    8 octets: 48666e2100000000"), result.out);
        assertTrue(result.out.contains("exit      halt, pc "), result.out);
        assertTrue(result.out.contains(" of 1000000000"), result.out);
        assertTrue(result.out.contains("a0=0x0000000000020000"), result.out);
        assertTrue(result.out.contains("compiled in "), result.out);
    }

    @Test
    void showsTextThatIsPrintable() throws IOException {
        var echo = write("echo.spi", Assembler.assembleStandard(".stack 4096\n.code\njump_ind ra\n"));
        assertTrue(pvm("run", echo, "--args", "48c3a921").out.contains("4 octets: 48c3a921 \"Hé!\""));
        assertTrue(pvm("run", echo, "--args", "1b5b").out.contains("2 octets: 1b5b\n"));
        assertTrue(pvm("run", echo, "--args", "0x").out.contains("0 octets\n"));
        assertEquals("Hé!", json(pvm("run", echo, "--json", "--args", "48c3a921")).get("text").textValue());
        assertTrue(pvm("run", echo, "--args", "00".repeat(5000)).out.contains("--json prints all"));
    }

    @Test
    void tellsEveryEndOfARun() throws IOException {
        var endless = write("endless.spi", Assembler.assembleStandard(".stack 4096\n.code\nagain: jump again\n"));
        var outOfGas = json(pvm("run", endless, "--gas", "0x3e8", "--json"));
        assertEquals("OOG", outOfGas.get("result").textValue());
        assertEquals("out-of-gas", outOfGas.get("exit").textValue());
        var fault = json(pvm("run", folder.resolve("double.spi"), "--json"));
        assertEquals("PANIC", fault.get("result").textValue());
        assertEquals("page-fault", fault.get("exit").textValue());
        assertEquals(0xfeff0000L, fault.get("page-fault-address").longValue());
        var nowhere = json(pvm("run", folder.resolve("double.spi"), "--entry", "18446744073709551615", "--json"));
        assertEquals("PANIC", nowhere.get("result").textValue());
        assertEquals(0, nowhere.get("gas-used").intValue());
        assertEquals(BigInteger.TWO.pow(64).subtract(BigInteger.ONE), nowhere.get("pc").bigIntegerValue());
    }

    /** The general calls are served, those of refine when asked for; others cost 1000 and answer WHAT. */
    @Test
    void servesHostCalls() throws IOException {
        var growing = write("growing.spi", Assembler.assembleStandard(
                ".code\nload_imm a0, 34\necalli 1\nload_imm a1, 0\nstore_imm_u8 [0x21fff], 1\njump_ind ra\n"));
        var grown = json(pvm("run", growing, "--json"));
        assertEquals("halt", grown.get("exit").textValue());
        assertEquals(34, grown.get("registers").get(7).intValue());
        var looking = write("looking.spi", Assembler.assembleStandard(
                ".code\nload_imm a0, 1\nload_imm_64 a1, 0xfefdf000\nload_imm a3, 0\nload_imm a4, 0\necalli 7\n"
                        + "jump_ind ra\n.stack 4096\n"));
        assertEquals(BigInteger.TWO.pow(64).subtract(BigInteger.ONE),
                json(pvm("run", looking, "--json", "--refine")).get("registers").get(7).bigIntegerValue());
        assertEquals(BigInteger.TWO.pow(64).subtract(BigInteger.TWO),
                json(pvm("run", looking, "--json")).get("registers").get(7).bigIntegerValue());
    }

    @Test
    void answersUnknownHostCalls() throws IOException {
        var calling = write("calling.spi",
                Assembler.assembleStandard(".stack 4096\n.code\necalli 10\nload_imm a1, 0\njump_ind ra\n"));
        var result = json(pvm("run", calling, "--json"));
        assertEquals(BigInteger.TWO.pow(64).subtract(BigInteger.TWO), result.get("registers").get(7).bigIntegerValue());
        assertTrue(result.get("gas-used").intValue() > 1000);
        assertEquals("OOG", json(pvm("run", calling, "--json", "--gas", "1000")).get("result").textValue());
    }

    @Test
    void runsABareProgram() throws IOException {
        var add = write("add.bin", Assembler.assemble("add_64 r12, a0, t0\njump_ind ra\n"));
        var result = json(pvm("run", "--raw", add, "--registers", "a0=-1, r2=0x10,ra=0xffff0000", "--json"));
        assertEquals("halt", result.get("exit").textValue());
        assertEquals(15, result.get("registers").get(12).intValue());
        assertEquals("panic", json(pvm("run", "--raw", add, "--json")).get("exit").textValue());
        var nowhere = json(pvm("run", "--raw", add, "--json", "--entry", "0x100000000"));
        assertEquals("panic", nowhere.get("exit").textValue());
    }

    @Test
    void pricesPrograms() throws IOException {
        var trap = json(pvm("gas", "--json", folder.resolve("trap.bin")));
        assertEquals("[{\"pc\":0,\"cost\":2}]", trap.get("block-gas-costs").toString());
        var plain = json(pvm("gas", "--json", folder.resolve("double.spi")));
        var service = json(pvm("gas", "--json", folder.resolve("service.bin")));
        assertEquals(1, plain.get("block-gas-costs").size());
        assertEquals(plain.get("block-gas-costs"), service.get("block-gas-costs"));
        assertEquals("next", plain.get("revision").textValue());
        var words = pvm("gas", folder.resolve("trap.bin"));
        assertEquals("""
                trap.bin: program blob, revision next, 1 block
                        pc       cost
                         0          2
                """, words.out);
    }

    @Test
    void pricesVectors() throws IOException {
        var one = json(pvm("gas", "--json", folder.resolve("gas/own.json")));
        assertEquals("own", one.get("name").textValue());
        assertEquals("0.8.0", one.get("revision").textValue());
        var many = write("many.json", """
                [{"name": "a", "program": [0, 0, 1, 0, 1]}, {"name": "b", "blob": "0000010000"},
                 {"name": "c", "program": "0000000000000000000000050000000000010001"},
                 {"name": "d", "program": "double.spi"}, {"name": "e", "program-file": "double.spi"},
                 {"name": "f", "program": "00"}]
                """.getBytes());
        var all = json(pvm("gas", "--json", many, "--revision", "next"));
        assertEquals("[true,false,true,true,true,false]", new ObjectMapper().valueToTree(
                all.valueStream().map(each -> each.get("valid")).toList()).toString());
        assertEquals("next", all.get(0).get("revision").textValue());
        assertTrue(pvm("gas", many).out.contains("b: vector, revision 0.8.0, invalid: "));
    }

    /** What is disassembled and assembled again is the same. */
    @ParameterizedTest
    @ValueSource(strings = {"double.spi", "trap.bin", "service.bin"})
    void turnsProgramsIntoTextAndBack(String file) throws IOException {
        var text = pvm("disasm", folder.resolve(file));
        assertEquals(ExitCodes.OK, text.exitCode, text.err);
        var source = write("source.pvm", text.out.getBytes());
        var assembled = pvm("asm", source, "-o", folder.resolve("assembled"));
        assertEquals(ExitCodes.OK, assembled.exitCode, assembled.err);
        assertEquals(1, assembled.out.lines().count(), assembled.out);
        var original = Files.readAllBytes(folder.resolve(file.equals("service.bin") ? "double.spi" : file));
        assertArrayEquals(original, Files.readAllBytes(folder.resolve("assembled")));
        boolean shown = text.out.startsWith("; metadata of 4 octets left out: meta");
        assertEquals(file.equals("service.bin"), shown, text.out);
    }

    @Test
    void runsVectors() throws IOException {
        assertEquals(new Result(ExitCodes.OK, "1 passed, 0 failed\n", ""), pvm("vectors", folder));
        write("gas/other.json", TRAP_VECTOR.replace("[0, 2]", "[0, 3]").getBytes());
        var failed = pvm("vectors", folder, "--backend", "interpreter");
        assertEquals(new Result(ExitCodes.FAILED, """
                gas/other.json own: the cost of the block at 0 is 2, expected 3
                1 passed, 1 failed
                """, ""), failed);
    }

    @Test
    void runsVectorsOnEveryBackend() {
        assertEquals("""
                jit: 1 passed, 0 failed
                interpreter: 1 passed, 0 failed
                crosscheck: 1 passed, 0 failed
                1 passed, 0 failed
                """, pvm("vectors", folder.resolve("gas"), "--backend", "all").out);
    }

    /** A cmov that has its destination written in the same block costs more when it reads it. */
    @Test
    void choosesTheRevision() throws IOException {
        var program = HexFormat.of().formatHex(Assembler.assemble("""
                mul_64 a0, a1, a2
                mul_64 a0, a0, a2
                cmov_iz a0, a1, a2
                trap
                """));
        var vector = "{\"name\": \"own\", \"program-hex\": \"%s\", \"block-gas-costs\": [[0, %d]]}";
        var costs = Stream.of("0.8.0", "next").map(revision -> {
            try {
                write("gas/own.json", vector.formatted(program, 0).getBytes());
                var cost = json(pvm("gas", "--json", folder.resolve("gas/own.json"), "--revision", revision))
                        .get("block-gas-costs").get(0).get("cost").intValue();
                write("gas/own.json", vector.formatted(program, cost).getBytes());
                assertEquals(ExitCodes.OK, pvm("vectors", folder.resolve("gas"), "--revision", revision).exitCode);
                return cost;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }).toList();
        assertTrue(costs.get(0) < costs.get(1), costs::toString);
    }

    /** The octet 0x13 is register 3 since #554, and register 12 before: every command follows the revision. */
    @ParameterizedTest
    @CsvSource({"0.8.0, 12", "0.8.0-vectors, 12", "next, 3"})
    void readsProgramsByTheRevision(String revision, int register) throws IOException {
        var blob = HexFormat.of().parseHex("000004c821130009");
        var file = write("third.bin", blob);
        for (var backend : List.of("jit", "interpreter", "crosscheck")) {
            var registers = json(pvm("run", "--raw", file, "--registers", "r1=5,r2=6", "--json", "--revision", revision,
                    "--backend", backend)).get("registers");
            assertEquals(11, registers.get(register).intValue(), backend);
            assertEquals(0, registers.get(15 - register).intValue(), backend);
        }
        assertEquals(revision, json(pvm("gas", "--json", file, "--revision", revision)).get("revision").textValue());
        var text = pvm("disasm", file, "--revision", revision);
        assertTrue(text.out.contains(": add_64 " + (register == 3 ? "t1" : "a5")), text.out);
        var again = folder.resolve("again.bin");
        var assembled = pvm("asm", write("third.pvm", text.out.getBytes()), "-o", again, "--revision", revision);
        assertEquals(ExitCodes.OK, assembled.exitCode, assembled.err);
        assertArrayEquals(blob, Files.readAllBytes(again));
        for (var command : List.of("asm", "disasm", "run", "gas", "refine")) {
            assertBadInput(pvm(command, file, "--revision", "0.9"), "unknown revision '0.9'");
        }
    }

    @Test
    void examinesTheMachine() {
        var result = pvm("doctor");
        assertTrue(result.out.lines().anyMatch(line -> line.startsWith("JDK ")), result.out);
        assertTrue(result.out.lines().anyMatch(line -> line.startsWith("vm.max_map_count ")), result.out);
        boolean works = result.out.lines().anyMatch(line -> line.matches("jit +works.*"));
        assertEquals(works ? ExitCodes.OK : ExitCodes.FAILED, result.exitCode);
        assertEquals("", result.err);
    }
}
