package io.pvmjit.asm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Revision;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Round trip of every program among the conformance vectors. */
class VectorRoundTripTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Rules RULES = Rules.of(Revision.V0_8_0);

    private static Path vectors;

    @BeforeAll
    static void find() {
        var named = System.getenv("PVM_VECTORS");
        vectors = named != null ? Path.of(named) : Path.of("../../shared/vectors");
        if (!Files.isDirectory(vectors)) {
            var problem = "NO CONFORMANCE VECTORS: " + vectors.toAbsolutePath().normalize() + " is not a folder";
            if ("true".equals(System.getenv("CI"))) {
                fail(problem);
            }
            Assumptions.abort(problem);
        }
    }

    private static List<Path> files(String folder, String ending) throws IOException {
        try (var files = Files.list(vectors.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    private static void assertRoundTrip(byte[] blob, String name) {
        assertArrayEquals(blob, Assembler.assemble(Disassembler.disassemble(blob, RULES), RULES), name);
    }

    /** Whether the blob is a program; most step tests of invalid ones say so by having no blocks. */
    private static boolean valid(byte[] blob) {
        try {
            Program.parse(blob, RULES);
            return true;
        } catch (InvalidProgramException e) {
            return false;
        }
    }

    private static byte[] octets(JsonNode array) {
        var octets = new byte[array.size()];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) array.get(i).asInt();
        }
        return octets;
    }

    @Test
    void stepTests() throws IOException {
        int count = 0;
        for (var folder : List.of("programs", "koute", "fuzz")) {
            for (var file : files(folder, ".json")) {
                var content = JSON.readTree(file.toFile());
                for (var test : content.isArray() ? content : List.of(content)) {
                    var blob = octets(test.get("program"));
                    if (valid(blob)) {
                        assertRoundTrip(blob, test.get("name").asText());
                        count++;
                    }
                }
            }
        }
        assertTrue(count > 500, "only " + count + " programs");
    }

    @Test
    void gasPrograms() throws IOException {
        int count = 0;
        for (var file : files("gas", ".json")) {
            var content = JSON.readTree(file.toFile());
            for (var test : content.isArray() ? content : List.of(content)) {
                assertRoundTrip(HexFormat.of().parseHex(test.get("program-hex").asText()), test.get("name").asText());
                count++;
            }
        }
        assertTrue(count > 2, "only " + count + " programs");
    }

    @Test
    void blobsThatAreValid() throws IOException {
        int count = 0;
        for (var file : files("deblob", ".json")) {
            for (var test : JSON.readTree(file.toFile())) {
                if (test.get("valid").asBoolean()) {
                    assertRoundTrip(HexFormat.of().parseHex(test.get("blob").asText()), test.get("name").asText());
                    count++;
                }
            }
        }
        assertTrue(count > 10, "only " + count + " blobs");
    }

    @Test
    void services() throws IOException {
        int count = 0;
        for (var file : files("services", ".spi")) {
            var blob = Files.readAllBytes(file);
            var text = Disassembler.disassembleStandard(blob);
            assertArrayEquals(blob, Assembler.assembleStandard(text), file.toString());
            count++;
        }
        assertTrue(count > 40, "only " + count + " services");
    }
}
