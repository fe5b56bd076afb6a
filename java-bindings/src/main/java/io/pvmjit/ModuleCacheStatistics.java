package io.pvmjit;

/**
 * What the module cache of an engine holds and has done. All 0 when it is turned off.
 *
 * @param entries modules kept, in use or not
 * @param idleEntries those of them that nobody holds
 * @param bytes that all of them take, code, tables, objects and entries of the cache
 * @param entryLimit beyond which modules that nobody holds, counted alone, are dropped
 * @param byteLimit likewise, of the octets that these take
 * @param hits compilations that were a look-up
 * @param misses compilations that were not, or failed
 * @param evictions modules dropped to make room
 */
public record ModuleCacheStatistics(
        long entries,
        long idleEntries,
        long bytes,
        long entryLimit,
        long byteLimit,
        long hits,
        long misses,
        long evictions) {
    /** Of an engine without cache. */
    public static final ModuleCacheStatistics NONE = new ModuleCacheStatistics(0, 0, 0, 0, 0, 0, 0, 0);
}
