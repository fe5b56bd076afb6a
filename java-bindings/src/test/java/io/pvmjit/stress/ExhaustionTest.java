package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.Module;
import io.pvmjit.PageAccess;
import io.pvmjit.ResourceLimitException;
import java.util.List;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * OutOfMemoryError and StackOverflowError at any point: whatever was open can be closed, at once where only the heap is
 * full, and everything works on when there is heap and stack again. In JVMs of their own.
 */
@Execution(ExecutionMode.CONCURRENT)
class ExhaustionTest {
    private static final List<String> FLAGS = List.of(ChildJvm.NATIVE_ACCESS, "-Xmx16m", "-XX:+UseSerialGC");

    /** Made now: it is not this that is tested. */
    private static final byte[] PROGRAM = Guests.STORE;

    /** Everything that embedders do, of which any part may fail. What it made it keeps until it could close it. */
    private static final class Work {
        private final EngineConfig config;
        private Engine engine;
        private Module module;
        private Instance instance;
        private boolean halfClosed;

        Work(EngineConfig config) {
            this.config = config;
        }

        void open() {
            if (engine == null) {
                engine = Engine.create(config);
            }
            if (module == null) {
                module = engine.compile(PROGRAM);
            }
            if (instance == null) {
                instance = module.instantiate(Checks.IMAGE);
            }
        }

        void work() {
            open();
            use();
        }

        /** Whether all of it came through; else it was cut short by this kind of error. */
        boolean attempt(Class<? extends Error> kind, boolean closing) {
            try {
                if (closing || halfClosed) {
                    close();
                }
                if (!closing) {
                    work();
                }
                return true;
            } catch (ResourceLimitException e) {
                // What the interpreter makes of an OutOfMemoryError.
                require(kind, OutOfMemoryError.class);
                return false;
            } catch (Throwable e) {
                if (!kind.isInstance(e)) {
                    throw e;
                }
                return false;
            }
        }

        private void use() {
            var memory = instance.memory();
            long address = 32L * Checks.PAGE;
            instance.pc(0).gasCharged(false).gas(1000).register(7, address).register(8, 5);
            memory.protect(32, 1, PageAccess.READ, false);
            require(instance.run(), new Exit.PageFault(address));
            memory.fill(address, new byte[] {1, 2, 3});
            memory.protect(32, 1, PageAccess.WRITE, true);
            require(instance.run(), new Exit.HostCall(1));
            try (var _ = instance.hold()) {
                require(instance.run(), new Exit.Halt());
            }
            require(instance.register(9), 5L);
            module.statistics();
            module.blockCosts();
            module.listing();
            engine.statistics();
            engine.cacheStatistics();
        }

        /** Closes the instance and the module, or what is left of them. */
        void close() {
            halfClosed = true;
            if (instance != null) {
                instance.close();
                instance = null;
            }
            if (module != null) {
                module.close();
                module = null;
            }
            halfClosed = false;
        }

        void requireNothingLeft() {
            var s = engine.statistics();
            require(List.of(s.modulesAlive(), s.instancesAlive()), List.of(0L, 0L));
            require(engine.backend(), config.backend().orElseThrow());
        }
    }

    private static void require(Object actual, Object expected) {
        if (!actual.equals(expected)) {
            throw new AssertionError(actual + ", not " + expected);
        }
    }

    private static Work work(String setup) {
        return new Work(Setup.valueOf(setup).config());
    }

    /** Opens, and closes when the heap is full: the first instance, module and engine that this JVM closes. */
    static final class CloseOnFullHeap {
        private CloseOnFullHeap() {}

        static void main(String[] arguments) {
            var work = work(arguments[0]);
            var filler = new HeapFiller();
            work.open();
            filler.fill(0);
            work.close();
            var engine = work.engine;
            engine.close();
            filler.release();
            work.engine = null;
            work.work();
            work.close();
            work.requireNothingLeft();
            System.out.println("DONE");
        }
    }

    /** Makes the first engine when the heap is full; nothing that fails then may stay broken. */
    static final class CreateOnFullHeap {
        private CreateOnFullHeap() {}

