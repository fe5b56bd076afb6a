package io.pvmjit.hostcalls.refine;

/** Closes things of which some may fail to. */
final class Closing {
    private Closing() {}

    /**
     * Closes each of them (null: nothing), whatever comes of the others, and then throws what was thrown first. Nothing
     * is kept of later failures, and nothing is allocated: want of memory may be why the first one failed.
     */
    static void all(AutoCloseable[] things) {
        Throwable first = null;
        for (var thing : things) {
            try {
                if (thing != null) {
                    thing.close();
                }
            } catch (Throwable e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            Closing.<RuntimeException>raise(first);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void raise(Throwable failure) throws T {
        throw (T) failure;
    }
}
