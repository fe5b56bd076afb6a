package io.pvmjit.hostcalls.refine;

import io.pvmjit.Module;
import java.util.BitSet;

/**
 * The compiled modules of one refinement (#530): handles, and how many references each module has, one for its handle and
 * one for each machine made from it. Not thread-safe.
 */
final class ModuleTable implements AutoCloseable {
    /** A module and its references; gone when there are none. */
    static final class Entry {
        private final Module module;
        private int references = 1;

        private Entry(Module module) {
            this.module = module;
        }

        Module module() {
            return module;
        }
    }

    private final Entry[] handles = new Entry[Limits.MODULES];
    private final BitSet used = new BitSet(Limits.MODULES);
    private int alive;

    /** Whether no further module may be alive. Modules whose handle is gone but whose machines run count. */
    boolean isFull() {
        return alive == Limits.MODULES;
    }

    /** Modules that have a handle or a machine. */
    int alive() {
        return alive;
    }

    /** Takes over a module under the smallest free handle. */
    int add(Module module) {
        int handle = used.nextClearBit(0);
        handles[handle] = new Entry(module);
        used.set(handle);
        alive++;
        return handle;
    }

    /** The module of a handle (unsigned, from the guest); null when there is none. */
    Entry get(long handle) {
        return handle >= 0 && handle < handles.length ? handles[(int) handle] : null;
    }

    void retain(Entry entry) {
        entry.references++;
    }

    void release(Entry entry) {
        if (--entry.references == 0) {
            alive--;
            entry.module.close();
        }
    }

    /** Frees the handle and drops its reference; false when there is none. */
    boolean expunge(long handle) {
        var entry = get(handle);
        if (entry == null) {
            return false;
        }
        handles[(int) handle] = null;
        used.clear((int) handle);
        release(entry);
        return true;
    }

    /** Drops every handle. Modules that machines use live on until those are gone. */
    @Override
    public void close() {
        for (int handle = used.nextSetBit(0); handle >= 0; handle = used.nextSetBit(handle)) {
            expunge(handle);
        }
    }
}
