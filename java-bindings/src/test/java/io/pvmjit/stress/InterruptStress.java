package io.pvmjit.stress;

import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.Module;
import io.pvmjit.PageAccess;
import io.pvmjit.asm.Assembler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/**
 * 64 machines on four threads, which a fifth interrupts at random while a sixth collects garbage: results and gas are
 * those of runs that nobody interrupts. Also a main program: how many interrupts, then the name of a setup.
 */
public final class InterruptStress {
    private static final int MACHINES = 64;
    private static final int THREADS = 4;
    private static final long GAS = 1L << 62;
    private static final int PAGE = 0x30;

    /** For a0 rounds: arithmetic and RAM; every 1024th makes host call 7 and then reads from the page 0x30. */
    private static final byte[] PROGRAM = Assembler.assemble("""
            loop: mul_imm_64 a2, a2, 0x5851f42d
            add_64 a2, a2, a0
            div_u_64 a3, a2, a0
            and_imm t0, a2, 0xff8
            store_ind_u64 [t0 + 0x20000], a3
            load_ind_u64 t1, [t0 + 0x20000]
            xor a4, a4, t1
            and_imm t2, a0, 1023
            branch_ne_imm t2, 0, next
            ecalli 7
            load_u8 a5, [0x30010]
            fallthrough
            next: add_imm_64 a0, a0, -1
            branch_ne_imm a0, 0, loop
            load_imm ra, -0x10000
            jump_ind ra
            """);
    private static final MemoryImage IMAGE =
            MemoryImage.of(List.of(MemoryImage.Region.of(0x20, 1, PageAccess.WRITE, new byte[0])));

    private final long wanted;
    private final AtomicLong stops = new AtomicLong();
    private final AtomicReferenceArray<Instance> running = new AtomicReferenceArray<>(THREADS);

    private InterruptStress(long wanted) {
        this.wanted = wanted;
    }

    static void main(String[] arguments) throws Exception {
        System.out.println("Stops: " + run(Long.parseLong(arguments[0]), Setup.valueOf(arguments[1])));
    }

    /** Runs until so many runs were stopped by an interrupt; how many were. */
    public static long run(long wanted, Setup setup) throws Exception {
        var stress = new InterruptStress(wanted);
        try (var engine = setup.engine();
                var module = engine.compile(PROGRAM);
                var threads = Executors.newCachedThreadPool()) {
            var guests = new ArrayList<Future<?>>();
            for (int n = 0; n < THREADS; n++) {
                int number = n;
                guests.add(threads.submit(() -> stress.guests(module, number)));
            }
            var others = List.of(threads.submit(() -> stress.interrupt(engine::interruptAll)),
                    threads.submit(stress::collectGarbage));
            try {
                for (var guest : guests) {
                    guest.get();
                }
            } finally {
                stress.stops.set(Math.max(stress.stops.get(), wanted));
            }
            for (var other : others) {
                other.get();
            }
        }
        return stress.stops.get();
    }

    private boolean enough() {
        return stops.get() >= wanted;
    }

    /** A machine, where it stands in its program, and what a run that nobody interrupts comes to. */
    private static final class Guest {
        private final Instance instance;
        private final long rounds;
        private final long[] expected;
        private final long expectedGas;

        Guest(Module module, long rounds) {
            this.instance = module.instantiate(IMAGE);
            this.rounds = rounds;
            start();
            while (!step(instance.resume())) {
                // It ends.
            }
            expected = instance.registers();
            expectedGas = instance.gas();
            start();
        }

        private void start() {
            instance.registers(new long[Instance.REGISTER_COUNT]).register(7, rounds).gas(GAS).pc(0).gasCharged(false);
        }

        /** What the host does after an exit; whether the program has ended. */
        private boolean step(ExitKind kind) {
            switch (kind) {
                case HOST_CALL -> {
                    instance.register(11, instance.register(11) + instance.gas());
                    if (instance.register(7) % 4096 == 0) {
                        instance.memory().protect(PAGE, 1, PageAccess.NONE, false);
                    }
                }
                case PAGE_FAULT -> instance.memory().protect(PAGE, 1, PageAccess.READ, false);
                case INTERRUPTED -> {}
                default -> {
                    return true;
                }
            }
            return false;
        }

        void check(ExitKind kind) {
            if (kind != ExitKind.HALT || instance.gas() != expectedGas || !Arrays.equals(expected, instance.registers())) {
                throw new AssertionError("after interrupts: " + kind + ", gas " + instance.gas() + ", "
                        + Arrays.toString(instance.registers()) + "; without: gas " + expectedGas + ", "
                        + Arrays.toString(expected));
            }
        }
    }

    private Void guests(Module module, int number) {
        var random = new SplittableRandom(number);
        var guests = new ArrayList<Guest>();
        try {
            for (int n = 0; n < MACHINES / THREADS; n++) {
                guests.add(new Guest(module, 8192 + 777L * n));
            }
            while (!enough()) {
                var guest = guests.get(random.nextInt(guests.size()));
                running.set(number, guest.instance);
                var kind = guest.instance.resume();
                if (kind == ExitKind.INTERRUPTED) {
                    stops.incrementAndGet();
                }
                if (guest.step(kind)) {
                    guest.check(kind);
                    guest.start();
                }
            }
        } finally {
            guests.forEach(guest -> guest.instance.close());
        }
        return null;
    }

    private Void interrupt(Runnable all) {
        var random = new SplittableRandom(99);
        while (!enough()) {
            for (int n = 0; n < THREADS; n++) {
                var instance = running.get(n);
                if (instance != null) {
                    instance.interrupt();
                }
            }
            if (random.nextInt(256) == 0) {
                all.run();
            }
            LockSupport.parkNanos(random.nextInt(50_000));
        }
        return null;
    }

    private Void collectGarbage() {
        var garbage = new byte[16][];
        for (int n = 0; !enough(); n++) {
            garbage[n % garbage.length] = new byte[1 << 16];
            if (n % 1024 == 0) {
                System.gc();
            }
            LockSupport.parkNanos(100_000);
        }
        return null;
    }
}
