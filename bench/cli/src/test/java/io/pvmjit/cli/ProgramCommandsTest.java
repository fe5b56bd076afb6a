package io.pvmjit.cli;

import static io.pvmjit.cli.Pvm.assertBadInput;
import static io.pvmjit.cli.Pvm.json;
import static io.pvmjit.cli.Pvm.pvm;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.pvmjit.asm.Assembler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands for a program: run, gas, disasm, asm, vectors. */
class ProgramCommandsTest extends CommandFixture {
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
            assertTrue(result.get("start-nanoseconds").longValue() > 0);
            assertTrue(result.get("compile-nanoseconds").longValue() > 0);
            assertTrue(result.get("run-nanoseconds").longValue() > 0);
        }
    }

    @Test
    void hardenedCodeRunsTheSame() throws IOException {
        var hardened = json(pvm("run", folder.resolve("double.spi"), "--args", "2100000000000000", "--backend", "jit",
                "--hardening", "retpolines,blinded-constants", "--json"));
        assertEquals("4200000000000000", hardened.get("output").textValue());
    }

    @Test
    void tellsARunInWords() throws IOException {
        var arguments = write("arguments", HexFormat.of().parseHex("2433b71000000000"));
        var result = pvm("run", folder.resolve("double.spi"), "--args", "@" + arguments);
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        assertTrue(result.out().contains("result    8 octets: 48666e2100000000"), result.out());
        assertTrue(result.out().contains("exit      halt, pc "), result.out());
        assertTrue(result.out().contains(" of 1000000000"), result.out());
        assertTrue(result.out().contains("a0=0x0000000000020000"), result.out());
        assertTrue(result.out().matches("(?s).*engine started in [^,]+, compiled in [^,]+, ran in .*"), result.out());
    }

    @Test
    void showsTextThatIsPrintable() throws IOException {
        var echo = write("echo.spi", Assembler.assembleStandard(".stack 4096\n.code\njump_ind ra\n"));
        assertTrue(pvm("run", echo, "--args", "48c3a921").out().contains("4 octets: 48c3a921 \"Hé!\""));
        assertTrue(pvm("run", echo, "--args", "1b5b").out().contains("2 octets: 1b5b\n"));
        assertTrue(pvm("run", echo, "--args", "0x").out().contains("0 octets\n"));
        assertEquals("Hé!", json(pvm("run", echo, "--json", "--args", "48c3a921")).get("text").textValue());
        assertTrue(pvm("run", echo, "--args", "00".repeat(5000)).out().contains("--json prints all"));
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
                """, words.out());
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
        assertTrue(pvm("gas", many).out().contains("b: vector, revision 0.8.0, invalid: "));
    }

    /** What is disassembled and assembled again is the same. */
    @ParameterizedTest
    @ValueSource(strings = {"double.spi", "trap.bin", "service.bin"})
    void turnsProgramsIntoTextAndBack(String file) throws IOException {
        var text = pvm("disasm", folder.resolve(file));
        assertEquals(ExitCodes.OK, text.exitCode(), text.err());
        var source = write("source.pvmasm", text.out().getBytes());
        var assembled = pvm("asm", source, "-o", folder.resolve("assembled"));
        assertEquals(ExitCodes.OK, assembled.exitCode(), assembled.err());
        assertEquals(1, assembled.out().lines().count(), assembled.out());
        var original = Files.readAllBytes(folder.resolve(file.equals("service.bin") ? "double.spi" : file));
        assertArrayEquals(original, Files.readAllBytes(folder.resolve("assembled")));
        boolean shown = text.out().startsWith("; metadata of 4 octets left out: meta");
        assertEquals(file.equals("service.bin"), shown, text.out());
        // Assembly text is taken as it is.
        var again = pvm("disasm", source);
        assertEquals(text.out().lines().skip(shown ? 1 : 0).toList(), again.out().lines().toList());
        assertEquals(pvm("gas", folder.resolve("assembled")).out().lines().skip(1).toList(),
                pvm("gas", source).out().lines().skip(1).toList());
    }

    @Test
    void runsVectors() throws IOException {
        assertEquals(new Pvm.Result(ExitCodes.OK, "1 passed, 0 failed\n", ""), pvm("vectors", folder));
        write("gas/other.json", TRAP_VECTOR.replace("[0, 2]", "[0, 3]").getBytes());
        var failed = pvm("vectors", folder, "--backend", "interpreter");
        assertEquals(new Pvm.Result(ExitCodes.FAILED, """
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
                """, pvm("vectors", folder.resolve("gas"), "--backend", "all").out());
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
                assertEquals(ExitCodes.OK, pvm("vectors", folder.resolve("gas"), "--revision", revision).exitCode());
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
        assertTrue(text.out().contains(": add_64 " + (register == 3 ? "t1" : "a5")), text.out());
        var again = folder.resolve("again.bin");
        var assembled = pvm("asm", write("third.pvmasm", text.out().getBytes()), "-o", again, "--revision", revision);
        assertEquals(ExitCodes.OK, assembled.exitCode(), assembled.err());
        assertArrayEquals(blob, Files.readAllBytes(again));
        for (var command : List.of("asm", "disasm", "run", "gas", "refine")) {
            assertBadInput(pvm(command, file, "--revision", "0.9"), "unknown revision '0.9'");
        }
    }

    @Test
    void theExampleIsThereAsABlobToo() throws IOException {
        var programs = Path.of("../programs");
        var blob = folder.resolve("sum.pvm");
        assertEquals(ExitCodes.OK, pvm("asm", programs.resolve("sum.pvmasm"), "-o", blob).exitCode());
        assertArrayEquals(Files.readAllBytes(programs.resolve("sum.pvm")), Files.readAllBytes(blob));
    }
}
