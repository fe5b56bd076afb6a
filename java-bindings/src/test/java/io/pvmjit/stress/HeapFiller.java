package io.pvmjit.stress;

/** Takes all of the Java heap there is, down to the last object, and gives it back. One thread. */
final class HeapFiller {
    private static final int LONGEST = 1 << 18;
    private static final int SHORTEST = 4;
    private static final int PIECE = 1 << 16;

    /** Of arrays whose first element is the next one: keeping them takes no memory. */
    private Object[] chain;
    private byte[][] spare;

    /** Fills the heap but for so many octets. */
    void fill(int leave) {
        spare = leave == 0 ? null : new byte[1 + leave / PIECE][];
        for (int left = leave; left > 0; left -= PIECE) {
            spare[left / PIECE] = new byte[Math.min(left, PIECE)];
        }
        int length = LONGEST;
        while (length >= SHORTEST) {
            try {
                var next = new Object[length];
                next[0] = chain;
                chain = next;
            } catch (OutOfMemoryError _) {
                length /= 16;
            }
        }
        spare = null;
    }

    void release() {
        chain = null;
    }
}
