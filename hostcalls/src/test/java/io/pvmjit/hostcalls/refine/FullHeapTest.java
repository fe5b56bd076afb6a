package io.pvmjit.hostcalls.refine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.PageAccess;
import io.pvmjit.Quotas;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.hostcalls.Interrupter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Refinements when the heap is full: nothing stays taken, and nothing stays broken. In JVMs of their own. */
class FullHeapTest {
    @TempDir
    private Path folder;

    /** Takes all of the heap but for so many octets, until it is released. */
    private static final class Filler {
        /** Of pairs of the next one and of octets, which collectors need not look through. */
        private Object[] chain;
        private byte[][] spare;

        void fill(int leave) {
            spare = new byte[2 + leave / 4096][];
            for (int left = leave; left > 0; left -= 4096) {
                spare[left / 4096] = new byte[Math.max(0, Math.min(left, 4096) - 16)];
            }
            int octets = 1 << 20;
            while (octets >= 16) {
                try {
                    var next = new Object[2];
                    next[1] = octets == 16 ? null : new byte[octets];
                    next[0] = chain;
                    chain = next;
                } catch (OutOfMemoryError _) {
                    octets /= 256; // Each error costs two collections.
                }
            }
            spare = null;
        }

        void release() {
            chain = null;
        }
    }

    /** Opens the account of a refinement, cut short at every object that this takes. What is lost others could not have. */
    static final class Accounts {
        private Accounts() {}

        static void main(String[] arguments) {
            long all = 64 << 20;
            var quotas = Quotas.defaults().withInvocations(1).withMemory(all).withMemoryPerInvocation(all);
            var config = EngineConfig.defaults().withBackend(Backend.INTERPRETER).withQuotas(quotas);
            var world = Refinements.world();
            var filler = new Filler();
            int cut = 0;
            try (var engine = Engine.create(config)) {
                new RefineContext(engine, world).close();
                filler.release();
                for (int leave = 1600; leave < 3600; leave += 24) {
                    filler.fill(leave);
                    try {
                        new RefineContext(engine, world).close();
                    } catch (OutOfMemoryError _) {
                        cut++;
                    }
                    filler.release();
                }
                var image = MemoryImage.of(List.of(Region.of(16, 10_000, PageAccess.READ, new byte[0])));
                try (var account = engine.open("another");
                        var module = engine.compile(MemorySegment.ofArray(Refinements.HALT), account);
                        var instance = module.instantiate(image)) {
                    instance.gas();
                }
            }
            System.out.println("CUT " + (cut > 10));
        }
    }

    /** Has the first refinement of all when the heap is full but for a little, more each time, until it comes through. */
    static final class First {
        private First() {}

        static void main(String[] arguments) {
            var backend = Backend.valueOf(arguments[0]);
            var world = Refinements.world(0, Map.of(1, Refinements.HALT));
            var code = everyCall().serviceCode();
            var filler = new Filler();
            filler.release();
            int cut = 0;
            Refinement first = null;
            try (var engine = Refinements.engine(backend)) {
                var invocation = new RefineInvocation(engine);
                for (int leave = 0; first == null; leave += 1024 + leave / 16) {
                    var interrupter = Interrupter.after(Duration.ofHours(1));
                    filler.fill(leave);
                    try {
                        first = invocation.run(world, code, Refinements.NO_ARGUMENTS, Refinements.GAS, interrupter);
                    } catch (OutOfMemoryError | ResourceLimitException _) {
                        cut++;
                    }
                    filler.release();
                }
                var again = invocation.run(world, code, Refinements.NO_ARGUMENTS, Refinements.GAS);
                assertEquals(again.gasUsed(), first.gasUsed());
                assertEquals(new WorkResult.Panic(), again.result());
                Refinements.assertNothingLeft(engine);
            }
            System.out.println("CUT " + (cut > 10));
        }

        private static OuterProgram everyCall() {
            return new OuterProgram().data("hash", Refinements.hash(1)).data("blob", Refinements.CALL)
                    .call(0).call(1, 0).call(2, "buffer", 0, 8, 0).call(7, -1, "hash", "buffer", 0, 9)
                    .call(8, "buffer", 10).call(9, 0, "blob", Refinements.CALL.length).call(9, 1, "hash", 100, 0, -1)
                    .call(10, 0, 0).call(10, 1, 0).call(13, 0, 16, 4, 2).call(12, 0, "buffer", 65_536, 10)
                    .call(11, 0, "buffer", 65_536, 10).frame(1000).call(14, 0, "frame").call(14, 1, "frame")
                    .call(15, 0, 0).call(15, 1, 0).call(99).trap();
        }
    }

    private void run(Class<?> main, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Xmx12m", "-XX:+UseSerialGC", "-XX:-UseTLAB",
                "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        var output = folder.resolve("output.txt");
        var process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            assertTrue(process.waitFor(4, TimeUnit.MINUTES), "it does not end");
            assertEquals("CUT true", Files.readString(output).strip());
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void accountsAreNotLost() throws Exception {
        run(Accounts.class);
    }

    @Test
    void theFirstRefinementMayFail() throws Exception {
        run(First.class, "JIT");
    }

    @Test
    void theFirstRefinementOfTheInterpreterMayFail() throws Exception {
        run(First.class, "INTERPRETER");
    }
}
