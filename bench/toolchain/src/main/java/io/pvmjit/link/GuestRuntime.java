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

    /** The C files. */
    List<Path> sources() throws LinkException {
        try (var paths = Files.list(folder.resolve("runtime"))) {
            return paths.filter(path -> path.toString().endsWith(".c")).sorted().toList();
        } catch (IOException e) {
            throw new LinkException("the guest runtime cannot be read: " + e);
        }
    }

    /** Where the compiled runtime is kept from one use to the next. */
    Path cached(String compiler) throws LinkException {
        try (var paths = Files.walk(folder)) {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(compiler.getBytes(StandardCharsets.UTF_8));
            for (var path : paths.filter(Files::isRegularFile).sorted().toList()) {
                digest.update(folder.relativize(path).toString().getBytes(StandardCharsets.UTF_8));
                digest.update(Files.readAllBytes(path));
            }
            var home = System.getenv("XDG_CACHE_HOME");
            var cache = home == null || home.isEmpty()
                    ? Path.of(System.getProperty("user.home"), ".cache")
                    : Path.of(home);
            return cache.resolve("pvm-jit").resolve("guest-" + HexFormat.of().formatHex(digest.digest(), 0, 16) + ".o");
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new LinkException("the guest runtime cannot be read: " + e);
        }
    }

    /** Keeps the compiled runtime for the next time, if that is possible. */
    static void store(Path object, Path cached) {
        try {
            Files.createDirectories(cached.getParent());
            var beside = Files.createTempFile(cached.getParent(), "guest-", ".o");
            Files.copy(object, beside, StandardCopyOption.REPLACE_EXISTING);
            Files.move(beside, cached, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException _) {
            // Without the cache it is compiled again.
        }
    }
}
