package io.pvmjit;

/**
 * What an engine holds now. Limits are 0 where a backend has none.
 *
 * @param modulesAlive modules that are open or kept alive by an instance
 * @param instancesAlive instances that are open
 * @param instancesChecked instances that run with software page checks, their maps being used up
 * @param instancesPooled idle memory slots
 * @param instanceLimit instances that may be alive or pooled
 * @param codeBytesUsed octets of the code arena in use
 * @param codeBytesLimit octets of the code arena
 * @param mapsUsed maps of the kernel that the engine has, with those of idle memory slots: an upper bound
 * @param mapLimit memory maps instances may use together
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
        long mapLimit) {}
