package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Instance;
import io.pvmjit.asm.Assembler;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The mistakes of troubleshooting.md, each made, and what is said compared with what the document says. */
class MistakesTest extends CommandFixture {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final String HERE = "MistakesTest";

    /** A row of the document. */
    record Row(String mistake, String said, String test) {
        @Override
        public String toString() {
            return mistake;
        }
    }

    static List<Row> rows() throws IOException {
        return Files.readAllLines(ROOT.resolve("java-bindings/docs/troubleshooting.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| mistake "))
                .map(line -> line.split(" *\\| *"))
                .map(cells -> new Row(cells[1], cells[2], cells[4]))
                .toList();
    }

    static Stream<Row> rowsMadeHere() throws IOException {
        return rows().stream().filter(row -> row.test.equals(HERE));
    }

    private static final List<String> ACCESS = List.of("--enable-native-access=ALL-UNNAMED");
    private static final List<String> CLASS_PATH = List.of(System.getProperty("java.class.path").split(File.pathSeparator));
    private static final String LIBRARY = "io/pvmjit/native/linux-x86_64/libpvmjit.so";
    private static final String[] ON_THE_JIT = {"run", "--raw", "trap.bin", "--backend", "jit"};

    private final Map<String, Callable<String>> mistakes = Map.ofEntries(
            Map.entry("an older JDK", this::ofANewerJdk),
            Map.entry("no JDK at all", MistakesTest::withoutJdk),
            Map.entry("no native access", () -> jvm("", List.of("--illegal-native-access=deny"), ON_THE_JIT)),
            Map.entry("not Linux on x86-64", () -> jvm("", with("-Dos.arch=aarch64"), ON_THE_JIT)),
            Map.entry("the native artifact is missing", () -> jvm(ExitCodes.BAD_INPUT, "", ACCESS,
                    CLASS_PATH.stream().filter(path -> !path.contains("jit-native")).toList(), ON_THE_JIT)),
            Map.entry("an old library beside new classes", () -> jvm("", with("-Dpvmjit.library=" + oldLibrary()),
                    ON_THE_JIT)),
            Map.entry("a damaged jar", () -> jvm(ExitCodes.BAD_INPUT, "", ACCESS,
                    Stream.concat(Stream.of(folderOfDamagedLibrary()), CLASS_PATH.stream()).toList(), ON_THE_JIT)),
            Map.entry("`-Dpvmjit.library` names something else", () -> jvm("", with("-Dpvmjit.library="
                    + Path.of(System.getProperty("java.home"), "lib", "librmi.so")), ON_THE_JIT)),
            Map.entry("a temporary folder that is not there or full", () -> jvm("", with("-Dpvmjit.tmpdir=/no/such"),
                    ON_THE_JIT)),
            Map.entry("a temporary folder mounted noexec", this::inFolderMountedNoexec),
            Map.entry("`ulimit -v`", () -> jvm("ulimit -v 3000000;", ACCESS, ON_THE_JIT)),
            Map.entry("`ulimit -v` below what the JVM wants", () -> jvm(1, "ulimit -v 1000000;", ACCESS, CLASS_PATH,
                    ON_THE_JIT)),
            Map.entry("`ulimit -f`", () -> jvm(ExitCodes.OK, "ulimit -f 1024;", ACCESS, CLASS_PATH, ON_THE_JIT)),
            Map.entry("a backend that there is not", () -> pvm("run", "double.spi", "--backend", "quick")),
            Map.entry("a revision that there is not", () -> pvm("run", "double.spi", "--revision", "0.9")),
            Map.entry("the wrong revision", () -> pvm("demo", "--revision", "0.8.0")),
            Map.entry("no such file", () -> pvm("run", "nothing.pvm")),
            Map.entry("an empty file", () -> pvm("run", "empty")),
            Map.entry("a truncated file", () -> pvm("run", "truncated.spi")),
            Map.entry("assembly text where a blob is wanted", () -> pvm("disasm", "noise")),
            Map.entry("a blob where assembly text is wanted", () -> pvm("asm", "double.spi", "-o", "out")),
            Map.entry("an object file where a program is wanted", () -> pvm("run", "object.o")),
            Map.entry("C where a program is wanted", () -> pvm("run", "source.c")),
            Map.entry("JSON where a program is wanted", () -> pvm("run", "bad.json")),
            Map.entry("a bare program where a JAM blob is wanted", () -> pvm("run", "trap.bin")),
            Map.entry("a mistake in assembly", () -> pvm("asm", "mistake.pvmasm", "-o", "out")),
            Map.entry("no compiler for C guests", () -> jvm("PVM_RISCV_PREFIX=no-such-; export PVM_RISCV_PREFIX;", List.of(),
                    "cc", "source.c", "-o", "out")),
            Map.entry("arguments that are not hexadecimal", () -> pvm("run", "double.spi", "--args", "xy")),
            Map.entry("no vectors below a folder", () -> pvm("vectors", "nothing")),
            Map.entry("a heap too small for the input", this::inASmallHeap),
            Map.entry("an account, module or instance of an engine that is closed", MistakesTest::afterClose),
            Map.entry("two threads in one instance", MistakesTest::twoThreads));

