package io.pvmjit.stress;

import io.pvmjit.Exit;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.Module;
import io.pvmjit.PageAccess;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Guests that page-fault at every access, on several threads, beside threads that give HotSpot's own signal handling
 * and its collectors work. Every fault, register and unit of gas is compared with what it must be. Also a main program:
 * seconds, then the names of setups.
 */
public final class FaultStress {
    private static final long FIRST_PAGE = 0x20;
    private static final int PAGE_BITS = 12;
    private static final int ROUNDS = 50;
    /** Faults of a round of {@link Guests#FAULTS} as {@link #serve} answers them. */
    private static final int FAULTS_PER_ROUND = 4;

    private final AtomicBoolean stop = new AtomicBoolean();
    private final LongAdder faults = new LongAdder();
    private final AtomicLong collections = new AtomicLong();
    private final AtomicLong nullPointers = new AtomicLong();
    private final AtomicLong overflows = new AtomicLong();
    private final AtomicLong allocations = new AtomicLong();

    private FaultStress() {}

    /** What happened; every number must be above zero for the test to have tested anything. */
    public record Report(long faults, long collections, long nullPointers, long overflows, long allocations) {
        private boolean complete() {
            return faults != 0 && collections != 0 && nullPointers != 0 && overflows != 0 && allocations != 0;
        }

        /** This report, when all of it took place. */
        public Report requireAll() {
            if (!complete()) {
                throw new AssertionError("nothing was tested: " + this);
            }
            return this;
        }
    }

    static void main(String[] arguments) throws Exception {
        var setups = new ArrayList<Setup>();
        for (int i = 1; i < arguments.length; i++) {
            setups.add(Setup.valueOf(arguments[i]));
        }
        System.out.println(run(Double.parseDouble(arguments[0]), setups).requireAll());
    }

    /** Runs for so many seconds with one guest thread for each setup that is named, and four disturbing threads. */
    public static Report run(double seconds, List<Setup> setups) throws InterruptedException, ExecutionException {
        var stress = new FaultStress();
        try (var threads = Executors.newCachedThreadPool()) {
            var tasks = new ArrayList<Future<?>>();
            for (int i = 0; i < setups.size(); i++) {
                var setup = setups.get(i);
                int seed = i;
                tasks.add(threads.submit(() -> stress.guests(setup, seed)));
            }
            // A JVM that does nothing but collect garbage would take seconds to load the classes of the first guest.
            while (stress.faults.sum() == 0 && tasks.stream().noneMatch(Future::isDone)) {
                pause(10);
            }
            tasks.add(threads.submit(stress::collectGarbage));
            tasks.add(threads.submit(stress::throwNullPointers));
            tasks.add(threads.submit(() -> stress.overflowStacks(setups.getFirst())));
            tasks.add(threads.submit(stress::allocate));
            long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
            // Ends early when something fails, and late on a machine so busy that not everything has been yet.
            while ((System.nanoTime() < end || !stress.report().complete()) && tasks.stream().noneMatch(Future::isDone)) {
                pause(10);
            }
            stress.stop.set(true);
            for (var task : tasks) {
                task.get();
            }
        }
        return stress.report();
    }

    private Report report() {
        return new Report(faults.sum(), collections.get(), nullPointers.get(), overflows.get(), allocations.get());
    }

    // The guests.

