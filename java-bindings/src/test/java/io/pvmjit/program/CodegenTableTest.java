package io.pvmjit.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table of machine code in codegen.md is what the golden files say. With PVM_BLESS=1 it becomes that. */
class CodegenTableTest {
    private static final Path FOLDER = Path.of("../jit-native");
    private static final Path DOCUMENT = FOLDER.resolve("docs/codegen.md");
    /** Where there are several the first one counts. */
    private static final List<String> GOLDEN =
            List.of("jump_table", "control", "three_registers", "moves", "immediates", "accesses", "branches",
                    "fixed_registers", "compact");
    private static final String BEGIN = "<!-- This table is written by CodegenTableTest. -->\n";
    private static final Pattern INSTRUCTION = Pattern.compile(" *[0-9]+ {2}(\\w+)(?: +([0-9a-f]+))?");

    /** The machine code of an opcode: of one that does not begin a block, where there is one, without what gas takes. */
    private record Code(int octets, String assembly, boolean first) {}

    private static Map<Opcode, Code> read() throws IOException {
        var table = new EnumMap<Opcode, Code>(Opcode.class);
        for (var name : GOLDEN) {
            boolean first = false;
            var lines = Files.readAllLines(FOLDER.resolve("test/golden/" + name + ".txt"));
            for (int i = 0; i < lines.size(); i++) {
                var instruction = INSTRUCTION.matcher(lines.get(i));
                if (instruction.matches()) {
                    var assembly = new StringBuilder();
                    for (int n = i + 1; n < lines.size() && lines.get(n).startsWith(";"); n++) {
                        var text = lines.get(n).substring(1).strip().replaceAll("\\s+", " ").replace("eiz*1+", "")
                                .replaceAll("\\b(j\\w+) 0x[0-9a-f]+", "$1 ...");
                        assembly.append(assembly.isEmpty() ? "" : "; ").append(text);
                    }
                    var octets = instruction.group(2) == null ? "" : instruction.group(2);
                    var code = new Code(octets.length() / 2, assembly.toString(), first);
                    var opcode = opcode(instruction.group(1));
                    if (opcode == Opcode.JUMP_IND) {
                        // Elsewhere there is no jump table, and nothing but the panic of that.
                        table.putIfAbsent(opcode, code);
                    } else {
                        table.merge(opcode, code, (one, other) -> one.first && !other.first ? other : one);
                    }
                }
                first = lines.get(i).startsWith("block ");
            }
        }
        return table;
    }

    private static Opcode opcode(String mnemonic) {
        return List.of(Opcode.values()).stream().filter(opcode -> opcode.mnemonic().equals(mnemonic)).findFirst()
                .orElseThrow(() -> new AssertionError("no opcode " + mnemonic));
    }

    private static String table() throws IOException {
        var codes = read();
        var text = new StringBuilder("| opcode | octets | machine code |\n|---|---:|---|\n");
        for (var opcode : Opcode.values()) {
            var code = codes.get(opcode);
            assertTrue(code != null, () -> "no golden code of " + opcode);
            text.append("| `").append(opcode.mnemonic()).append("` | ").append(code.octets()).append(" | ")
                    .append(code.assembly().isEmpty() ? "" : "`" + code.assembly() + "`")
                    .append(code.first() ? " (begins a block)" : "").append(" |\n");
        }
        return text.toString();
    }

    @Test
    void theTableIsWhatTheGoldenFilesSay() throws IOException {
        var document = Files.readString(DOCUMENT);
        int begin = document.indexOf(BEGIN);
        assertTrue(begin >= 0, "the table's place");
        int end = document.indexOf("\n\n", begin);
        var blessed = document.substring(0, begin) + BEGIN + table() + (end < 0 ? "" : document.substring(end + 1));
        if ("1".equals(System.getenv("PVM_BLESS"))) {
            Files.writeString(DOCUMENT, blessed);
        }
        assertEquals(blessed, Files.readString(DOCUMENT), "PVM_BLESS=1 writes it");
    }
}
