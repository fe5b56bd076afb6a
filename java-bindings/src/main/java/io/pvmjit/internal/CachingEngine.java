package io.pvmjit.internal;

import io.pvmjit.BlockCost;
import io.pvmjit.EngineStatistics;
import io.pvmjit.MemoryImage;
import io.pvmjit.ModuleCacheStatistics;
import io.pvmjit.ModuleStatistics;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps compiled modules by the BLAKE2b-256 of their blobs, so that the same program is compiled once. Bounded in
 * octets of code and tables: beyond that, the modules least recently used that nobody holds are closed.
 *
 * <p>Programs that are not valid are not kept. Two threads that compile the same program at once both compile it; the
 * second one's is dropped.
 */
final class CachingEngine implements BackendEngine {
    private final BackendEngine engine;
    private final long capacity;
    /** In the order of their use. This and what follows is guarded by this object's monitor. */
    private final Map<Blake2b256, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    private long holders;
    private long bytes;
    private long hits;
    private long misses;
    private long evictions;

    /** @param capacity in octets, more than 0 */
    CachingEngine(BackendEngine engine, long capacity) {
        this.engine = engine;
        this.capacity = capacity;
        engine.onPressure(this::reclaim);
    }

    private static final class Entry {
        private final Blake2b256 key;
        private final BackendModule module;
        private final long bytes;
        private long holders;

        Entry(Blake2b256 key, BackendModule module) {
            this.key = key;
            this.module = module;
            var statistics = module.statistics();
            this.bytes = statistics.nativeBytes() + statistics.tableBytes();
        }
    }

    @Override
    public BackendModule compile(MemorySegment blob) {
        var key = Blake2b256.of(blob);
        var known = lookUp(key);
        if (known != null) {
            return new Held(known);
        }
        return keep(new Entry(key, engine.compile(blob)));
    }

    private synchronized Entry lookUp(Blake2b256 key) {
        var entry = entries.get(key);
        if (entry == null) {
            misses++;
            return null;
        }
        hits++;
        hold(entry);
        return entry;
    }

    private void hold(Entry entry) {
        entry.holders++;
        holders++;
    }

    private BackendModule keep(Entry made) {
        Entry kept;
        List<Entry> evicted;
        synchronized (this) {
            kept = entries.putIfAbsent(made.key, made);
            if (kept == null) {
                kept = made;
                bytes += made.bytes;
            }
            hold(kept);
            evicted = evict(capacity);
        }
        if (kept != made) {
            made.module.close();
        }
        close(evicted);
        return new Held(kept);
    }

    /** Drops all that nobody holds; whether there was anything. */
    private boolean reclaim() {
        List<Entry> idle;
        synchronized (this) {
            idle = evict(0);
        }
        close(idle);
        return !idle.isEmpty();
    }

    /** Takes out what nobody holds, oldest first, until no more than this is left; the caller closes it. */
    private List<Entry> evict(long target) {
        var evicted = new ArrayList<Entry>();
        if (bytes > target) {
            for (var each = entries.values().iterator(); bytes > target && each.hasNext(); ) {
                var entry = each.next();
                if (entry.holders == 0) {
                    each.remove();
                    bytes -= entry.bytes;
                    evictions++;
                    evicted.add(entry);
                }
            }
        }
        return evicted;
    }

    private static void close(List<Entry> evicted) {
        evicted.forEach(entry -> entry.module.close());
    }

    private void release(Entry entry) {
        List<Entry> evicted;
        synchronized (this) {
            entry.holders--;
            holders--;
            evicted = evict(capacity);
        }
        close(evicted);
    }

    @Override
    public EngineStatistics statistics() {
        var s = engine.statistics();
        synchronized (this) {
            // Modules that nobody holds are the cache's, not alive; those that two hold are two.
            return new EngineStatistics(holders, s.instancesAlive(), s.instancesChecked(), s.instancesPooled(),
                    s.instanceLimit(), s.codeBytesUsed(), s.codeBytesLimit(), s.mapsUsed(), s.mapLimit());
        }
    }

    @Override
    public synchronized ModuleCacheStatistics cacheStatistics() {
        return new ModuleCacheStatistics(entries.size(), bytes, capacity, hits, misses, evictions);
    }

    @Override
    public void close() {
        reclaim();
        engine.close();
    }

    /** One holder's view of a module that others may hold too. */
    private final class Held implements BackendModule {
        private final Entry entry;

        Held(Entry entry) {
            this.entry = entry;
        }

        @Override
        public Machine instantiate(MemoryImage image) {
            return entry.module.instantiate(image);
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
        public ModuleStatistics statistics() {
            return entry.module.statistics();
        }

        @Override
        public String listing() {
            return entry.module.listing();
        }

        @Override
        public void close() {
            release(entry);
        }
    }
}
