package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.InvocationResult;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.link.GuestToolchain;
import io.pvmjit.link.LinkOptions;
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
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README does what it says: its example compiles and runs, its paths exist. */
class ReadmeTest {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

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

    /** The guest is the file that the commands name, and counts the primes below a million. */
    @Test
    void theGuestRuns() throws Exception {
        var block = Pattern.compile("`(bench/programs/\\w+\\.c)`:\n\n```c\n(.*?)```", Pattern.DOTALL).matcher(readme());
        assertTrue(block.find(), "no guest in C");
        var source = ROOT.resolve(block.group(1));
        assertEquals(Files.readString(source), block.group(2));
        Toolchains.require("riscv64-unknown-elf-gcc");
        var guest = GuestToolchain.locate().build(List.of(source), List.of("-Wall", "-Wextra", "-Werror"),
                LinkOptions.defaults());
        var program = StandardProgram.parse(guest.jamBlob());
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(Backend.CROSSCHECK))) {
            var calls = new HostCalls(engine.rules()).isAuthorized(
                    new InMemoryEnvironment(0, Map.of(), Map.of(), 0), Heap.of(engine.rules(), program));
            var arguments = HexFormat.of().parseHex("40420f0000000000");
            var result = new ArgumentInvocation(0, 1_000_000_000, arguments, calls).run(engine, guest.jamBlob());
            assertEquals("a232010000000000",
                    HexFormat.of().formatHex(assertInstanceOf(InvocationResult.Output.class, result).output()));
        }
    }

    @Test
    void theFilesThatItNamesExist() throws IOException {
        var names = Pattern.compile("\\]\\(([^):#]+)(?:#([^)]+))?\\)|(bench/programs/[\\w.]+)").matcher(readme());
        int count = 0;
        while (names.find()) {
            var name = names.group(1) != null ? names.group(1) : names.group(3);
            assertTrue(Files.exists(ROOT.resolve(name)), name + " does not exist");
            if (names.group(2) != null) {
                var heading = "(?mi)^#+ " + names.group(2).replace('-', ' ') + "$";
                assertTrue(Pattern.compile(heading).matcher(Files.readString(ROOT.resolve(name))).find(),
                        () -> "no heading in " + name + " as " + heading);
            }
            count++;
        }
        assertTrue(count > 3, "links and programs are found");
    }
}
