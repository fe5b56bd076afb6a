package io.pvmjit.hostcalls.refine;

import io.pvmjit.Instance;
import java.util.BitSet;

/** The inner machines of one refinement and their numbers. Not thread-safe. */
final class MachineTable implements AutoCloseable {
    private final Instance[] machines = new Instance[Limits.MACHINES];
    /** What to do when a machine is gone, for the reference that it holds. */
    private final Runnable[] releases = new Runnable[Limits.MACHINES];
    private final BitSet used = new BitSet(Limits.MACHINES);

    boolean isFull() {
        return used.cardinality() == Limits.MACHINES;
    }

    /** Takes over a machine under the smallest free number. */
    int add(Instance machine, Runnable release) {
        int number = used.nextClearBit(0);
        machines[number] = machine;
        releases[number] = release;
        used.set(number);
        return number;
    }

    /** The machine of a number (unsigned, from the guest); null when there is none. */
    Instance get(long number) {
        return number >= 0 && number < machines.length ? machines[(int) number] : null;
    }

    /** Ends a machine that exists. */
    void remove(long number) {
        int index = (int) number;
        var machine = machines[index];
        var release = releases[index];
        machines[index] = null;
        releases[index] = null;
        used.clear(index);
        try {
            machine.close();
        } finally {
            release.run();
        }
    }

    /** Numbers in use, rising. */
    int[] numbers() {
        return used.stream().toArray();
    }

    /** Ends every machine. */
    @Override
    public void close() {
        for (int number : numbers()) {
            remove(number);
        }
    }
}
