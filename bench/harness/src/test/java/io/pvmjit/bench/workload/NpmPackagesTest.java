package io.pvmjit.bench.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packages that are fetched once, and only as they are known. */
class NpmPackagesTest {
    @TempDir
    private Path folder;

    private final AtomicInteger downloads = new AtomicInteger();
    private Path archive;
    private NpmPackages packages;

    /** An archive as npm has them: everything below a folder named package. */
    @BeforeEach
    void pack() throws IOException {
        var contents = Files.createDirectories(folder.resolve("package/src"));
        Files.writeString(contents.resolve("a.c"), "int a;\n");
        archive = folder.resolve("a-1.0.0.tgz");
        Tool.run(folder, List.of("tar", "-czf", archive.toString(), "package"));
        packages = new NpmPackages(folder.resolve("packages"), (_, into) -> {
            downloads.incrementAndGet();
            try {
                Files.copy(archive, into.resolve("a-1.0.0.tgz"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private NpmPackage wanted() throws IOException {
        return new NpmPackage("@who/a", "1.0.0", NpmPackages.integrity(Files.readAllBytes(archive)), List.of("src/a.c"));
    }

    @Test
    void aPackageIsFetchedOnce() throws IOException {
        var fetched = packages.fetch(wanted());
        assertEquals("int a;\n", Files.readString(fetched.resolve("src/a.c")));
        assertEquals(fetched, packages.fetch(wanted()));
        assertEquals(1, downloads.get());
    }

    @Test
    void anotherArchiveThanTheOneWantedIsRefusedAndNotKept() throws IOException {
        var wanted = wanted();
        Files.writeString(folder.resolve("package/src/a.c"), "int b;\n");
        Tool.run(folder, List.of("tar", "-czf", archive.toString(), "package"));
        var message = assertThrows(SetupException.class, () -> packages.fetch(wanted)).getMessage();
        assertTrue(message.startsWith("package @who/a@1.0.0 is not what it must be: its integrity is sha512-"), message);
        assertTrue(message.endsWith(", not " + wanted.integrity()), message);
        try (var kept = Files.list(folder.resolve("packages"))) {
            assertEquals(List.of(), kept.toList());
        }
    }

    /** Of the text "abc", as in FIPS 180-2. */
    @Test
    void integrityIsTheSha512InBase64() {
        assertEquals("sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==",
                NpmPackages.integrity(new byte[] {'a', 'b', 'c'}));
    }
}
