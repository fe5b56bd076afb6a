package io.pvmjit.internal.backend;

/**
 * What a module takes as long as it is there, in octets.
 *
 * @param code room in the code arena
 * @param memory all beside it, on the Java heap or not
 * @param heap of that, what is on the Java heap
 */
public record Footprint(long code, long memory, long heap) {
    /** All of it. */
    public long octets() {
        return code + memory;
    }
}
