package io.pvmjit;

/**
 * Is told what a host does to a machine, as it happens: by an {@link HostWatch}. What the guest itself does is not told.
 * Called on the thread that uses the instance, which it must not touch.
 */
public interface HostObserver {
    /**
     * RAM was read.
     *
     * @param octets what was there, one or more; the observer's own from here on. What is longer than an array is told in
     *     pieces
     */
    void read(long address, byte[] octets);

    /**
     * RAM was written.
     *
     * @param length octets, 1 or more
     */
    void wrote(long address, long length);

    /** A register was set, to whatever value. */
    void setRegister(int index, long value);
}
