package io.pvmjit.explore;

import java.util.Map;

/**
 * What a run of a program came to.
 *
 * @param counts how often each instruction was executed, by pc; those that never were are not there
 * @param summary how it ended, in words
 */
public record Execution(Map<Integer, Long> counts, String summary) {}
