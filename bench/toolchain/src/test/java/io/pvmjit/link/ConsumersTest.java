package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs outside use the three libraries from the module path and from the class path, and nothing that is inside. */
class ConsumersTest {
    private static final ToolProvider COMPILER = ToolProvider.findFirst("javac").orElseThrow();
    private static final String DESCRIPTOR = """
            module consumer {
                requires io.pvmjit.hostcalls;
                requires io.pvmjit.link;
            }
            """;
    /** Runs {@code ecalli 7} and a halt on the JIT, with a handler; beside it are names that embedders have in sources. */
    private static final String PROGRAM = """
            package consumer;

            import io.pvmjit.*;
            import io.pvmjit.Module;
            import io.pvmjit.asm.Assembler;
            import io.pvmjit.hostcalls.*;
            import io.pvmjit.hostcalls.refine.*;
            import io.pvmjit.link.*;
            import io.pvmjit.program.*;
            import io.pvmjit.rules.*;
            import java.lang.foreign.MemorySegment;
            import java.util.BitSet;

            public class Consumer {
                public static void main(String[] arguments) {
                    byte[] blob = Assembler.assemble("ecalli 7\\njump_ind ra");
                    HostCall call = context -> context.answer(42);
                    var dispatcher = new Dispatcher(HostCallTable.builder().add(7, call).build());
                    var config = EngineConfig.defaults().withRevision(Revision.NEXT).withRules(Rules.of(Revision.NEXT));
                    try (Engine engine = Engine.create(config);
                            Account account = engine.open("a consumer");
                            Module module = engine.compile(MemorySegment.ofArray(blob), account);
                            Instance instance = module.instantiate();
                            Instance.Hold hold = instance.hold()) {
                        Turn turn = account.turn();
                        Memory memory = instance.memory();
                        Rules rules = Rules.of(engine.rules());
                        new HostCalls(engine.rules()).rules().opcodes().with(Opcode.TRAP, Opcode.TRAP.code() + 3);
                        Heap.of(engine.rules(), memory);
                        turn.serve(instance);
                        instance.gas(1000).register(0, StandardProgram.HALT_ADDRESS);
                        System.out.println(dispatcher.run(instance) + " " + instance.register(7) + " " + engine.backend()
                                + " " + Limits.MACHINES + " " + LinkOptions.defaults().getClass().getSimpleName() + " "
                                + Program.parse(blob, engine.rules()).instructionCount() + " "
                                + Program.parse(blob, rules).decode(0).opcode().code() + " "
                                + NaturalEncoding.read(Program.encode(new byte[1], new BitSet(), new long[0], 0),
                                        0, "length of the jump table").value());
                    }
                }
            }
            """;

    @TempDir
    private Path folder;

    /** The libraries and all that they need, as they are on the class path of this test. */
    private static List<String> libraries() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> !path.endsWith("test-classes"))
                .toList();
    }

    /** What modules are needed for; the rest is what tests need. */
    private static String modulePath() {
        return String.join(File.pathSeparator, libraries().stream()
                .filter(path -> path.endsWith("classes") || path.contains("pvm-jit") || path.contains("bcprov")
                        || path.contains("slf4j-api") || path.contains("jelf"))
                .toList());
    }

    private String compile(int expected, String program, String descriptor, String... options) throws IOException {
        var sources = new ArrayList<>(List.of(options));
        sources.addAll(List.of("-d", folder.resolve("classes").toString()));
        Files.createDirectories(folder.resolve("consumer"));
        sources.add(Files.writeString(folder.resolve("consumer/Consumer.java"), program).toString());
        if (descriptor != null) {
            sources.add(Files.writeString(folder.resolve("module-info.java"), descriptor).toString());
        }
        var output = new StringWriter();
        var writer = new PrintWriter(output);
        int status = COMPILER.run(writer, writer, sources.toArray(new String[0]));
        writer.flush();
        assertEquals(expected, status, output::toString);
        return output.toString();
    }

    private String run(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--illegal-native-access=deny"));
        command.addAll(List.of(arguments));
        var log = folder.resolve("output").toFile();
        var process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        return Files.readString(log.toPath());
    }

    private static void assertRan(String output) {
        assertTrue(output.contains("Halt[] 42 jit 63 LinkOptions 2 10 0"), output);
        assertFalse(output.contains("SLF4J"), output);
    }

    @Test
    void fromTheModulePath() throws Exception {
        var program = PROGRAM.replace("import io.pvmjit.*;", "import module io.pvmjit;");
        compile(0, program, DESCRIPTOR, "--module-path", modulePath());
        assertRan(run("--enable-native-access=io.pvmjit", "--module-path",
                modulePath() + File.pathSeparator + folder.resolve("classes"), "-m", "consumer/consumer.Consumer"));
    }

    @Test
    void fromTheClassPath() throws Exception {
        var path = String.join(File.pathSeparator, libraries());
        compile(0, PROGRAM, null, "-cp", path);
        assertRan(run("--enable-native-access=ALL-UNNAMED", "-cp",
                path + File.pathSeparator + folder.resolve("classes"), "consumer.Consumer"));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "io.pvmjit.ffi.PvmJit", "io.pvmjit.interpreter.InterpreterEngine", "io.pvmjit.internal.backend.BackendMachine",
        "io.pvmjit.internal.lifetime.Closing", "io.pvmjit.internal.jit.NativeEngine", "io.pvmjit.internal.front.Engines"
    })
    void whatIsInsideIsNotSeen(String name) throws Exception {
        var output = compile(1, "package consumer;\n\nclass Consumer {\n    " + name + " field;\n}\n", DESCRIPTOR,
                "--module-path", modulePath());
        assertTrue(output.contains("is not visible"), output);
    }
}
