package io.pvmjit.cli;

import static io.pvmjit.cli.Pvm.assertBadInput;
import static io.pvmjit.cli.Pvm.pvm;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What all commands have in common: what they refuse, and how they help. */
class CommandLineTest extends CommandFixture {
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
        "run FOLDER/noise | noise is assembly text, not a program",
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
        "run FOLDER/double.spi --hardening soft | unknown hardening 'soft': expected one of retpolines, "
                + "blinded-constants",
        "run FOLDER/double.spi --revision 0.9 | unknown revision '0.9': expected one of 0.8.0, 0.8.0-vectors, next",
        "run FOLDER/double.spi FOLDER/trap.bin | Unmatched argument",
        "run FOLDER/double.spi --registers r1=1 | --registers needs --raw",
        "run --raw FOLDER/trap.bin --args 00 | --args is of no use with --raw",
        "run --raw FOLDER/empty | is empty",
        "run --raw FOLDER/noise | noise is assembly text, not a program: 'pvm asm ",
        "run --raw FOLDER/jump-table-claims.bin | is no program",
        "run --raw FOLDER/code-length-claims.bin | is no program",
        "run --raw FOLDER/trap.bin --registers r13=1 | there is no register 'r13'",
        "run --raw FOLDER/trap.bin --registers a6=1 | there is no register 'a6'",
        "run --raw FOLDER/trap.bin --registers r1 | 'r1' is not of the form NAME=VALUE",
        "run --raw FOLDER/trap.bin --registers r1=1,r1=2 | 'r1' has a value already",
        "run --raw FOLDER/trap.bin --registers r1=x | --registers: r1: 'x' is not a number",
        "gas FOLDER/empty | is empty",
        "gas FOLDER | is a directory",
        "gas FOLDER/noise | noise is assembly text, not a program: 'pvm asm ",
        "gas FOLDER/bad-code.spi | its program blob, from octet 15 on, is invalid",
        "gas FOLDER/bad.json | not JSON",
        "gas FOLDER/no-program.json | program should be an array of octets, is nothing",
        "gas FOLDER/only-invalid.json | holds no valid program",
        "gas FOLDER/empty.json | holds no programs",
        "gas FOLDER/jump-table-claims.bin | is no program",
        "disasm FOLDER/noise | noise is assembly text, not a program: 'pvm asm ",
        "disasm FOLDER/gas/own.json | own.json is JSON, not a program: 'pvm vectors', 'pvm gas' and 'pvm refine' read",
        "run FOLDER/gas/own.json | own.json is JSON, not a program",
        "run FOLDER/object.o | object.o is an object file or an archive, not a program: 'pvm link ",
        "run FOLDER/source.c | source.c is C source text, not a program: 'pvm cc ",
        "asm FOLDER/object.o -o FOLDER/out | an object file or an archive, not assembly text: 'pvm link ",
        "asm FOLDER/source.c -o FOLDER/out | source.c is C source text, not assembly text: 'pvm cc ",
        "asm FOLDER/run.trace -o FOLDER/out | run.trace is a trace, not assembly text: 'pvm replay ",
        "asm FOLDER/json.pvmasm -o FOLDER/out | json.pvmasm is JSON, not assembly text",
        "run FOLDER/json.pvmasm | json.pvmasm is JSON, not assembly text",
        "run FOLDER/run.trace | run.trace is a trace, not a program: 'pvm replay ",
        "run --raw FOLDER/double.spi | double.spi is a JAM blob: it runs without --raw",
        "disasm FOLDER/mistake.pvmasm | mistake.pvmasm:2:5: ",
        "gas FOLDER/mistake.pvmasm | mistake.pvmasm:2:5: ",
        "refine FOLDER/noise | noise is assembly text, not a scenario: 'pvm asm ",
        "refine FOLDER/double.spi | double.spi is a blob, not a scenario",
        "refine FOLDER/empty | is empty",
        "cc FOLDER/run.trace -o FOLDER/out | run.trace is a trace, not C",
        "link FOLDER/noise -o FOLDER/out | noise is assembly text, not an object file",
        "link FOLDER/empty -o FOLDER/out | is empty",
        "cc FOLDER/double.spi -o FOLDER/out | double.spi is a blob, not C, assembly text for RISC-V or an object file",
        "cc FOLDER/mistake.pvmasm -o FOLDER/out | mistake.pvmasm is assembly text, not C",
        "link FOLDER/double.spi -o FOLDER/out | double.spi is a blob, not an object file: 'pvm disasm ",
        "link FOLDER/source.c -o FOLDER/out | source.c is C source text, not an object file: 'pvm cc ",
        "disasm FOLDER/truncated.spi | is no program",
        "disasm FOLDER/no-such-file | no such file",
        "asm FOLDER/mistake.pvmasm | Missing required option: '--output=OUT'",
        "asm FOLDER/mistake.pvmasm -o FOLDER/out | mistake.pvmasm:2:5: ",
        "asm FOLDER/latin1.pvmasm -o FOLDER/out | is not text in UTF-8",
        "asm FOLDER/no-such-file -o FOLDER/out | no such file",
        "asm FOLDER/double.spi -o FOLDER/out | double.spi is a blob, not assembly text: 'pvm disasm ",
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
        var source = write("trap.pvmasm", "trap\n".getBytes());
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
            assertEquals(ExitCodes.OK, result.exitCode());
            assertTrue(result.out().startsWith("Usage: " + String.join(" ", concat("pvm", command))), result.out());
            assertTrue(result.out().contains("Exit codes: 0 "), result.out());
            assertEquals("", result.err());
        }
        var version = pvm(Stream.concat(command.stream(), Stream.of("--version")).toArray());
        assertEquals(ExitCodes.OK, version.exitCode());
        assertTrue(version.out().startsWith("pvm "), version.out());
    }

    private static List<String> concat(String first, List<String> rest) {
        return Stream.concat(Stream.of(first), rest.stream()).toList();
    }

    @Test
    void examinesTheMachine() {
        var result = pvm("doctor");
        assertTrue(result.out().lines().anyMatch(line -> line.startsWith("JDK ")), result.out());
        assertTrue(result.out().lines().anyMatch(line -> line.startsWith("vm.max_map_count ")), result.out());
        boolean works = result.out().lines().anyMatch(line -> line.matches("jit +works.*"));
        assertEquals(works ? ExitCodes.OK : ExitCodes.FAILED, result.exitCode());
        assertEquals("", result.err());
    }
}
