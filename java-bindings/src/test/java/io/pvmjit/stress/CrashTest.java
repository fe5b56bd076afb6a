package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Module;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults that are no guest's reach HotSpot as if no engine were there: it reports crashes, and mends the rest. */
class CrashTest {
    /** 128 and SIGABRT, with which HotSpot ends after its report. */
    private static final int ABORTED = 134;
    /** Below vm.mmap_min_addr: nothing is ever mapped there. */
    private static final long BAD_ADDRESS = 0x5008;

    @TempDir
    private Path temporary;

    /** Makes an engine, lets guests fault on it, and then does what it is told. */
    static final class Misbehave {
        /** Of the system call that signals a thread, and of a signal: Linux on x86-64. */
        private static final long TGKILL = 234;
        private static final int SEGV = 11;
        private static final MemorySegment BAD = MemorySegment.ofAddress(BAD_ADDRESS).reinterpret(8);

        private Misbehave() {}

        static void main(String[] arguments) throws Exception {
            try (var engine = Engine.create(EngineConfig.defaults().withBackend(Backend.JIT));
                    var faulting = engine.compile(Guests.LOAD);
                    var endless = engine.compile(Guests.ENDLESS)) {
                fault(faulting);
                if (arguments[1].equals("running")) {
                    runEndlessly(endless);
                    runEndlessly(endless);
                }
                misbehave(arguments[0], arguments[2]);
                fault(faulting);
                System.out.println("SURVIVED");
                // The guests that run have no end.
                Runtime.getRuntime().halt(0);
            }
        }

        private static void misbehave(String how, String file) throws IOException, InterruptedException {
            switch (how) {
                case "read" -> System.out.println(BAD.get(ValueLayout.JAVA_LONG, 0));
                case "write" -> BAD.set(ValueLayout.JAVA_LONG, 0, 1);
                case "native" -> System.out.println(length(BAD));
                case "wait" -> {
                    System.out.println("WAITING");
                    Thread.sleep(Long.MAX_VALUE);
                }
                case "signal guest" -> {
                    signalGuest(SEGV);
                    // It is the guest's thread that reports.
                    Thread.sleep(Long.MAX_VALUE);
                }
                case "truncate" -> readTruncated(Path.of(file));
                case "exit" -> System.exit(7);
                default -> throw new IllegalArgumentException(how);
            }
        }

        private static long length(MemorySegment string) {
            return call("strlen", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS), string);
        }

        /** Sends a signal to one thread of this process, which is inside a guest. */
        private static void signalGuest(int signal) throws IOException {
            long process = ProcessHandle.current().pid();
            try (var threads = Files.list(Path.of("/proc/self/task"))) {
                for (var thread : threads.toList()) {
                    if (Files.readString(thread.resolve("comm")).strip().equals("guest")) {
                        long number = Long.parseLong(thread.getFileName().toString());
                        var longs = Collections.nCopies(4, ValueLayout.JAVA_LONG).toArray(MemoryLayout[]::new);
                        call("syscall", FunctionDescriptor.of(ValueLayout.JAVA_LONG, longs), TGKILL, process, number,
                                (long) signal);
                        return;
                    }
                }
            }
        }

        private static long call(String name, FunctionDescriptor descriptor, Object... arguments) {
            try {
                var linker = Linker.nativeLinker();
                var function = linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
                return (long) function.invokeWithArguments(arguments);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        /** SIGBUS, which HotSpot turns into an error of the reading thread. */
        private static void readTruncated(Path file) throws IOException {
            try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                var buffer = channel.map(FileChannel.MapMode.READ_ONLY, 0, 8192);
                channel.truncate(0);
                try {
                    System.out.println("READ " + buffer.get(4096));
                } catch (InternalError e) {
                    System.out.println("MENDED " + e.getMessage());
                }
            }
        }

        private static void fault(Module module) {
            try (var instance = module.instantiate()) {
                var exit = instance.gas(1000).register(7, 0x12_3456).run();
                if (!exit.equals(new Exit.PageFault(0x12_3000))) {
                    throw new AssertionError(exit);
                }
            }
        }

        private static void runEndlessly(Module module) throws InterruptedException {
            var started = new CountDownLatch(1);
            Thread.ofPlatform().name("guest").daemon().start(() -> {
                try (var instance = module.instantiate()) {
                    started.countDown();
                    instance.gas(Long.MAX_VALUE).run();
                }
            });
            started.await();
            // Let it get into the guest: only to make the crash meet it there, nothing depends on it.
            Thread.sleep(20);
        }
    }

    private List<String> flags() {
        return List.of(ChildJvm.NATIVE_ACCESS, "-Xmx64m", "-XX:ErrorFile=" + errorFile());
    }

    private Path errorFile() {
        return temporary.resolve("hs_err.log");
    }

    private ChildJvm.Result misbehave(String how, String guests) throws Exception {
        var file = Files.write(temporary.resolve("truncated"), new byte[8192]);
        return ChildJvm.run(Misbehave.class, flags(), how, guests, file.toString());
    }

    private void assertReported(ChildJvm.Result result) throws IOException {
        assertEquals(ABORTED, result.exitCode(), result::output);
        assertTrue(result.output().contains("A fatal error has been detected by the Java Runtime"), result::output);
        assertTrue(result.output().contains(errorFile().toString()), result::output);
        assertFalse(result.output().contains("SURVIVED"), result::output);
        assertTrue(Files.exists(errorFile()));
    }

    @ParameterizedTest
    @CsvSource({"read, idle", "read, running", "write, idle", "write, running", "native, idle", "native, running"})
    void badAccessOfTheHost(String how, String guests) throws Exception {
        var result = misbehave(how, guests);
        assertReported(result);
        var report = Files.readString(errorFile());
        assertTrue(report.contains("SIGSEGV"), report);
        assertTrue(report.contains("si_addr: 0x%016x".formatted(BAD_ADDRESS)), report);
        assertTrue(report.contains("Misbehave"), "the stack of the thread that did it");
    }

    /** A signal that somebody sent is no fault of the instruction it interrupts, though that be a guest's. */
    @Test
    void signalToAThreadInsideAGuest() throws Exception {
        assertReported(misbehave("signal guest", "running"));
        var report = Files.readString(errorFile());
        assertTrue(report.contains("SIGSEGV") && report.contains("(sent by kill)"), report);
        assertTrue(report.contains("\"guest\""), "the thread it was sent to");
    }

    @ParameterizedTest
    @CsvSource({"SEGV, idle", "SEGV, running", "BUS, running"})
    void signalFromOutside(String signal, String guests) throws Exception {
        var child = ChildJvm.start(Misbehave.class, flags(), "wait", guests, "none");
        child.awaitOutput("WAITING");
        var kill = new ProcessBuilder("kill", "-" + signal, String.valueOf(child.process().pid()));
        assertEquals(0, kill.start().waitFor());
        var result = child.await();
        assertReported(result);
        assertTrue(Files.readString(errorFile()).contains("SIG" + signal));
    }

    @ParameterizedTest
    @ValueSource(strings = {"idle", "running"})
    void truncatedFile(String guests) throws Exception {
        var result = misbehave("truncate", guests).requireSuccess();
        assertEquals(1, result.linesAfter("MENDED ").size(), result::output);
        assertTrue(result.output().contains("SURVIVED"), result::output);
    }

    @Test
    void exitWhileGuestsRun() throws Exception {
        var result = misbehave("exit", "running");
        assertEquals(7, result.exitCode(), result::output);
        assertFalse(Files.exists(errorFile()), result::output);
    }
}
