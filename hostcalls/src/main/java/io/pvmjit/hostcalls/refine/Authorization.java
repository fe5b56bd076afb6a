package io.pvmjit.hostcalls.refine;

/**
 * What an is-authorized invocation comes to.
 *
 * @param gasUsed unsigned, at most {@link Limits#AUTHORIZER_GAS}
 */
public record Authorization(WorkResult result, long gasUsed) {}
