package io.pvmjit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Module;
import io.pvmjit.Revision;
import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCall.Outcome;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.program.Program;
import io.pvmjit.testing.VectorFolder;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real services: parsed, validated, priced and compiled; those that need no host calls also run to their end. */
class ServicesTest {
    private static final long GAS = 2_000_000;
    private static final byte[] ARGUMENTS = {3, 0, 0, 0, 4, 0, 0, 0};

    private static List<Path> services() throws IOException {
        var folder = VectorFolder.folder().resolve("services");
        Assumptions.assumeTrue(Files.isDirectory(folder), () -> folder + " is not there");
        try (var files = Files.list(folder)) {
            var services = files.filter(file -> file.toString().endsWith(".spi")).sorted().toList();
            assertFalse(services.isEmpty(), "no services");
            return services;
        }
    }

    @ParameterizedTest
    @EnumSource
    void compilesAndRuns(Backend backend) throws IOException {
        var served = new AtomicInteger();
        int independent = 0;
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(backend))) {
            for (var file : services()) {
                var program = StandardProgram.parse(Files.readAllBytes(file));
                var blob = program.programBlob().toArray(ValueLayout.JAVA_BYTE);
                try (var module = engine.compile(blob)) {
                    checkBlocks(Program.parse(blob), module, file);
                    served.set(0);
                    if (runs(program, module, served) && served.get() == 0) {
                        independent++;
                    }
                }
            }
        }
        assertTrue(independent >= 3, independent + " services ran to a halt without host calls");
    }

    private static void checkBlocks(Program program, Module module, Path file) {
        var blocks = module.blockCosts();
        assertEquals(program.blockCount(), blocks.size(), file.toString());
        assertEquals(program.codeLength(), module.statistics().codeLength(), file.toString());
        for (var block : blocks) {
            assertTrue(block.cost() >= 1, file + ": " + block);
            assertTrue(program.isBlockStart(block.pc()), file + ": " + block);
        }
    }

    /** Runs a service as refine, and says whether it halted. */
    private static boolean runs(StandardProgram program, Module module, AtomicInteger served) {
        var calls = HostCallTable.builder().unknown(_ -> {
            served.incrementAndGet();
            return Outcome.PANIC;
        }).build();
        var invocation = new ArgumentInvocation(0, GAS, ARGUMENTS, calls);
        try (var instance = module.instantiate(program.image(ARGUMENTS))) {
            return invocation.start(instance, program) instanceof Exit.Halt;
        }
    }

    /** Prices do not depend on the backend: not those of any block of any service. */
    @ParameterizedTest
    @EnumSource(Revision.class)
    void pricesAlike(Revision revision) throws IOException {
        var config = EngineConfig.defaults().withRevision(revision);
        try (var jit = Engine.create(config.withBackend(Backend.JIT));
                var interpreter = Engine.create(config.withBackend(Backend.INTERPRETER))) {
            for (var file : services()) {
                var blob = StandardProgram.parse(Files.readAllBytes(file)).programBlob();
                try (var compiled = jit.compile(blob);
                        var interpreted = interpreter.compile(blob)) {
                    assertEquals(interpreted.blockCosts(), compiled.blockCosts(), file.toString());
                }
            }
        }
    }
}
