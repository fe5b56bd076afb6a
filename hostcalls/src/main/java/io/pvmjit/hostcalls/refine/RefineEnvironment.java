package io.pvmjit.hostcalls.refine;

import java.lang.foreign.MemorySegment;

/**
 * What a refinement may ask about the world; the embedder implements it. Called on the thread of the invocation only.
 * Segments stay valid and unchanged until the invocation ends; nothing writes to them. Exceptions reach the caller of the
 * invocation.
 */
public interface RefineEnvironment {
    /** Index of the service that is refined. */
    long service();

    /**
     * The preimage of a hash that a service has available at the look-up anchor.
     *
     * @param service an index of any 64 bits, as the guest gave it
     * @param hash 32 octets
     * @return null when service or preimage is unknown
     */
    MemorySegment preimage(long service, byte[] hash);

    /**
     * An item of {@code fetch}, encoded.
     *
     * @param selector 0 to 15
     * @param first register 11, any 64 bits; an index for selectors that take one
     * @param second register 12, likewise
     * @return null when there is no such item
     */
    MemorySegment fetch(int selector, long first, long second);

    /** Segments that the work package exported before this refinement, 0 to {@link Limits#EXPORTS}. */
    int exportOffset();
}
