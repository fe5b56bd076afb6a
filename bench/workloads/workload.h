/*
 * What a workload is: run(parameter) does an amount of work that grows with the parameter and answers a checksum of all
 * it computed, the same on every machine and every time it is called. 0 means that a known answer came out wrong.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

uint64_t run(uint64_t parameter);

/* Adds a value to a checksum, so that order counts. */
static inline uint64_t mix(uint64_t checksum, uint64_t value) {
    checksum = (checksum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return checksum ^ checksum >> 29;
}

/* The next number of a sequence (xorshift with a multiplication) whose state is never 0. */
static inline uint64_t next_number(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

#define NUMBERS_START UINT64_C(0x853c49e6748fea9b)

#endif
