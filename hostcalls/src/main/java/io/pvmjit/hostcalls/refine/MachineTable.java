package io.pvmjit.hostcalls.refine;

import io.pvmjit.Instance;
import io.pvmjit.internal.lifetime.Closing;
import java.util.BitSet;

/** The inner machines of one refinement, their numbers, and the handles that they were made from. Not thread-safe. */
final class MachineTable implements AutoCloseable {
    /** Of a machine that was made from code itself. */
    static final int NO_HANDLE = -1;

    private final ModuleTable modules;
    /** By number; null for those that are free. */
    private final Instance[] machines = new Instance[Limits.MACHINES];
    private final int[] handles = new int[Limits.MACHINES];
    private final BitSet used = new BitSet(Limits.MACHINES);

    MachineTable(ModuleTable modules) {
        this.modules = modules;
    }

    boolean isFull() {
        return used.cardinality() == Limits.MACHINES;
    }

    /**
     * Takes over a machine under the smallest number that is free; there must be one. If that fails, it is closed.
     *
     * @param handle what it was made from, in use until the machine is gone; or {@link #NO_HANDLE}
     */
    int add(Instance machine, int handle) {
        try {
            int number = used.nextClearBit(0);
            machines[number] = machine;
            handles[number] = handle;
            if (handle != NO_HANDLE) {
                modules.retain(handle);
            }
            used.set(number);
            return number;
        } catch (Throwable e) {
            machine.close();
            throw e;
        }
    }

    /** The machine of a number (unsigned, from the guest); null when there is none. */
    Instance get(long number) {
        return number >= 0 && number < machines.length ? machines[(int) number] : null;
    }

    /** Ends a machine that exists. */
    void remove(long number) {
        int index = (int) number;
        // First of all: what cannot be closed stays in the table.
        machines[index].close();
        machines[index] = null;
        used.clear(index);
        if (handles[index] != NO_HANDLE) {
            modules.release(handles[index]);
        }
    }

    /** Numbers in use, rising. */
    int[] numbers() {
        return used.stream().toArray();
    }

    /** Closes every machine. */
    @Override
    public void close() {
        Closing.all(machines);
    }
}
