package io.pvmjit.stress;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.Module;
import io.pvmjit.PageAccess;
import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.program.Opcode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Repeats a cycle of work and prints what the process holds at five points from a fifth of the way on. A main program:
 * the name of a cycle, and how often.
 */
final class Leaks {
    private static final int POINTS = 5;
    private static final int PAGE = MemoryImage.PAGE_SIZE;
    private static final MemoryImage IMAGE = MemoryImage.of(List.of(
            Region.of(16, 2, PageAccess.READ, new byte[] {1, 2, 3}),
            Region.of(32, 8, PageAccess.WRITE, new byte[] {4, 5, 6}),
            Region.of(64, 4, PageAccess.WRITE, new byte[0])));

    private final SplittableRandom random = new SplittableRandom(13);
    private final byte[][] blobs = new byte[64][];

    private Leaks() {
        for (int i = 0; i < blobs.length; i++) {
            // From a few instructions to some ten thousand, most of them small.
            blobs[i] = program(1 << random.nextInt(15), i);
        }
    }

    /** What the process holds. */
    record Figures(long cycle, long residentKilobytes, long maps, long files) {
        static Figures parse(String text) {
            long[] numbers = Arrays.stream(text.split("[^0-9]+"))
                    .filter(word -> !word.isEmpty())
                    .mapToLong(Long::parseLong)
                    .toArray();
            return new Figures(numbers[0], numbers[1], numbers[2], numbers[3]);
        }

        static Figures now(long cycle) throws IOException {
            var status = Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .findFirst()
                    .orElseThrow();
            try (var maps = Files.lines(Path.of("/proc/self/maps"));
                    var files = Files.list(Path.of("/proc/self/fd"))) {
                long resident = Long.parseLong(status.replaceAll("[^0-9]", ""));
                return new Figures(cycle, resident, maps.count(), files.count());
            }
        }

        @Override
        public String toString() {
            return "cycle %d: %d KiB resident, %d maps, %d files".formatted(cycle, residentKilobytes, maps, files);
        }
    }

    static void main(String[] arguments) throws IOException {
        int cycles = Integer.parseInt(arguments[1]);
        var leaks = new Leaks();
        // A cache that is too small for the programs of "cached", so that it drops some all the time.
        long cacheBytes = arguments[0].equals("cached") ? 1 << 20 : 0;
        try (var engine = Engine.create(Setup.JIT.config().withModuleCacheBytes(cacheBytes))) {
            var cycle = leaks.cycle(arguments[0], engine);
            for (int i = 1; i <= cycles; i++) {
                cycle.run();
                if (i % (cycles / POINTS) == 0) {
                    System.gc();
                    System.out.println("FIGURES " + Figures.now(i));
                }
            }
        }
    }

