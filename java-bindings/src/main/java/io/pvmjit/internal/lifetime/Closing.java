package io.pvmjit.internal.lifetime;

/**
 * Closes things of which some may fail to. Of several failures the first is thrown and nothing is kept of the others, and
 * nothing is allocated: want of memory may be why the first one came. (A try statement with resources would add one to the
 * other; and the JVM has only so many OutOfMemoryErrors to give, so that both may be the same.)
 */
public final class Closing {
    private Closing() {}

    /** Closes each of them (null: nothing), whatever comes of the others, and then throws what was thrown first. */
    public static void all(AutoCloseable[] things) {
        Throwable first = null;
        for (var thing : things) {
            first = close(first, thing);
        }
        raise(null, first);
    }

    /**
     * Closes a thing after its use, for a {@code finally}.
     *
     * @param failure what ended the use and is on its way; null for nothing
     * @param thing null for nothing
     */
    public static void after(Throwable failure, AutoCloseable thing) {
        raise(failure, close(failure, thing));
    }

    /** As {@link #after(Throwable, AutoCloseable)}, the first of them first. */
    public static void after(Throwable failure, AutoCloseable first, AutoCloseable second) {
        raise(failure, close(close(failure, first), second));
    }

    /** As {@link #after(Throwable, AutoCloseable)}, the first of them first. */
    public static void after(Throwable failure, AutoCloseable first, AutoCloseable second, AutoCloseable third) {
        raise(failure, close(close(close(failure, first), second), third));
    }

    private static Throwable close(Throwable first, AutoCloseable thing) {
        try {
            if (thing != null) {
                thing.close();
            }
            return first;
        } catch (Throwable e) {
            return first == null ? e : first;
        }
    }

    /** Throws what was thrown first, unless that is on its way. */
    private static void raise(Throwable failure, Throwable first) {
        if (first != failure) {
            Closing.<RuntimeException>unchecked(first);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void unchecked(Throwable failure) throws T {
        throw (T) failure;
    }
}
