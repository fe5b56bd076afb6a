package io.pvmjit.hostcalls.refine;

/** Limits of a refinement (Gray Paper B.8, I.4.4; #530 for modules). */
public final class Limits {
    /** Inner machines at a time. */
    public static final int MACHINES = 63;
    /** Handles of compiled modules in use at a time: in the module map, or held by a machine. */
    public static final int MODULES = 128;
    /** Segments exported by a work package, those before this refinement included. */
    public static final int EXPORTS = 3072;
    /** Octets of an exported segment. */
    public static final int SEGMENT_OCTETS = 4104;
    /** Octets of the service code that is refined. */
    public static final int REFINE_CODE_OCTETS = 4_000_000;
    /** Octets of the code of an authorizer. */
    public static final int AUTHORIZER_CODE_OCTETS = 64_000;
    /** Gas of an is-authorized invocation. */
    public static final long AUTHORIZER_GAS = 50_000_000;
    /** Octets of a preimage's hash (BLAKE2b-256). */
    public static final int HASH_OCTETS = 32;

    private Limits() {}
}