    private void guests(Setup setup, int seed) {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.FAULTS)) {
            for (long number = seed; !stop.get(); number += 8) {
                guest(module, number);
            }
        }
    }

    private void guest(Module module, long seed) {
        var costs = module.blockCosts();
        try (var instance = module.instantiate()) {
            long gas = 1_000_000_000L;
            instance.gas(gas).register(8, ROUNDS).register(9, seed);
            long value = seed;
            long sum = 0;
            gas -= costs.getFirst().cost();
            for (int round = 0; round < ROUNDS; round++) {
                // As the program says.
                value = value * 0x5851f42dL + 0x14057b7eL;
                sum ^= value >>> 32;
                gas -= costs.get(1).cost() + Guests.DIVISIONS * costs.get(2).cost() + costs.get(3).cost();
                serve(instance);
                require("gas", gas, instance.gas());
                require("value", value, instance.register(9));
                require("sum", sum, instance.register(10));
                hide(instance, value);
            }
            require("kind", ExitKind.HALT.ordinal(), instance.resume().ordinal());
            require("gas", gas - costs.get(4).cost(), instance.gas());
        }
    }

    /** Answers each fault of a round with the page that is missing, up to the host call at its end. */
    private void serve(Instance instance) {
        var memory = instance.memory();
        long[] pages = {FIRST_PAGE, FIRST_PAGE + 1, FIRST_PAGE + 1, FIRST_PAGE + 2};
        PageAccess[] accesses = {PageAccess.WRITE, PageAccess.READ, PageAccess.WRITE, PageAccess.READ};
        for (int i = 0; i < FAULTS_PER_ROUND; i++) {
            // The store needs both pages, and the second one writable; the last fault is that of the load.
            expect(instance, new Exit.PageFault(pages[i] << PAGE_BITS));
            memory.protect(pages[i], 1, accesses[i], i % 2 == 0);
            faults.increment();
        }
        expect(instance, new Exit.HostCall(9));
    }

    /** Takes the pages away again, in one of several ways. */
    private static void hide(Instance instance, long how) {
        var memory = instance.memory();
        if ((how & 1) == 0) {
            memory.protect(FIRST_PAGE, 3, PageAccess.NONE, (how & 2) == 0);
        } else {
            memory.protect(FIRST_PAGE + 2, 1, PageAccess.NONE, true);
            memory.protect(FIRST_PAGE, 2, PageAccess.NONE, false);
        }
    }

    private static void expect(Instance instance, Exit expected) {
        var exit = instance.run();
        if (!exit.equals(expected)) {
            throw new AssertionError("expected " + expected + " but was " + exit + " at pc " + instance.exitPc());
        }
    }

    private static void require(String what, long expected, long actual) {
        if (expected != actual) {
            throw new AssertionError("%s: expected 0x%x but was 0x%x".formatted(what, expected, actual));
        }
    }

    // What else a JVM does with signals, and what moves objects about.

    /** Leaves the processors to the guests. */
    private static void pause(int milliseconds) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(milliseconds));
    }

    private void collectGarbage() {
        while (!stop.get()) {
            System.gc();
            collections.incrementAndGet();
            pause(25);
        }
    }

    private static final class Box {
        private final int value;

        private Box(int value) {
            this.value = value;
        }
    }

    /** Compiled code reads through the null reference and lets the processor find out. */
    private void throwNullPointers() {
        var box = new Box(1);
        long sum = 0;
        while (!stop.get()) {
            for (int i = 0; i < 2_000; i++) {
                sum += read(i % 20 == 19 ? null : box);
            }
            pause(1);
        }
        nullPointers.addAndGet(sum & 1);
    }

    private int read(Box box) {
        try {
            return box.value;
        } catch (NullPointerException e) {
            nullPointers.incrementAndGet();
            return 0;
        }
    }

    /** Runs guests that fault at every depth, down to where the stack ends. */
    private void overflowStacks(Setup setup) {
        try (var engine = setup.engine();
                var module = engine.compile(Guests.LOAD)) {
            while (!stop.get()) {
                // An overflow within the instance's own bookkeeping may leave it to this thread: it is closed by it.
                try (var instance = module.instantiate()) {
                    descend(instance, 0);
                } catch (StackOverflowError e) {
                    overflows.incrementAndGet();
                }
                pause(5);
            }
        }
    }

    private static long descend(Instance instance, long depth) {
        if (depth % 16 == 0) {
            long address = (FIRST_PAGE << PAGE_BITS) + depth;
            instance.pc(0).gasCharged(false).gas(1000).register(7, address);
            require("exit", ExitKind.PAGE_FAULT.ordinal(), instance.resume().ordinal());
            require("page", address >> PAGE_BITS << PAGE_BITS, instance.exitArgument());
        }
        return descend(instance, depth + 1) + 1;
    }

    private void allocate() {
        var kept = new ArrayList<byte[]>();
        while (!stop.get()) {
            kept.add(new byte[1 + (int) (allocations.incrementAndGet() % 10_000)]);
            if (kept.size() > 1_000) {
                kept.subList(0, 500).clear();
                pause(1);
            }
        }
    }
}