    @ParameterizedTest
    @MethodSource("rowsMadeHere")
    void isAnsweredAsTheDocumentSays(Row row) throws Exception {
        var mistake = mistakes.get(row.mistake);
        assertNotNull(mistake, "this test makes it");
        var said = mistake.call();
        var message = Pattern.compile("`([^`]+)`").matcher(row.said);
        assertTrue(message.find(), "the document says what is said");
        // FILE:LINE:COLUMN and the like stand for numbers, as dots do.
        var parts = message.group(1).replaceAll("FILE:LINE:COLUMN", "...").split("\\.\\.\\.");
        int from = 0;
        for (var part : parts) {
            int at = said.indexOf(part, from);
            assertTrue(at >= 0, () -> "'" + part + "' is not in: " + said);
            from = at + part.length();
        }
    }

    @Test
    void theDocumentHasThirtyAndTheirTests() throws IOException {
        assertTrue(rows().size() >= 30, "thirty mistakes");
        assertEquals(mistakes.keySet(), rowsMadeHere().map(Row::mistake).collect(Collectors.toSet()));
        var sources = new ArrayList<String>();
        for (var module : List.of("java-bindings", "bench/cli")) {
            try (var files = Files.walk(ROOT.resolve(module).resolve("src/test"))) {
                files.forEach(file -> sources.add(file.getFileName().toString()));
            }
        }
        for (var row : rows()) {
            assertTrue(row.test.equals("-") || sources.contains(row.test + ".java"), () -> "no test " + row.test);
        }
    }

    private String inFolder(String argument) {
        return Files.exists(folder.resolve(argument)) || argument.equals("out") ? folder.resolve(argument).toString()
                : argument;
    }

    private String pvm(String... arguments) {
        var result = Pvm.pvm(Stream.of(arguments).map(this::inFolder).toArray());
        assertEquals(ExitCodes.BAD_INPUT, result.exitCode(), result.out() + result.err());
        return result.err();
    }

    private static List<String> with(String option) {
        return Stream.concat(ACCESS.stream(), Stream.of(option)).toList();
    }

    /** In a JVM of its own, which must refuse. */
    private String jvm(String before, List<String> options, String... arguments) throws Exception {
        return jvm(ExitCodes.BAD_INPUT, before, options, CLASS_PATH, arguments);
    }

