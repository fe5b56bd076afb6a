package io.pvmjit;

/**
 * A basic block and its price.
 *
 * @param pc where the block starts, an octet index into the code
 * @param cost in gas units
 */
public record BlockCost(int pc, int cost) {}
