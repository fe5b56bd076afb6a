package io.pvmjit.hostcalls.refine;

/** How guests name services. */
final class Service {
    /** 2^64 - 1: the service that is refined. */
    private static final long OWN = -1;

    private Service() {}

    static long of(long named, RefineEnvironment environment) {
        return named == OWN ? environment.service() : named;
    }
}