    private Runnable cycle(String name, Engine engine) {
        var open = new ArrayList<AutoCloseable>();
        return switch (name) {
            case "plain" -> () -> plain(engine);
            case "faults" -> {
                var module = engine.compile(Guests.STORE);
                yield () -> faults(module);
            }
            case "growth" -> {
                var module = engine.compile(Guests.WALK);
                yield () -> growth(module);
            }
            case "sizes", "cached" -> () -> sizes(engine, open);
            case "orders" -> () -> orders(engine, open);
            case "rejections" -> () -> rejections(engine);
            case "checked" -> {
                var module = engine.compile(Guests.LOAD);
                yield () -> checked(module);
            }
            case "engines" -> Leaks::engines;
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static void expect(Exit expected, Exit exit) {
        if (!exit.equals(expected)) {
            throw new AssertionError("expected " + expected + " but was " + exit);
        }
    }

    /** Compiles, makes an instance, runs it, closes both. */
    private static void plain(Engine engine) {
        try (var module = engine.compile(Guests.ADD);
                var instance = module.instantiate(IMAGE)) {
            instance.gas(1000).register(7, 40).register(8, 2);
            expect(new Exit.Halt(), instance.run());
        }
    }

    /** Two page faults and a host call, with and without an image. */
    private void faults(Module module) {
        try (var instance = random.nextBoolean() ? module.instantiate(IMAGE) : module.instantiate()) {
            instance.gas(1000).register(7, 0x8_0ffc);
            expect(new Exit.PageFault(0x8_0000), instance.run());
            instance.memory().protect(0x80, 1, PageAccess.WRITE, true);
            expect(new Exit.PageFault(0x8_1000), instance.run());
            instance.memory().protect(0x81, 1, PageAccess.WRITE, false);
            expect(new Exit.HostCall(1), instance.run());
            expect(new Exit.Halt(), instance.run());
        }
    }

    /** A heap that grows by a page at a time, every page of which is touched. */
    private void growth(Module module) {
        int pages = 1 + random.nextInt(64);
        try (var instance = module.instantiate(IMAGE)) {
            instance.gas(1_000_000).register(7, 0x8_0000).register(8, 1).register(9, pages);
            for (int page = 0; page < pages; page++) {
                expect(new Exit.PageFault(0x8_0000 + (long) page * PAGE), instance.run());
                instance.memory().protect(0x80 + page, 1, PageAccess.WRITE, false);
            }
            expect(new Exit.Halt(), instance.run());
        }
    }

    /** Modules of many sizes, up to twenty of them open at once and closed in any order. */
    private void sizes(Engine engine, List<AutoCloseable> open) {
        var module = engine.compile(blobs[random.nextInt(blobs.length)]);
        try (var instance = module.instantiate()) {
            expect(new Exit.Panic(), instance.gas(1_000_000_000).run());
        }
        keep(open, module);
    }

    /** Modules that are closed before their instances, which are closed in any order. */
    private void orders(Engine engine, List<AutoCloseable> open) {
        var module = engine.compile(Guests.STORE);
        var instances = new ArrayList<Instance>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            instances.add(module.instantiate(IMAGE));
        }
        if (random.nextBoolean()) {
            module.close();
        } else {
            keep(open, module);
        }
        for (var instance : instances) {
            expect(new Exit.HostCall(1), instance.gas(1000).register(7, 32 * PAGE).run());
            keep(open, instance);
        }
    }

    private void keep(List<AutoCloseable> open, AutoCloseable another) {
        open.add(another);
        while (open.size() > 20 || random.nextInt(20) == 0 && !open.isEmpty()) {
            try {
                open.remove(random.nextInt(open.size())).close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Blobs that are refused, early and late. */
    private void rejections(Engine engine) {
        var blob = blobs[random.nextInt(blobs.length)].clone();
        if (random.nextBoolean()) {
            blob[random.nextInt(Math.min(blob.length, 200))] ^= (byte) (1 << random.nextInt(8));
        } else {
            blob = Arrays.copyOf(blob, random.nextInt(blob.length));
        }
        try {
            engine.compile(blob).close();
        } catch (InvalidProgramException e) {
            if (e.offset() < 0 || e.offset() > blob.length) {
                throw new AssertionError(e);
            }
        }
    }

    /** So many regions that the instance goes over to checks in software. */
    private static void checked(Module module) {
        try (var instance = module.instantiate()) {
            for (int page = 32; page < 32 + 300; page += 2) {
                instance.memory().protect(page, 1, page % 4 == 0 ? PageAccess.READ : PageAccess.WRITE, false);
            }
            if (!instance.checked()) {
                throw new AssertionError("it is not checked");
            }
            expect(new Exit.Halt(), instance.gas(1000).register(7, 32 * PAGE).run());
        }
    }

    private static void engines() {
        try (var engine = Setup.JIT.engine()) {
            plain(engine);
        }
    }

    /** Blocks of arithmetic; it ends in a trap. */
    private static byte[] program(int instructions, int seed) {
        var random = new SplittableRandom(seed);
        var builder = new ProgramBuilder();
        for (int i = 0; i < instructions; i++) {
            switch (random.nextInt(8)) {
                case 0 -> builder.append(Opcode.FALLTHROUGH);
                case 1 -> builder.append(Opcode.LOAD_IMM_64, random.nextInt(13), random.nextLong());
                case 2 -> builder.append(Opcode.DIV_S_64, random.nextInt(13), random.nextInt(13), random.nextInt(13));
                default -> builder.append(Opcode.ADD_IMM_64, random.nextInt(13), random.nextInt(13), random.nextInt());
            }
        }
        return builder.append(Opcode.TRAP).build();
    }
}
