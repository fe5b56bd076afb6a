package io.pvmjit.link;

import io.pvmjit.Engine;
import io.pvmjit.PageAccess;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCall.Outcome;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InvocationResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Programs of others as guests: built by both compilers at many flags, run, and compared with what this machine's
 * compiler makes of them. Used by the long runs of {@code scripts/fuzz}, without the tests' libraries.
 */
final class GuestBuilds implements AutoCloseable {
    /** Of both compilers: levels of optimization, and what changes how addresses are made. */
    static final List<String> FLAGS = List.of("-O2", "-O0", "-O3", "-Os", "-O2 -flto", "-O1",
            "-O2 -fPIC -mcmodel=medany -mrelax", "-O3 -flto -funroll-loops", "-O1 -msave-restore -fcommon");

    private static final long GAS = 1L << 34;
    private static final int PAGE = 4096;
    private static final int SECONDS = 10;

    /**
     * How a program ended.
     *
     * @param number its result; null when there is none
     * @param text how it ended without, or why it was not built
     */
    record End(Long number, String text, boolean isRefused) {}

    private final Engine engine = Engine.create();
    private final HostCallTable calls = HostCallTable.builder().add(1, context -> {
        long end = context.register(7);
        while (!context.memory().writable((end - 1) * PAGE, 1)) {
            end--;
        }
        long wished = context.register(7);
        return wished == 0 || context.memory().protect(end, wished - end, PageAccess.WRITE, true)
                ? Outcome.CONTINUE : Outcome.PANIC;
    }).build();

    @Override
    public void close() {
        engine.close();
    }

    /** The number that a guest's result is. */
    End guest(GuestCompiler compiler, List<Path> sources, List<String> flags) throws LinkException {
        LinkedProgram program;
        try {
            program = GuestToolchain.locate(compiler, _ -> {}).build(sources, flags,
                    LinkOptions.defaults().withStackSize(8 << 20));
        } catch (LinkException e) {
            return new End(null, e.getMessage(), true);
        }
        var result = new ArgumentInvocation(0, GAS, new byte[0], calls).run(engine, program.jamBlob());
        return result instanceof InvocationResult.Output(byte[] output, _)
                ? new End(ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN).getLong(), "", false)
                : new End(null, "ended with " + result, false);
    }

    /** Runs a command; what it says, or null when it fails or takes long. */
    static String run(Path folder, List<String> command) throws IOException, InterruptedException {
        var output = folder.resolve("output").toFile();
        var process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(output).start();
        process.getOutputStream().close();
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            return null;
        }
        return process.exitValue() == 0 ? Files.readString(output.toPath(), StandardCharsets.ISO_8859_1) : null;
    }

    static List<String> flags(String flags, String... others) {
        var result = new ArrayList<>(List.of(flags.split(" ")));
        result.addAll(List.of(others));
        return result;
    }
}
