package io.pvmjit.internal.sharing;

import io.pvmjit.BlockCost;
import io.pvmjit.EngineStatistics;
import io.pvmjit.MemoryImage;
import io.pvmjit.ModuleCacheStatistics;
import io.pvmjit.ModuleStatistics;
import io.pvmjit.PipelineStep;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.CodeEstimate;
import io.pvmjit.internal.backend.Footprint;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.internal.backend.Spending;
import io.pvmjit.internal.report.Report;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps compiled modules by the hash of their blobs, so that the same program is compiled once. What nobody holds
 * is bounded in octets, those of an entry included, and in number: beyond that, what was let go of first is closed, each in
 * the same few steps whatever else is kept.
 *
 * <p>Programs that are not valid are not kept. Two threads that compile the same program at once both compile it; the
 * second one's is dropped.
 */
public final class CachingEngine implements BackendEngine {
    /** Octets that an entry takes beside its module. */
    private static final int ENTRY = 256;

    private final BackendEngine engine;
    private final CodeEstimate estimate;
    private final long capacity;
    private final int entryLimit;
    /** This and what follows is guarded by this object's monitor. */
    private final Map<BlobKey, Entry> entries = new HashMap<>();
    /** The entries that nobody holds, as a ring: behind this one the one that was held longest ago. */
    private final Entry idle = new Entry(null);
    /** Entries that were taken out and are to be closed, linked by {@code next}. */
    private Entry evicted;

    private long holders;
    private long bytes;
    private long idleBytes;
    private int idleEntries;
    private long hits;
    private long misses;
    private long evictions;

    /**
     * @param estimate of the machine code that the engine makes
     * @param capacity in octets, more than 0
     * @param entryLimit in modules, more than 0
     */
    public CachingEngine(BackendEngine engine, CodeEstimate estimate, long capacity, int entryLimit) {
        this.engine = engine;
        this.estimate = estimate;
        this.capacity = capacity;
        this.entryLimit = entryLimit;
        engine.onPressure(this::reclaim);
    }

    /** Linked by hand, so that letting go and closing takes nothing from the heap. */
    private static final class Entry {
        private final BlobKey key;
        /** Null as long as it is not compiled. */
        private BackendModule module;
        private Footprint footprint;
        private long bytes;
        /** Its instances may run checked, and {@code bytes} has the code for it. */
        private boolean checked;
        /** What pays for that code as long as anybody holds it: of one who had it made; or null. */
        private Charge checks;
        private long holders;
        private Entry previous = this;
        private Entry next = this;
        /** Not to be found: an error came while it was put in. */
        private boolean dead;

        Entry(BlobKey key) {
            this.key = key;
        }
    }

    /*
     * An error, for want of heap or stack, may come with any call. So whatever belongs together below is changed
     * without one in between: an entry is in the ring or held or among the evicted, and the sums are right.
     */

    @Override
    public BackendModule compile(MemorySegment blob, Gate gate) {
        var held = new Held();
        var key = BlobKey.of(blob);
        held.entry = lookUp(key);
        if (held.entry != null) {
            held.shared = true;
            held.foundChecks = held.entry.checked;
            return held;
        }
        var made = new Entry(key);
        try {
            made.module = engine.compile(blob, gate);
            made.footprint = made.module.footprint();
            made.bytes = ENTRY + made.footprint.octets();
            held.entry = keep(made);
        } catch (Throwable e) {
            // No call: the stack may be at its end.
            synchronized (this) {
                if (made.module != null) {
                    made.next = evicted;
                    evicted = made;
                }
            }
            try {
                closeEvicted();
            } catch (VirtualMachineError _) {
                // Whoever compiles or closes the next time closes it.
            }
            throw e;
        }
        held.foundChecks = held.entry.checked;
        try {
            evict(capacity, entryLimit);
            closeEvicted();
        } catch (VirtualMachineError _) {
            // What is held is whole: whoever compiles or closes the next time makes room.
        }
        return held;
    }

    private synchronized Entry lookUp(BlobKey key) {
        var entry = entries.get(key);
        if (entry == null || entry.dead) {
            misses++;
            return null;
        }
        hits++;
        holders++;
        if (entry.holders++ == 0) {
            idleBytes -= entry.bytes;
            idleEntries--;
            entry.previous.next = entry.next;
            entry.next.previous = entry.previous;
        }
        return entry;
    }

    /** The entry that is kept, held by the caller: this one, or that of somebody who was faster. */
    private synchronized Entry keep(Entry made) {
        Entry kept;
        try {
            kept = entries.putIfAbsent(made.key, made);
            if (kept != null && kept.dead) {
                entries.put(made.key, made);
                kept = null;
            }
        } catch (Throwable e) {
            // The table may have it although there was no memory to make it larger.
            made.dead = true;
            entries.remove(made.key, made);
            throw e;
        }
        holders++;
        if (kept == null) {
            bytes += made.bytes;
            made.holders = 1;
            return made;
        }
        made.next = evicted;
        evicted = made;
        if (kept.holders++ == 0) {
            idleBytes -= kept.bytes;
            idleEntries--;
            kept.previous.next = kept.next;
            kept.next.previous = kept.previous;
        }
        return kept;
    }

