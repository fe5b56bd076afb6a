package io.pvmjit.bench.tail;

/**
 * How long small refinements took with a garbage collector, in nanoseconds.
 *
 * @param runs that were timed, one after the other
 * @param median what half of them stayed below
 * @param p99 what 99 % of them stayed below
 * @param p999 what 99.9 % of them stayed below
 * @param collections of the garbage collector meanwhile
 */
public record TailLatency(String collector, int runs, long median, long p99, long p999, long longest, long collections) {}
