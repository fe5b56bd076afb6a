package io.pvmjit.cli;

import io.pvmjit.asm.Assembler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Files for the commands: programs, vectors, and what is neither. */
abstract class CommandFixture {
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
    static final String TRAP_VECTOR = """
            {"name": "own", "program-hex": "0000010001", "block-gas-costs": [[0, 2]]}
            """;

    @TempDir
    Path folder;

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
        write("run.trace", "program 0x00\nstart pc=0 gas=1\nHALT pc=0 gas=0\n".getBytes());
        write("json.pvmasm", "{}".getBytes());
        write("object.o", "\u007fELF\0\0\0\0".getBytes());
        write("source.c", "int main(void) { return 0; }".getBytes());
        write("bad.json", "{\"name\": \"x\", ".getBytes());
        write("no-program.json", "{\"name\": \"x\"}".getBytes());
        write("only-invalid.json", "{\"name\": \"x\", \"program-hex\": \"00\"}".getBytes());
        write("empty.json", "[]".getBytes());
        write("mistake.pvmasm", "    load_imm a0, 1\n    nonsense a0\n    trap\n".getBytes());
        write("latin1.pvmasm", new byte[] {'t', 'r', 'a', 'p', ' ', ';', ' ', (byte) 0xe9});
        Files.createDirectories(folder.resolve("gas"));
        write("gas/own.json", TRAP_VECTOR.getBytes());
        Files.createDirectories(folder.resolve("nothing"));
        Files.createDirectories(folder.resolve("hollow/gas"));
        write("hollow/gas/own.json", "[]".getBytes());
    }

    final Path write(String name, byte[] contents) throws IOException {
        return Files.write(folder.resolve(name), contents);
    }

    static byte[] concat(byte[] first, byte[] second) {
        var both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
