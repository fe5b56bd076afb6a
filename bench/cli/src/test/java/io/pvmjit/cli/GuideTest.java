package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.testing.Toolchains;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example of the guide compiles, runs and prints what the guide says; so does every command. */
class GuideTest {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final List<String> DOCUMENTS = List.of("java-bindings/docs/guide.md", "java-bindings/docs/validators.md",
            "java-bindings/docs/troubleshooting.md", "bench/docs/traces.md", "README.md");
    /** A block of a language, and the text that should come of it, if there is one. */
    private static final Pattern BLOCK = Pattern.compile("```(java|sh)\n(.*?)```\n(?:\n```text\n(.*?)```)?", Pattern.DOTALL);

    @TempDir
    Path folder;

    private static String document(String name) {
        try {
            return Files.readString(ROOT.resolve(name));
        } catch (IOException e) {
            throw new AssertionError(name, e);
        }
    }

    private static List<MatchResult> blocks(String language) {
        return DOCUMENTS.stream().flatMap(name -> BLOCK.matcher(document(name)).results())
                .filter(block -> block.group(1).equals(language)).toList();
    }

    record Example(String source, String printed) {
        String name() {
            var name = Pattern.compile("(?m)^class (\\w+) ").matcher(source);
            assertTrue(name.find(), "an example is a class");
            return name.group(1);
        }

        @Override
        public String toString() {
            return name();
        }
    }

    static Stream<Example> examples() {
        // That of the README prints what stands beside it: ReadmeTest.
        return blocks("java").stream().filter(block -> !block.group(2).contains("public class Example "))
                .map(block -> new Example(block.group(2), block.group(3)));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void printsWhatTheGuideSays(Example example) throws Exception {
        var source = Files.writeString(folder.resolve(example.name() + ".java"), example.source);
        var messages = new StringWriter();
        var compiler = ToolProvider.getSystemJavaCompiler();
        boolean compiled = compiler.getTask(messages, null, null,
                List.of("-Xlint:all", "-Werror", "-d", folder.toString(), "-cp", System.getProperty("java.class.path"),
                        "-proc:none"),
                null, compiler.getStandardFileManager(null, null, null).getJavaFileObjects(source)).call();
        assertTrue(compiled, messages::toString);
        var printed = new ByteArrayOutputStream();
        var out = System.out;
        try (var loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            var main = loader.loadClass(example.name()).getDeclaredMethod("main", String[].class);
            main.setAccessible(true);
            main.invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(out);
        }
        assertNotNull(example.printed, "what it prints stands behind it");
        assertEquals(example.printed, printed.toString(StandardCharsets.UTF_8));
    }

    record Commands(List<String> lines, String printed) {}

    static Stream<Commands> commands() {
        return blocks("sh").stream().map(block -> new Commands(block.group(2).lines().toList(), block.group(3)))
                .filter(commands -> commands.lines.getFirst().startsWith("scripts/pvm "));
    }

    /** The words of a command, as a shell takes them apart. */
    private static List<String> words(String line) throws Exception {
        var process = new ProcessBuilder("sh", "-e", "-c", "words() { printf '%s\\n' \"$@\"; }; words " + line)
                .redirectErrorStream(true).start();
        var words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), words);
        return words.lines().toList();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandWorks(Commands commands) throws Exception {
        var sources = Pattern.compile("`(\\w+\\.c)`:\n\n```c\n(.*?)```", Pattern.DOTALL)
                .matcher(document("java-bindings/docs/guide.md"));
        while (sources.find()) {
            Files.writeString(folder.resolve(sources.group(1)), sources.group(2));
        }
        var output = new StringBuilder();
        for (var line : commands.lines) {
            var words = new ArrayList<>(words(line));
            assertEquals("scripts/pvm", words.removeFirst());
            if (words.getFirst().equals("cc")) {
                Toolchains.require("riscv64-unknown-elf-gcc");
            }
            words.replaceAll(word -> word.startsWith("bench/") ? ROOT.resolve(word).toString()
                    : word.matches("[\\w-]+\\.\\w+") ? folder.resolve(word).toString() : word);
            if (line.contains("other-teams.trace")) {
                Files.copy(folder.resolve("sum.trace"), folder.resolve("other-teams.trace"));
            }
            var result = Pvm.pvm(words.toArray());
            assertEquals(ExitCodes.OK, result.exitCode(), result.out() + result.err());
            output.append(result.out());
        }
        if (commands.printed != null) {
            commands.printed.lines().forEach(line -> assertTrue(output.toString().contains(line), output::toString));
        }
    }

    @Test
    void theFilesThatTheyNameExist() {
        int count = 0;
        for (var name : DOCUMENTS) {
            var links = Pattern.compile("\\]\\(([^):#]+)").matcher(document(name));
            for (; links.find(); count++) {
                var link = links.group(1);
                assertTrue(Files.exists(ROOT.resolve(name).resolveSibling(link)), () -> name + " names " + link);
            }
        }
        assertTrue(count > 8, "links are found");
    }
}
