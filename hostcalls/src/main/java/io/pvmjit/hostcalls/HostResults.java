package io.pvmjit.hostcalls;

import java.util.List;
import java.util.Optional;

/** What host calls answer in register 7 (Gray Paper B.1): unsigned 64-bit values. */
public final class HostResults {
    /** Done. */
    public static final long OK = 0;
    /** There is no such item. */
    public static final long NONE = -1;
    /** There is no such call. */
    public static final long WHAT = -2;
    /** A range of inner RAM is not accessible. */
    public static final long OOB = -3;
    /** There is no such service, machine or module. */
    public static final long WHO = -4;
    /** There is no room left. */
    public static final long FULL = -5;
    /** There is no such core. */
    public static final long CORE = -6;
    /** There are too few funds. */
    public static final long CASH = -7;
    /** The gas limit is too low. */
    public static final long LOW = -8;
    /** The request makes no sense or is not permitted. */
    public static final long HUH = -9;

    private static final List<String> NAMES =
            List.of("OK", "NONE", "WHAT", "OOB", "WHO", "FULL", "CORE", "CASH", "LOW", "HUH");

    private HostResults() {}

    /** The name of a result, for people. */
    public static Optional<String> name(long result) {
        return result <= OK && result >= HUH ? Optional.of(NAMES.get((int) -result)) : Optional.empty();
    }
}