    private String jvm(int exitCode, String before, List<String> options, List<String> classPath, String... arguments)
            throws Exception {
        var words = new ArrayList<String>();
        if (options.stream().noneMatch(option -> option.startsWith("-Xmx"))) {
            words.add("-Xmx256m");
        }
        words.addAll(options);
        words.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), Main.class.getName()));
        Stream.of(arguments).map(this::inFolder).forEach(words::add);
        return java(exitCode, before, words);
    }

    private static String java(int exitCode, String before, List<String> words) throws Exception {
        var command = new ArrayList<>(List.of("sh", "-c", before + " exec \"$0\" \"$@\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        command.addAll(words);
        return output(exitCode, command);
    }

    private static String output(int exitCode, List<String> command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(exitCode, process.waitFor(), output);
        return output;
    }

    /** What an older JDK finds in our classes this one finds in a class of a version that it does not know. */
    private String ofANewerJdk() throws Exception {
        var name = Row.class.getName();
        try (var stream = getClass().getResourceAsStream("/" + name.replace('.', '/') + ".class")) {
            var newer = stream.readAllBytes();
            newer[7]++;
            Files.write(Files.createDirectories(folder.resolve("io/pvmjit/cli")).resolve("MistakesTest$Row.class"), newer);
        }
        return java(1, "", List.of("-cp", folder.toString(), name));
    }

    private static String withoutJdk() throws Exception {
        return output(ExitCodes.BAD_INPUT, List.of("sh", "-c",
                ". \"$(dirname \"$0\")/lib.sh\"; jdk_candidates() { :; }; can_install() { false; }; need_jdk",
                ROOT.resolve("scripts/pvm").toString()));
    }

    private Path oldLibrary() throws Exception {
        var source = write("old.c", "unsigned pvm_abi_version(void) { return 0; }\n".getBytes());
        var library = folder.resolve("old.so");
        output(0, List.of("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString()));
        return library;
    }

    private String folderOfDamagedLibrary() throws IOException {
        var damaged = folder.resolve("damaged");
        Files.createDirectories(damaged.resolve(LIBRARY).getParent());
        Files.write(damaged.resolve(LIBRARY), new byte[] {1, 2, 3});
        return damaged.toString();
    }

    /** One that there is, as in containers, or else one of our own where that may be mounted. */
    private String inFolderMountedNoexec() throws Exception {
        var there = Files.readAllLines(Path.of("/proc/mounts")).stream().map(line -> line.split(" "))
                .filter(fields -> fields[2].equals("tmpfs") && List.of(fields[3].split(",")).contains("noexec")
                        && Files.isWritable(Path.of(fields[1])))
                .map(fields -> fields[1]).findFirst();
        if (there.isPresent()) {
            return jvm("", with("-Dpvmjit.tmpdir=" + there.get()), ON_THE_JIT);
        }
        var own = Files.createDirectories(folder.resolve("noexec"));
        var mount = "unshare -m sh -c 'mount -t tmpfs -o noexec none " + own + " && exec \"$@\"' sh ";
        Assumptions.assumeTrue(new ProcessBuilder("sh", "-c", mount + "true").start().waitFor() == 0,
                "no folder is mounted noexec, and none may be mounted");
        return jvm("exec " + mount + "\"$0\" \"$@\";", with("-Dpvmjit.tmpdir=" + own), ON_THE_JIT);
    }

    private String inASmallHeap() throws Exception {
        write("huge", new byte[40 << 20]);
        return jvm("", List.of("-Xmx24m"), "disasm", "huge");
    }

    private static String afterClose() {
        var engine = Engine.create();
        engine.close();
        return assertThrows(IllegalStateException.class, () -> engine.compile(new byte[] {0, 0, 1, 0, 1})).getMessage();
    }

    private static void runWhenFree(Instance instance) {
        while (true) {
            try {
                instance.run();
                return;
            } catch (IllegalStateException _) {
                Thread.onSpinWait(); // The other one was inside.
            }
        }
    }

    private static String twoThreads() throws InterruptedException {
        try (var engine = Engine.create(EngineConfig.defaults());
                var module = engine.compile(Assembler.assemble("loop: jump loop\n"));
                var instance = module.instantiate()) {
            instance.gas(Long.MAX_VALUE);
            var other = Thread.ofPlatform().start(() -> runWhenFree(instance));
            try {
                while (other.isAlive()) {
                    try {
                        instance.register(0);
                    } catch (IllegalStateException e) {
                        return e.getMessage();
                    }
                }
                throw new AssertionError("the run has ended");
            } finally {
                while (other.isAlive()) {
                    instance.interrupt();
                    other.join(10);
                }
            }
        }
    }
}
