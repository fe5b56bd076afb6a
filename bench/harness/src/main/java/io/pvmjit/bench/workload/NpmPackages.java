package io.pvmjit.bench.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;

/** Fetches npm packages, once each, into a folder. */
public final class NpmPackages {
    private static final String INTEGRITY = "sha512-";

    private final Path folder;
    private final Downloader downloader;

    /** Puts the archive of a package, and nothing else, into an empty folder. */
    @FunctionalInterface
    interface Downloader {
        void download(NpmPackage npmPackage, Path emptyFolder);
    }

    /** @param folder where packages are kept; made when missing */
    public NpmPackages(Path folder) {
        this(folder, (npmPackage, into) -> Tool.run(into, List.of("npm", "pack", npmPackage.toString(), "--silent")));
    }

    NpmPackages(Path folder, Downloader downloader) {
        this.folder = folder;
        this.downloader = downloader;
    }

    /**
     * The folder with the contents of a package.
     *
     * @throws SetupException when it cannot be fetched or is not what its integrity says
     */
    public synchronized Path fetch(NpmPackage wanted) {
        // Named by the integrity, too, so that a changed one is not taken for fetched.
        var target = folder.resolve(wanted.folderName() + "-" + Hash.hex(wanted.integrity()).substring(0, 8));
        if (Files.isDirectory(target)) {
            return target;
        }
        try {
            Files.createDirectories(folder);
            var temporary = Files.createTempDirectory(folder, "fetch-");
            try {
                var archive = download(wanted, Files.createDirectory(temporary.resolve("archive")));
                var contents = Files.createDirectory(temporary.resolve("contents"));
                Tool.run(contents, List.of("tar", "-xzf", archive.toString(), "--strip-components=1"));
                Files.move(contents, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                delete(temporary);
            }
        } catch (IOException e) {
            throw new SetupException("cannot keep package " + wanted + ": " + e.getMessage());
        }
        return target;
    }

    private Path download(NpmPackage wanted, Path into) throws IOException {
        downloader.download(wanted, into);
        try (var files = Files.list(into)) {
            var archive = files.findFirst()
                    .orElseThrow(() -> new SetupException("npm left no archive of package " + wanted));
            var actual = integrity(Files.readAllBytes(archive));
            if (!actual.equals(wanted.integrity())) {
                throw new SetupException("package " + wanted + " is not what it must be: its integrity is " + actual
                        + ", not " + wanted.integrity());
            }
            return archive;
        }
    }

    /** The integrity of an archive, as npm writes it. */
    static String integrity(byte[] archive) {
        try {
            return INTEGRITY + Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-512").digest(archive));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("the JDK has SHA-512", e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
