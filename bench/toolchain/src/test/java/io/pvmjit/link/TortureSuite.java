package io.pvmjit.link;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * GCC's own programs that compute something and end with 0 (gcc.c-torture/execute), built as guests by both compilers at
 * many flags. Those that do not end so on this machine by the same compiler are left out, and those that print. What is
 * refused is listed by its reason. Run by {@code scripts/fuzz --torture}, which gives the folder.
 */
final class TortureSuite {
    private static final String START = """
            #include <pvm.h>
            #include <setjmp.h>
            #include <stdlib.h>
            int torture_main();
            static jmp_buf end;
            static volatile uint64_t status;
            void torture_exit(int code) {
                status = (unsigned)code;
                longjmp(end, 1);
            }
            pvm_octets refine(const uint8_t *arguments, uint64_t length) {
                if (setjmp(end) == 0) {
                    status = torture_main();
                }
                return (pvm_octets){(const void *)&status, 8};
            }
            int (printf)(const char *format, ...) { return 1; }
            int (puts)(const char *text) { return 1; }
            int (putchar)(int character) { return character; }
            """;
    private static final List<String> OPTIONS = List.of("-w", "-fwrapv", "-fno-strict-aliasing", "-Wno-implicit-int",
            "-Wno-implicit-function-declaration", "-Wno-int-conversion", "-Wno-incompatible-pointer-types");

    private final Path folder;
    private final Path start;
    /** Whether programs end with 0 on this machine, by compiler and name. */
    private final Map<String, Boolean> sound = new HashMap<>();
    private final Map<String, Integer> refusals = new TreeMap<>();
    private int right;
    private int wrong;

    private TortureSuite() throws IOException {
        folder = Files.createTempDirectory("pvm-torture-");
        start = Files.writeString(folder.resolve("start.c"), START);
    }

    /** Arguments: the folder of the programs; N, for every N-th at each flag. */
    public static void main(String[] arguments) throws Exception {
        int share = Integer.parseInt(arguments[1]);
        var suite = new TortureSuite();
        var programs = programs(Path.of(arguments[0]));
        System.out.printf("%d programs%n", programs.size());
        try (var builds = new GuestBuilds()) {
            for (int i = 0; i < GuestBuilds.FLAGS.size(); i++) {
                for (var compiler : GuestCompiler.values()) {
                    suite.build(builds, compiler, GuestBuilds.FLAGS.get(i), programs, i % share, share);
                }
            }
        }
        suite.refusals.forEach((reason, number) -> System.out.printf("%6d refused: %s%n", number, reason));
        System.exit(suite.wrong == 0 ? 0 : 1);
    }

    private static List<Path> programs(Path from) throws IOException {
        var programs = new ArrayList<Path>();
        try (var files = Files.list(from)) {
            for (var program : files.filter(file -> file.toString().endsWith(".c")).sorted().toList()) {
                var text = Files.readString(program, StandardCharsets.ISO_8859_1);
                // Where main ends without a value, that is 0 for a function of this name only.
                boolean ends = text.substring(Math.max(0, text.lastIndexOf("main"))).matches("(?s).*\\b(return|exit)\\b.*");
                // A test of what becomes of calls of the mathematical library needs one.
                boolean asksItsName = text.contains("\"main\"");
                if (ends && !asksItsName && !text.contains("<stdio.h>") && !text.contains("c99_runtime")) {
                    programs.add(program);
                }
            }
        }
        return programs;
    }

    /** Whether a program ends with 0 on this machine, by the same compiler: they differ in what extensions mean. */
    private boolean isSound(GuestCompiler compiler, Path program) throws IOException, InterruptedException {
        var known = sound.get(compiler + " " + program);
        if (known != null) {
            return known;
        }
        var binary = folder.resolve("native");
        var command = GuestBuilds.flags("-O1 -std=gnu17 -funsigned-char -o", binary.toString(), program.toString(), "-lm");
        command.addFirst(compiler == GuestCompiler.GCC ? "gcc" : compiler.command());
        command.addAll(OPTIONS);
        boolean ends = GuestBuilds.run(folder, command) != null
                && GuestBuilds.run(folder, List.of("timeout", "2", binary.toString())) != null;
        sound.put(compiler + " " + program, ends);
        return ends;
    }

    private void build(GuestBuilds builds, GuestCompiler compiler, String flags, List<Path> programs, int first, int share)
            throws LinkException, IOException, InterruptedException {
        var object = folder.resolve(compiler + ".o");
        GuestToolchain.locate(compiler, _ -> {}).compileOne(start, List.of(), object);
        for (int i = first; i < programs.size(); i += share) {
            if (!isSound(compiler, programs.get(i))) {
                continue;
            }
            var all = GuestBuilds.flags(flags, "-std=gnu17", "-Dmain=torture_main", "-Dexit=torture_exit",
                    "-fno-builtin-exit");
            all.addAll(OPTIONS);
            var end = builds.guest(compiler, List.of(programs.get(i), object), all);
            var what = programs.get(i).getFileName() + ", " + compiler + " " + flags + ": ";
            if (end.isRefused()) {
                var reason = end.text().lines().filter(line -> !line.contains(": In function")).findFirst().orElse("");
                refusals.merge(reason.replaceAll("^[^ ]*: ", ""), 1, Integer::sum);
                System.out.println("refused " + what + reason);
            } else if (end.number() != null && end.number() == 0) {
                right++;
            } else {
                wrong++;
                System.out.println("WRONG " + what + (end.number() == null ? end.text() : end.number()));
            }
        }
        System.out.printf("%s %s: %d right so far, %d wrong%n", compiler, flags, right, wrong);
    }
}
