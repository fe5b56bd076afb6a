package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README does what it says: its example compiles and runs, its paths exist. */
class ReadmeTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private static String readme() throws IOException {
        return Files.readString(ROOT.resolve("README.md"));
    }

    @Test
    void theExampleRuns(@TempDir Path folder) throws Exception {
        var block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme());
        assertTrue(block.find(), "no example in Java");
        var source = Files.writeString(folder.resolve("Example.java"), block.group(1));
        var messages = new StringWriter();
        var compiler = ToolProvider.getSystemJavaCompiler();
        assertNotNull(compiler, "the tests run on a JDK");
        boolean compiled = compiler.getTask(messages, null, null,
                        List.of("-d", folder.toString(), "-cp", System.getProperty("java.class.path"), "-proc:none"), null,
                        compiler.getStandardFileManager(null, null, null).getJavaFileObjects(source))
                .call();
        assertTrue(compiled, messages::toString);

        var printed = new ByteArrayOutputStream();
        var out = System.out;
        try (var loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            loader.loadClass("Example").getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(out);
        }
        // One block of cost 101: add_64 is decoded in cycle 0, ecalli in 1; it starts in 2 and takes 100 cycles, less one.
        assertEquals("host call 7\nresult 42, gas left 899\n", printed.toString(StandardCharsets.UTF_8));
    }

    @Test
    void theFilesThatItNamesExist() throws IOException {
        var names = Pattern.compile("\\]\\(([^):]+)\\)|(bench/programs/\\S+)").matcher(readme());
        int count = 0;
        while (names.find()) {
            var name = names.group(1) != null ? names.group(1) : names.group(2);
            assertTrue(Files.exists(ROOT.resolve(name)), name + " does not exist");
            count++;
        }
        assertTrue(count > 3, "links and programs are found");
    }
}
