package io.pvmjit.link;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/**
 * Random C programs (csmith), built as guests by both compilers at flags that differ from program to program: the
 * checksum of their variables is what this machine's compiler comes to. Run by {@code scripts/fuzz --guests}, which gives
 * the number and the seed.
 */
final class CsmithFuzz {
    private static final List<String> HEADERS = List.of("-w", "-Wno-incompatible-pointer-types", "-I/usr/include/csmith");
    private static final Pattern CHECKSUM = Pattern.compile("checksum = ([0-9A-F]+)");
    /** Of each program by each compiler, so that many programs are seen at each flag. */
    private static final int BUILDS = 2;
    /** Without floating-point numbers: those programs convert what does not fit, which means nothing in C. */
    private static final List<String> SIZES = List.of("--max-funcs 3 --max-block-depth 2", "--max-funcs 6",
            "--max-funcs 4 --max-struct-fields 12 --no-packed-struct", "--max-funcs 2 --max-array-dim 2 --inline-function");
    /** What functions in the headers of csmith need, called or not. */
    private static final String MATH = """
            double fabs(double value);
            float fabsf(float value);
            double ldexp(double value, int exponent);
            """;
    private static final String REFINE = """

            #ifdef __PVM__
            #undef main
            #include <pvm.h>
            static uint64_t checksum;
            pvm_octets refine(const uint8_t *arguments, uint64_t length) {
                random_main();
                checksum = crc32_context ^ 0xffffffff;
                return (pvm_octets){&checksum, 8};
            }
            #endif
            """;

    private CsmithFuzz() {}

    /** Arguments: number of programs, seed. */
    public static void main(String[] arguments) throws Exception {
        long count = Long.parseLong(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        var random = new SplittableRandom(seed);
        var folder = Files.createTempDirectory("pvm-guest-fuzz-");
        var source = folder.resolve("random.c");
        var headers = Files.createDirectory(folder.resolve("include"));
        Files.writeString(headers.resolve("math.h"), MATH);
        System.out.printf("%d random C programs, seed %d, in %s%n", count, seed, folder);
        int compared = 0;
        int wrong = 0;
        try (var builds = new GuestBuilds()) {
            for (long i = 0; i < count; i++) {
                if (i % 20 == 19) {
                    System.out.printf("%d programs, %d builds compared, %d wrong%n", i, compared, wrong);
                }
                int size = random.nextInt(SIZES.size());
                var command = GuestBuilds.flags(SIZES.get(size), "--no-argc", "--seed",
                        Integer.toString(random.nextInt(1, Integer.MAX_VALUE)), "--output", source.toString());
                command.addFirst("csmith");
                if (GuestBuilds.run(folder, command) == null) {
                    continue;
                }
                Files.writeString(source, Files.readString(source) + REFINE);
                var expected = expected(folder, source);
                if (expected == null) {
                    // It takes too long.
                    continue;
                }
                for (var compiler : GuestCompiler.values()) {
                    for (int build = 0; build < BUILDS; build++) {
                        var flags = GuestBuilds.FLAGS.get(random.nextInt(GuestBuilds.FLAGS.size()));
                        var all = GuestBuilds.flags(flags, "-Dmain=random_main", "-ffp-contract=off", "-I" + headers);
                        all.addAll(HEADERS);
                        var end = builds.guest(compiler, List.of(source), all);
                        compared++;
                        if (!expected.equals(end.number())) {
                            wrong++;
                            var kept = Files.copy(source, folder.resolve("wrong-" + i + ".c"),
                                    StandardCopyOption.REPLACE_EXISTING);
                            System.out.printf("%s, %s %s: %x, expected %x %s%n", kept, compiler, flags, end.number(),
                                    expected, end.text().lines().findFirst().orElse(""));
                        }
                    }
                }
            }
        }
        System.out.printf("%d builds compared, %d wrong%n", compared, wrong);
        System.exit(wrong == 0 ? 0 : 1);
    }

    private static Long expected(Path folder, Path source) throws Exception {
        var program = folder.resolve("native");
        var command = GuestBuilds.flags("gcc -O1 -fwrapv -funsigned-char -ffp-contract=off -o", program.toString(),
                source.toString());
        command.addAll(HEADERS);
        if (GuestBuilds.run(folder, command) == null) {
            return null;
        }
        var output = GuestBuilds.run(folder, List.of("timeout", "0.2", program.toString()));
        var checksum = CHECKSUM.matcher(output == null ? "" : output);
        return checksum.find() ? Long.parseLong(checksum.group(1), 16) : null;
    }
}
