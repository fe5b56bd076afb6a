package io.pvmjit;

/**
 * What becomes of one instruction in the pipeline that prices its block (Gray Paper A.9), in cycles from the block's first.
 * A {@code move_reg} is decoded and never enters the pipeline: its other times are those of its decoding.
 *
 * @param pc of the instruction
 * @param decoded the cycle in which it is decoded; from the next one on it waits
 * @param started the cycle in which it starts to execute
 * @param finished the cycle in which it has no cycle left, and what depends on it may start
 * @param retired the cycle from which it takes no room any more. The block costs the last one of these less 3, and at
 *     least 1
 */
public record PipelineStep(int pc, int decoded, int started, int finished, int retired) {}
