package io.pvmjit;

import java.util.Optional;

/**
 * The rules that an engine applies to programs and host calls: a {@link Revision} of the Gray Paper, or an embedder's own.
 * {@code io.pvmjit.rules.Rules} are such rules in full, and has those of a revision. Embedders do not implement it.
 */
public interface EngineRules {
    /** The name. */
    String label();

    /** Which revision's these are; empty for an embedder's own. */
    Optional<Revision> revision();
}
