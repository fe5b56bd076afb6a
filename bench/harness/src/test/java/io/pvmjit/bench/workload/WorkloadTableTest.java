package io.pvmjit.bench.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of workloads: what is read from it, and what is refused. */
class WorkloadTableTest {
    private static final String ROW = """
            {"name": "a", "description": "d", "sources": ["a.c"], "flags": ["-DX"], "parameter": 20, "small": 2,
             "targets": ["pvm", "native"], "stack": 4096, "packages": []}""";

    @TempDir
    private Path folder;

    private WorkloadTable read(String json) throws IOException {
        Files.writeString(folder.resolve("a.c"), "");
        Files.writeString(folder.resolve("workloads.json"), json);
        return WorkloadTable.read(folder);
    }

    @Test
    void theTreesOwnTableIsConsistent() {
        var names = WorkloadTable.read(Path.of("../workloads")).all().stream().map(Workload::name).toList();
        assertTrue(names.containsAll(List.of("fib", "sieve", "sha256", "hostcall", "nested", "large")), names::toString);
    }

    @Test
    void aRowIsRead() throws IOException {
        var row = read("[" + ROW + "]").all().getFirst();
        assertEquals(new Workload("a", "d", Kind.COMPUTATION, List.of("a.c"), List.of("-DX"), 20, 2,
                Set.of(Target.PVM, Target.NATIVE), 4096, List.of(), List.of()), row);
    }

    @Test
    void workloadsAreSelectedByName() throws IOException {
        var table = read("[" + ROW + "," + ROW.replace("\"a\"", "\"b\"") + "]");
        assertEquals(List.of("b"), table.select(List.of("b")).stream().map(Workload::name).toList());
        assertEquals("there is no workload 'c': expected a, b",
                assertThrows(SetupException.class, () -> table.select(List.of("c"))).getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '\0', value = {
        "\"a.c\"; \"b.c\"; workload a: its source b.c is not there",
        "[\"a.c\"]; []; workload a: it has no sources",
        "\"a\"; \"A/b\"; workload A/b: its name is not of the form [a-z0-9][a-z0-9_-]*",
        "4096; 16777216; workload a: a stack of 16777216 octets",
        "[\"pvm\", \"native\"]; []; workload a: it has no targets",
        "\"packages\": []; \"packages\": [{\"npm\": \"x\", \"version\": \"1\", \"integrity\": \"sha1-0\"}]; "
                + "workload a: package x@1 needs npm, version and an integrity of sha512",
        "\"stack\"; \"inner\": [\"i.c\"], \"stack\"; workload a: its inner source i.c is not there"
    })
    void whatIsInconsistentIsRefused(String part, String instead, String message) {
        var json = "[" + ROW.replace(part, instead) + "]";
        assertEquals(message, assertThrows(SetupException.class, () -> read(json)).getMessage());
    }

    @Test
    void twoOfANameAreRefused() {
        assertEquals("workload a: there are two of that name",
                assertThrows(SetupException.class, () -> read("[" + ROW + "," + ROW + "]")).getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '\0', value = {
        "\"flags\"; \"flag\"; Unrecognized field \"flag\"", "\"pvm\"; \"jvm\"; Cannot deserialize", "20; null; Cannot map"
    })
    void whatIsNoTableIsRefusedInOneLine(String part, String instead, String message) {
        var json = "[" + ROW.replace(part, instead) + "]";
        var actual = assertThrows(SetupException.class, () -> read(json)).getMessage();
        assertTrue(actual.contains("workloads.json: " + message), actual);
        assertEquals(1, actual.lines().count());
    }

    @Test
    void aMissingTableIsRefused() {
        assertTrue(assertThrows(SetupException.class, () -> WorkloadTable.read(folder)).getMessage()
                .startsWith("cannot read "));
    }
}
