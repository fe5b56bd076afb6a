package io.pvmjit.stress;

/** Takes all of the Java heap there is, down to the last object, and gives it back. One thread. */
final class HeapFiller {
    private static final int LARGEST = 1 << 20;
    private static final int SMALLEST = 16;
    private static final int PIECE = 1 << 16;

    /** Of pairs of the next one and of octets, which collectors need not look through: keeping them takes no memory. */
    private Object[] chain;
    private byte[][] spare;

    /** Fills the heap but for so many octets. */
    void fill(int leave) {
        spare = leave == 0 ? null : new byte[1 + leave / PIECE][];
        for (int left = leave; left > 0; left -= PIECE) {
            spare[left / PIECE] = new byte[Math.min(left, PIECE)];
        }
        int octets = LARGEST;
        while (octets >= SMALLEST) {
            try {
                var next = new Object[2];
                next[1] = octets == SMALLEST ? null : new byte[octets];
                next[0] = chain;
                chain = next;
            } catch (OutOfMemoryError _) {
                octets /= 256; // Each error costs two collections.
            }
        }
        spare = null;
    }

    void release() {
        chain = null;
    }
}
