package io.pvmjit;

/**
 * What the module cache of an engine holds and has done. All 0 when it is turned off.
 *
 * @param entries modules kept, in use or not
 * @param bytes that they take, code, tables, objects and entries of the cache
 * @param byteLimit beyond which modules that nobody holds, counted alone, are dropped
 * @param hits compilations that were a look-up
 * @param misses compilations that were not, or failed
 * @param evictions modules dropped to make room
 */
public record ModuleCacheStatistics(
        long entries, long bytes, long byteLimit, long hits, long misses, long evictions) {
    /** Of an engine without cache. */
    public static final ModuleCacheStatistics NONE = new ModuleCacheStatistics(0, 0, 0, 0, 0, 0);
}
