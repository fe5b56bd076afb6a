package io.pvmjit.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a report says of the machine and of the commit that it was made on. */
class EnvironmentTest {
    @ParameterizedTest
    @CsvSource({
        "AMD EPYC, amd-epyc",
        "AMD EPYC 7763 64-Core Processor, amd-epyc-7763",
        "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz, intel-xeon-e5-2680-v4",
        "12th Gen Intel(R) Core(TM) i7-1260P, 12th-gen-intel-core-i7-1260p",
        "(R), unknown"
    })
    void aProcessorsNameBecomesAPartOfAFoldersName(String cpu, String slug) {
        var environment = new Environment("2026-01-02", cpu, 1, "", "", "", "", false, "", "", "", "", List.of(), Map.of());
        assertEquals(slug, environment.cpuSlug());
    }

    @Test
    void aFolderThatIsNoRepositoryHasNoCommitAndCountsAsChanged(@TempDir Path folder) {
        var environment = Environment.observe(folder, "2026-01-02", "-O2", List.of());
        assertEquals("unknown", environment.commit());
        assertEquals(true, environment.treeDirty());
        assertFalse(environment.loadBefore().isEmpty());
        assertEquals("", environment.loadAfter());
        assertFalse(environment.finished().loadAfter().isEmpty());
    }
}