        static void main(String[] arguments) {
            var work = work(arguments[0]);
            var filler = new HeapFiller();
            filler.release(); // The JVM resolves this call, which takes some heap.
            for (int leave = 0; work.engine == null; leave += 1 << 19) {
                try {
                    filler.fill(leave);
                    work.engine = Engine.create(work.config);
                } catch (OutOfMemoryError _) {
                    // A little more the next time.
                }
                filler.release();
            }
            work.work();
            work.close();
            work.requireNothingLeft();
            System.out.println("DONE");
        }
    }

    /** Works on a heap that is full but for a little, more each time, and closes when it is full. */
    static final class WorkOnFullHeap {
        private WorkOnFullHeap() {}

        static void main(String[] arguments) {
            var work = work(arguments[0]);
            var filler = new HeapFiller();
            work.engine = Engine.create(work.config);
            int cut = 0;
            for (int leave = 0; leave < 8_000; leave += leave < 1500 ? 80 : 500) {
                filler.fill(leave);
                cut += work.attempt(OutOfMemoryError.class, false) ? 0 : 1;
                filler.fill(0);
                work.close();
                filler.release();
                work.requireNothingLeft();
            }
            require(cut > 10, true);
            System.out.println("DONE");
        }
    }

    /** Does everything at the end of the stack, from the first engine on: at each depth until it comes through. */
    static final class EndOfStack {
        /** Octets of a stack that holds enough frames to be cut short at every call. */
        private static final long STACK_BYTES = 256 << 10;

        private static Work work;
        private static int cut;
        private static Throwable problem;

        private EndOfStack() {}

        static void main(String[] arguments) throws InterruptedException {
            work = work(arguments[0]);
            // Depths that differ by less than a frame, by starting at different ones.
            for (int start = 0; start < 20 && problem == null; start++) {
                int from = start;
                var thread = new Thread(null, () -> deepen(from), "deep", STACK_BYTES);
                thread.setUncaughtExceptionHandler((_, e) -> problem = e);
                thread.start();
                thread.join();
                if (problem == null) {
                    work.close();
                    work.requireNothingLeft();
                }
            }
            if (problem != null) {
                throw new AssertionError("at the end of the stack", problem);
            }
            require(cut > 500, true);
            System.out.println("DONE");
        }

        /** To the end and back: on the way back tries at each depth, until all has come through thrice. */
        private static int deepen(int from) {
            int through = from > 0 ? deepen(from - 1, 1L, 2L) : deepen(1L);
            return through;
        }

        private static int deepen(int from, long a, long b) {
            return from > 0 ? deepen(from - 1, b, a) : deepen(a + b);
        }

        private static int deepen(long a) {
            int through;
            try {
                through = deepen(a + 1);
            } catch (StackOverflowError _) {
                through = 0;
            }
            if (through < 3) {
                boolean whole = work.attempt(StackOverflowError.class, false)
                        & work.attempt(StackOverflowError.class, true);
                through += whole ? 1 : 0;
                cut += whole ? 0 : 1;
            }
            return through;
        }
    }

    private static void run(Class<?> main, String setup) throws Exception {
        var result = ChildJvm.run(main, FLAGS, setup).requireSuccess();
        assertEquals(List.of(""), result.linesAfter("DONE"), result::output);
    }

    @ParameterizedTest
    @EnumSource
    void closesOnAFullHeap(Setup setup) throws Exception {
        run(CloseOnFullHeap.class, setup.name());
    }

    @ParameterizedTest
    @EnumSource(names = {"DEFAULT", "INTERPRETER"})
    void createsAnEngineAfterTheHeapWasFull(Setup setup) throws Exception {
        run(CreateOnFullHeap.class, setup.name());
    }

    @ParameterizedTest
    @EnumSource(names = {"DEFAULT", "INTERPRETER", "CROSSCHECK"})
    void losesNothingOnAFullHeap(Setup setup) throws Exception {
        run(WorkOnFullHeap.class, setup.name());
    }

    @ParameterizedTest
    @EnumSource(names = {"DEFAULT", "JIT", "INTERPRETER", "CROSSCHECK"})
    void losesNothingAtTheEndOfTheStack(Setup setup) throws Exception {
        run(EndOfStack.class, setup.name());
    }
}
