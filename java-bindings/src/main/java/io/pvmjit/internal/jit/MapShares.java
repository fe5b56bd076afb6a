package io.pvmjit.internal.jit;

import io.pvmjit.internal.system.SystemFiles;

/**
 * What the engines of a process have been promised of the memory maps that the kernel lets it have. A process that has used
 * them up dies, whoever did it: so all engines together get no more than a part, and the rest is the JVM's. Thread-safe.
 *
 * <p>Each class loader that loads this library counts by itself.
 */
final class MapShares {
    /** An engine is never refused so many, whatever others have: more than a small one needs. */
    static final long FLOOR = 1024;
    /** The kernel's default. */
    private static final long USUAL_MAXIMUM = 65_530;

    private static final MapShares OF_PROCESS = new MapShares(
            SystemFiles.number(SystemFiles.firstLine("/proc/sys/vm/max_map_count"), USUAL_MAXIMUM));

    private final long maximum;
    private final long forEngines;
    private long promised;

    /** @param maximum what the kernel lets a process have */
    MapShares(long maximum) {
        this.maximum = maximum;
        this.forEngines = maximum - maximum / 8;
    }

    static MapShares ofProcess() {
        return OF_PROCESS;
    }

    /**
     * Promises maps to an engine, until it gives them back.
     *
     * @param wanted 0 for the default: three quarters of the maximum, or what is left of what all may have, or the floor
     * @return how many it may have: what is wanted, if that is said
     * @throws IllegalArgumentException when more than the floor is wanted, and more than is left
     */
    synchronized long take(long wanted) {
        long left = Math.max(FLOOR, forEngines - promised);
        if (wanted > left) {
            throw new IllegalArgumentException("an engine is to have " + wanted + " memory maps, but of the " + forEngines
                    + " that all engines of a process may have (vm.max_map_count is " + maximum + ") " + promised
                    + " are promised to others: lower EngineConfig.mapLimit, of the others too, or raise vm.max_map_count");
        }
        long given = wanted != 0 ? wanted : Math.min(left, maximum / 4 * 3);
        promised += given;
        return given;
    }

    /** Gives back what was taken. Takes nothing from the Java heap. */
    synchronized void giveBack(long maps) {
        promised -= maps;
    }
}
