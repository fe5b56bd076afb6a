package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guest's runtime as it travels in the jar. */
class GuestRuntimeTest {
    private static final int THREADS = 4;
    private static final int TIMES = 100;

    @TempDir
    private Path folder;

    @Test
    void manyThreadsUnpackOneJar() throws Exception {
        var expected = GuestRuntime.unpack(Files.createDirectory(folder.resolve("expected"))).sources().stream()
                .map(Path::getFileName).toList();
        var resource = jar();
        Callable<Boolean> unpacker = () -> {
            for (int i = 0; i < TIMES; i++) {
                var runtime = GuestRuntime.unpack(resource, Files.createTempDirectory(folder, "unpacked-"));
                assertEquals(expected, runtime.sources().stream().map(Path::getFileName).toList());
            }
            return true;
        };
        try (var executor = Executors.newFixedThreadPool(THREADS)) {
            for (var done : executor.invokeAll(IntStream.range(0, THREADS).mapToObj(_ -> unpacker).toList())) {
                assertEquals(true, done.get());
            }
        }
    }

    /** A power loss leaves files empty or cut; they are nothing, and are replaced. */
    @Test
    void damagedFilesOfTheCacheAreNotUsed() throws Exception {
        var cache = folder.resolve("cache/pvm-jit");
        var runtime = GuestRuntime.unpack(Files.createDirectory(folder.resolve("unpacked")));
        var object = Files.writeString(folder.resolve("object.o"), "what the compiler made");
        assertTrue(runtime.cached("compiler", cache).isEmpty());
        for (var damage : List.of("", "what the com", "what the compiler mada", "what the compiler made.")) {
            runtime.store(object, "compiler", cache);
            assertEquals("what the compiler made", Files.readString(runtime.cached("compiler", cache).orElseThrow()));
            assertTrue(runtime.cached("another compiler", cache).isEmpty());
            try (var files = Files.list(cache)) {
                var kept = files.toList();
                assertEquals(1, kept.size(), "one file, and nothing half written");
                Files.writeString(kept.getFirst(), damage);
            }
            assertTrue(runtime.cached("compiler", cache).isEmpty(), damage);
        }
    }

    /** The runtime in a jar of its own. */
    private URL jar() throws Exception {
        var file = folder.resolve("a folder with spaces.jar");
        var root = Path.of(GuestRuntime.class.getResource("/io/pvmjit/guest").toURI());
        try (var paths = Files.walk(root); var jar = new JarOutputStream(Files.newOutputStream(file))) {
            for (var path : paths.toList()) {
                var name = "io/pvmjit/guest/" + root.relativize(path);
                if (Files.isDirectory(path)) {
                    jar.putNextEntry(new JarEntry(name.endsWith("/") ? name : name + "/"));
                } else {
                    jar.putNextEntry(new JarEntry(name));
                    Files.copy(path, jar);
                }
            }
        }
        return URI.create("jar:" + file.toUri() + "!/io/pvmjit/guest").toURL();
    }
}