    private synchronized void letGo(Held held) {
        if (!held.gone) {
            held.gone = true;
            holders--;
            var entry = held.entry;
            if (--entry.holders == 0) {
                held.owed = entry.checks;
                entry.checks = null;
                idleBytes += entry.bytes;
                idleEntries++;
                entry.previous = idle.previous;
                entry.next = idle;
                idle.previous.next = entry;
                idle.previous = entry;
            }
        }
    }

    /** Drops all that nobody holds; whether there was anything. */
    private boolean reclaim() {
        boolean any = evict(0, 0);
        closeEvicted();
        return any;
    }

    /** Takes out what nobody holds, oldest first, until no more than this is left; whether there was anything. */
    private synchronized boolean evict(long octets, int number) {
        boolean any = false;
        while (idle.next != idle && (idleBytes > octets || idleEntries > number)) {
            var entry = idle.next;
            entries.remove(entry.key, entry);
            idle.next = entry.next;
            entry.next.previous = idle;
            entry.next = evicted;
            evicted = entry;
            bytes -= entry.bytes;
            idleBytes -= entry.bytes;
            idleEntries--;
            evictions++;
            any = true;
        }
        return any;
    }

    /** Closes what was taken out, outside of the lock: it may take long. */
    private void closeEvicted() {
        for (var entry = nextEvicted(); entry != null; entry = nextEvicted()) {
            try {
                Report.evicted(entry.bytes);
                entry.module.close();
            } catch (Throwable e) {
                synchronized (this) {
                    entry.next = evicted;
                    evicted = entry;
                }
                throw e;
            }
        }
    }

    private synchronized Entry nextEvicted() {
        var entry = evicted;
        if (entry != null) {
            evicted = entry.next;
        }
        return entry;
    }

    @Override
    public EngineStatistics statistics() {
        var s = engine.statistics();
        synchronized (this) {
            // Modules that nobody holds are the cache's, not alive; those that two hold are two.
            return s.withModulesAlive(holders);
        }
    }

    @Override
    public synchronized ModuleCacheStatistics cacheStatistics() {
        return new ModuleCacheStatistics(
                entries.size(), idleEntries, bytes, entryLimit, capacity, hits, misses, evictions);
    }

    @Override
    public void interruptAll() {
        engine.interruptAll();
    }

    @Override
    public void close() {
        reclaim();
        engine.close();
    }

    /** Whether a module of a cache had code with checks when it was found: its footprint has that, too. */
    static boolean foundChecks(BackendModule module) {
        return module instanceof Held held && held.foundChecks;
    }

    /**
     * Hands over what was taken for the code with checks of a module, which stays when its maker is gone but others hold it:
     * false when there is no need for that.
     */
    static boolean takesOver(BackendModule module, Charge checks) {
        return module instanceof Held held && held.takesOver(checks);
    }

    /** One holder's view of a module that others may hold too. */
    private final class Held implements BackendModule {
        private Entry entry;
        private boolean gone;
        private boolean shared;
        private boolean foundChecks;
        /** To be given back, when this was the last holder; or null. */
        private Charge owed;

        @Override
        public boolean isShared() {
            return shared;
        }

        @Override
        public BackendMachine instantiate(MemoryImage image, Spending spending) {
            return entry.module.instantiate(image, spending);
        }

        @Override
        public Footprint footprint() {
            var plain = entry.footprint;
            return foundChecks
                    ? new Footprint(plain.code() + checksOctets(), plain.memory(), plain.heap())
                    : plain;
        }

        private long checksOctets() {
            return estimate.ofChecks(entry.module.statistics().codeLength());
        }

        private boolean takesOver(Charge checks) {
            synchronized (CachingEngine.this) {
                if (entry.checks != null) {
                    return false;
                }
                entry.checks = checks;
                return true;
            }
        }

        @Override
        public void runsChecked() {
            synchronized (CachingEngine.this) {
                if (!entry.checked) {
                    long more = checksOctets();
                    entry.checked = true;
                    entry.bytes += more;
                    bytes += more;
                }
            }
        }

        @Override
        public boolean isStart(long pc) {
            return entry.module.isStart(pc);
        }

        @Override
        public List<BlockCost> blockCosts() {
            return entry.module.blockCosts();
        }

        @Override
        public List<PipelineStep> timeline(int blockPc) {
            return entry.module.timeline(blockPc);
        }

        @Override
        public ModuleStatistics statistics() {
            return entry.module.statistics();
        }

        @Override
        public String listing() {
            return entry.module.listing();
        }

        @Override
        public void close() {
            letGo(this);
            if (owed != null) {
                owed.release();
            }
            evict(capacity, entryLimit);
            closeEvicted();
        }
    }
}
