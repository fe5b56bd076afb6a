package io.pvmjit.link;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * GCC's own programs that compute something and end with 0 (gcc.c-torture/execute), built as guests by both compilers at
 * many flags. Those that do not end so on this machine are left out. What is refused is listed by its reason. Run by
 * {@code scripts/fuzz --torture}, which gives the folder.
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
    private static final String[] OPTIONS = {"-w", "-fwrapv", "-fno-strict-aliasing", "-fpermissive"};

    private TortureSuite() {}

    /** Arguments: the folder of the programs; a regular expression for their names; N, for every N-th at each flag. */
    public static void main(String[] arguments) throws Exception {
        var folder = Files.createTempDirectory("pvm-torture-");
        var start = Files.writeString(folder.resolve("start.c"), START);
        List<Path> programs;
        try (var files = Files.list(Path.of(arguments[0]))) {
            programs = files.filter(file -> file.toString().endsWith(".c"))
                    .filter(file -> arguments.length < 2 || file.getFileName().toString().matches(arguments[1])).sorted()
                    .toList();
        }
        int share = arguments.length < 3 ? 1 : Integer.parseInt(arguments[2]);
        var sound = new ArrayList<Path>();
        for (var program : programs) {
            var binary = folder.resolve("native");
            var command = GuestBuilds.flags("gcc -O1 -funsigned-char -o", binary.toString(), program.toString(), "-lm");
            command.addAll(List.of(OPTIONS).subList(0, 3));
            if (GuestBuilds.run(folder, command) != null
                    && GuestBuilds.run(folder, List.of("timeout", "2", binary.toString())) != null) {
                sound.add(program);
            }
        }
        System.out.printf("%d programs, %d of them run here%n", programs.size(), sound.size());
        var refusals = new TreeMap<String, Integer>();
        int right = 0;
        int wrong = 0;
        try (var builds = new GuestBuilds()) {
            for (int j = 0; j < GuestBuilds.FLAGS.size(); j++) {
                var flags = GuestBuilds.FLAGS.get(j);
                for (var compiler : GuestCompiler.values()) {
                    var object = folder.resolve(compiler + ".o");
                    GuestToolchain.locate(compiler, _ -> {}).compileOne(start, List.of(), object);
                    for (int i = j % share; i < sound.size(); i += share) {
                        var program = sound.get(i);
                        var all = GuestBuilds.flags(flags, OPTIONS);
                        all.remove("-fpermissive");
                        all.addAll(List.of("-std=gnu17", "-Dmain=torture_main", "-Dexit=torture_exit", "-fno-builtin-exit"));
                        var end = builds.guest(compiler, List.of(program, object), all);
                        if (end.number() != null && end.number() == 0) {
                            right++;
                        } else if (end.number() != null || end.text().startsWith("ended with")) {
                            wrong++;
                            System.out.printf("WRONG %s, %s %s: %s %s%n", program.getFileName(), compiler, flags,
                                    end.number(), end.text());
                        } else {
                            var lines = end.text().lines().filter(line -> line.contains(": error:") || !line.contains(": In function"))
                                    .findFirst().orElse("");
                            refusals.merge(lines.replaceAll("^[^ ]*: ", ""), 1, Integer::sum);
                            System.out.printf("refused %s, %s %s: %s%n", program.getFileName(), compiler, flags, lines);
                        }
                    }
                    System.out.printf("%s %s: %d right, %d wrong%n", compiler, flags, right, wrong);
                }
            }
        }
        refusals.forEach((reason, number) -> System.out.printf("%6d %s%n", number, reason));
        System.exit(wrong == 0 ? 0 : 1);
    }
}
