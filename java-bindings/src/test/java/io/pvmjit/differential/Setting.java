package io.pvmjit.differential;

/** Numbers from system properties {@code pvmjit.differential.*}. */
final class Setting {
    private Setting() {}

    static long of(String name, long otherwise) {
        return Long.getLong("pvmjit.differential." + name, otherwise);
    }

    /** The seed that is set, or one that differs from run to run. */
    static long seed() {
        return of("seed", System.nanoTime() & 0xffff_ffffL);
    }
}
