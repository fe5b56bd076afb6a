package io.pvmjit.bench.workload;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Collects what a build depends on into one SHA-256. */
final class Hash {
    private final MessageDigest digest;

    Hash() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    Hash text(String text) {
        // The separator keeps "ab", "c" and "a", "bc" apart.
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        return this;
    }

    /** A file's name and contents, or those of every file below a folder. */
    Hash tree(Path path) throws IOException {
        try (var files = Files.walk(path)) {
            for (var file : files.filter(Files::isRegularFile).sorted().toList()) {
                text(path.relativize(file).toString());
                digest.update(Files.readAllBytes(file));
            }
        }
        return this;
    }

    String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }

    static String hex(String text) {
        return new Hash().text(text).hex();
    }
}
