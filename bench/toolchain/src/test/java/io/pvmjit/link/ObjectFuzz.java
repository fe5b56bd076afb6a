package io.pvmjit.link;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Damages object files, so many times, and links them: that ends well or with a message, soon. Run by {@code scripts/fuzz
 * --objects}, which gives the number, the seed, and the folder of the sources that the objects are made of. The last line is
 * "done" and the number.
 */
final class ObjectFuzz {
    private static final int SECONDS = 20;

    /** What is being linked since when. */
    private record Running(String what, long since) {}

    private ObjectFuzz() {}

    /** Arguments: number of files, seed, folder of sources. */
    public static void main(String[] arguments) throws Exception {
        long count = Long.parseLong(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        var folder = Files.createTempDirectory("pvm-object-fuzz-");
        var mutations = new ArrayList<ObjectMutations>();
        for (var object : objects(Path.of(arguments[2]), folder)) {
            mutations.add(new ObjectMutations(Files.readAllBytes(object), seed + mutations.size()));
        }
        System.out.printf("%d damaged files of %d objects, seed %d%n", count, mutations.size(), seed);
        var running = new AtomicReference<>(new Running("nothing", System.nanoTime()));
        Thread.ofPlatform().daemon().start(() -> watch(running));
        long linked = 0;
        for (long i = 0; i < count; i++) {
            var octets = mutations.get((int) (i % mutations.size())).next();
            var file = Files.write(folder.resolve("damaged.o"), octets);
            running.set(new Running("file " + i, System.nanoTime()));
            try {
                Linker.link(file, LinkOptions.defaults());
                linked++;
            } catch (LinkException e) {
                if (e.getMessage().isBlank()) {
                    fail(i, folder, octets, e);
                }
            } catch (RuntimeException | Error e) {
                fail(i, folder, octets, e);
            }
        }
        System.out.printf("no fault; %d were linked all the same%ndone %d%n", linked, count);
    }

    private static List<Path> objects(Path sources, Path folder) throws Exception {
        var objects = new ArrayList<Path>();
        for (var compiler : GuestCompiler.values()) {
            try {
                var toolchain = GuestToolchain.locate(compiler, _ -> {});
                for (var name : List.of("relocations.S", "text.S", "labels.c")) {
                    var object = folder.resolve(compiler + name + ".o");
                    toolchain.compileOne(sources.resolve(name), List.of("-mrelax", "-g0", "-w"), object);
                    objects.add(object);
                }
            } catch (LinkException e) {
                System.out.println(e.getMessage());
            }
        }
        return objects;
    }

    private static void fail(long number, Path folder, byte[] octets, Throwable fault) throws Exception {
        var kept = Files.write(folder.resolve("fault.o"), octets);
        System.out.println("file " + number + ", kept as " + kept + ":");
        fault.printStackTrace(System.out);
        System.exit(1);
    }

    private static void watch(AtomicReference<Running> running) {
        while (true) {
            var now = running.get();
            if (System.nanoTime() - now.since > SECONDS * 1_000_000_000L) {
                System.out.println(now.what + " has been linking for " + SECONDS + " seconds");
                System.exit(1);
            }
            try {
                Thread.sleep(1000);
            } catch (InterruptedException _) {
                return;
            }
        }
    }
}
