package io.pvmjit;

/**
 * What an engine holds now. Limits are 0 where a backend has none.
 *
 * @param modulesAlive modules that are open or kept alive by an instance
 * @param instancesAlive instances that are open
 * @param instancesChecked instances that run with software page checks: {@link Instance#checked()}
 * @param instancesPooled idle memory slots
 * @param instanceLimit instances that may be alive or pooled
 * @param codeBytesUsed octets of the code arena in use, or reserved for what modules may still need
 * @param codeBytesLimit octets of the code arena
 * @param mapsUsed maps of the kernel that the engine has, with those of idle memory slots: an upper bound
 * @param mapLimit memory maps instances may use together
 * @param fallBacks compilations so far that got no room for machine code: these programs run on the interpreter
 * @param compilationsWaiting compilations that wait now, for others to be through: {@link EngineConfig#compilingBytes}
 * @param memoryUsed octets of {@link Resource#MEMORY} that guests have, or hold ready
 * @param memoryLimit octets of it that guests may have together
 */
public record EngineStatistics(
        long modulesAlive,
        long instancesAlive,
        long instancesChecked,
        long instancesPooled,
        long instanceLimit,
        long codeBytesUsed,
        long codeBytesLimit,
        long mapsUsed,
        long mapLimit,
        long fallBacks,
        long compilationsWaiting,
        long memoryUsed,
        long memoryLimit) {
    /** Of a backend that accounts for nothing. */
    public EngineStatistics(long modulesAlive, long instancesAlive, long instancesChecked, long instancesPooled,
            long instanceLimit, long codeBytesUsed, long codeBytesLimit, long mapsUsed, long mapLimit) {
        this(modulesAlive, instancesAlive, instancesChecked, instancesPooled, instanceLimit, codeBytesUsed,
                codeBytesLimit, mapsUsed, mapLimit, 0, 0, 0, 0);
    }

    /** The same with another number of modules. */
    public EngineStatistics withModulesAlive(long modules) {
        return new EngineStatistics(modules, instancesAlive, instancesChecked, instancesPooled, instanceLimit,
                codeBytesUsed, codeBytesLimit, mapsUsed, mapLimit, fallBacks, compilationsWaiting, memoryUsed,
                memoryLimit);
    }
}
