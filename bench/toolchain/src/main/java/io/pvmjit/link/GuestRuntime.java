package io.pvmjit.link;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The headers and sources of the guest runtime, which travel in our jar, unpacked into a folder.
 *
 * @param folder where they are: {@code include} and {@code runtime}
 */
record GuestRuntime(Path folder) {
    private static final String RESOURCE = "/io/pvmjit/guest";

    /** Unpacks the runtime. */
    static GuestRuntime unpack(Path temporary) throws LinkException {
        return unpack(GuestRuntime.class.getResource(RESOURCE), temporary);
    }

    /** @param resource the runtime's folder, in a jar or not */
    static GuestRuntime unpack(URL resource, Path temporary) throws LinkException {
        var target = temporary.resolve("guest");
        try {
            if (resource.openConnection() instanceof JarURLConnection connection) {
                // By its path: by its URI it would be one file system for all threads, closed by the first to finish.
                try (var jar = FileSystems.newFileSystem(Path.of(connection.getJarFileURL().toURI()))) {
                    copy(jar.getPath(RESOURCE), target);
                }
            } else {
                copy(Path.of(resource.toURI()), target);
            }
            return new GuestRuntime(target);
        } catch (IOException | URISyntaxException e) {
            throw new LinkException("the guest runtime cannot be unpacked: " + e);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var paths = Files.walk(from)) {
            for (var path : paths.toList()) {
                var target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
    }

    /** The folder of the headers. */
    Path include() {
        return folder.resolve("include");
    }

    /** The files to compile: C, and assembly where C cannot say it. */
    List<Path> sources() throws LinkException {
        try (var paths = Files.list(folder.resolve("runtime"))) {
            return paths.filter(path -> path.toString().matches(".*\\.[cS]")).sorted().toList();
        } catch (IOException e) {
            throw new LinkException("the guest runtime cannot be read: " + e);
        }
    }

    /**
     * What was compiled with this compiler before, whole, copied here; empty when it is not in the cache, or damaged there.
     *
     * @param cache the folder of the cache, which need not exist
     */
    Optional<Path> cached(String compiler, Path cache) {
        try {
            var key = key(compiler);
            try (var kept = Files.newDirectoryStream(cache, key + "-*.o")) {
                for (var path : kept) {
                    var octets = Files.readAllBytes(path);
                    if (path.getFileName().toString().equals(fileName(key, octets))) {
                        return Optional.of(Files.write(folder.resolveSibling("runtime.o"), octets));
                    }
                }
            }
        } catch (IOException _) {
            // It is compiled again.
        }
        return Optional.empty();
    }

    /** Keeps the compiled runtime for the next time, if that is possible: under a name that says what is in it. */
    void store(Path object, String compiler, Path cache) {
        try {
            Files.createDirectories(cache);
            var beside = Files.createTempFile(cache, "guest-", ".tmp");
            try {
                var octets = Files.readAllBytes(object);
                Files.write(beside, octets);
                Files.move(beside, cache.resolve(fileName(key(compiler), octets)), StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (IOException _) {
            // Without the cache it is compiled again.
        }
    }

    /** Where the user's cache is. */
    static Path cache() {
        var home = System.getenv("XDG_CACHE_HOME");
        var folder = home == null || home.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(home);
        return folder.resolve("pvm-jit");
    }

    private static String fileName(String key, byte[] octets) {
        return key + "-" + hex(digest().digest(octets)) + ".o";
    }

    /** What the result depends on: the compiler with its flags, and the sources. */
    private String key(String compiler) throws IOException {
        try (var paths = Files.walk(folder)) {
            var digest = digest();
            digest.update(compiler.getBytes(StandardCharsets.UTF_8));
            for (var path : paths.filter(Files::isRegularFile).sorted().toList()) {
                digest.update(folder.relativize(path).toString().getBytes(StandardCharsets.UTF_8));
                digest.update(Files.readAllBytes(path));
            }
            return "guest-" + hex(digest.digest());
        }
    }

    private static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest, 0, 16);
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
