package io.pvmjit.internal.lifetime;

/** Meets the end of the stack where it does no harm. */
public final class StackRoom {
    /** Each takes 128 octets and more, compiled or not: 16 KiB, more than compiling takes of a Java stack. */
    private static final int FRAMES = 128;

    private StackRoom() {}

    /**
     * Throws a StackOverflowError when there is little room left on the stack: before something that has several steps,
     * and cannot be cut short between them without a loss.
     */
    public static void require() {
        if (descend(FRAMES, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16) == 0) {
            throw new AssertionError("it counts frames");
        }
    }

    /** Arguments take room whatever the compiler does. */
    private static long descend(int frames, long a, long b, long c, long d, long e, long f, long g, long h, long i,
            long j, long k, long l, long m, long n, long o, long p) {
        return frames == 0 ? a : 1 + descend(frames - 1, p, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
    }
}
