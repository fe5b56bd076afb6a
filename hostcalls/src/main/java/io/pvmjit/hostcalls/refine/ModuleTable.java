package io.pvmjit.hostcalls.refine;

import io.pvmjit.Module;
import io.pvmjit.internal.lifetime.Closing;
import java.util.BitSet;

/**
 * The compiled modules of one refinement (#530). A handle is in use while it has references: one for its entry in the
 * module map, one for each machine made from it. The last one that goes frees the code and the handle. Not thread-safe.
 */
final class ModuleTable implements AutoCloseable {
    /** By handle; null for those that are free. */
    private final Module[] modules = new Module[Limits.MODULES];
    private final int[] references = new int[Limits.MODULES];
    private final BitSet used = new BitSet(Limits.MODULES);
    /** Handles that have an entry in the module map: those that guests can name. */
    private final BitSet mapped = new BitSet(Limits.MODULES);

    /** Whether every handle is in use. Those without an entry, which only machines hold, count. */
    boolean isFull() {
        return used.cardinality() == Limits.MODULES;
    }

    /** Handles in use. */
    int handlesInUse() {
        return used.cardinality();
    }

    /** Takes over a module under the smallest handle that is free; there must be one. If that fails, it is closed. */
    int add(Module module) {
        try {
            int handle = used.nextClearBit(0);
            modules[handle] = module;
            references[handle] = 1;
            used.set(handle);
            mapped.set(handle);
            return handle;
        } catch (Throwable e) {
            module.close();
            throw e;
        }
    }

    /** The module under a handle (unsigned, from the guest) in the map; null when there is none. */
    Module get(long handle) {
        return handle >= 0 && handle < Limits.MODULES && mapped.get((int) handle) ? modules[(int) handle] : null;
    }

    /** Adds a reference to a handle in use. */
    void retain(int handle) {
        references[handle]++;
    }

    /** Drops a reference to a handle in use. */
    void release(int handle) {
        if (references[handle] == 1) {
            // First of all: what cannot be closed stays in the table.
            modules[handle].close();
            modules[handle] = null;
            used.clear(handle);
        }
        references[handle]--;
    }

    /** Takes the entry of a handle out of the map; false when there is none. */
    boolean expunge(long handle) {
        if (get(handle) == null) {
            return false;
        }
        mapped.clear((int) handle);
        release((int) handle);
        return true;
    }

    /** Closes every module, whatever refers to it. */
    @Override
    public void close() {
        Closing.all(modules);
    }
}
