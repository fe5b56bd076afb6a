/* What the outer and the inner program agree on. */
#ifndef NESTED_H
#define NESTED_H

#include <stddef.h>
#include <stdint.h>

enum {
    RUN = 48,       /* words that are sorted together */
    WORDS = 2048,   /* of each machine: four pages */
    MACHINES = 8,
    ASK = 200,      /* the number of the inner program's host call */
    MULTIPLIER = 0x5851f42d /* small enough for an immediate: a larger one would be static data */
};

/* What the host answers. */
static inline uint64_t answer(uint64_t value) {
    return (value >> 7 ^ value) & 0xffff;
}

#ifdef __PVM__
#include <pvm.h>
static inline uint64_t ask(uint64_t value) {
    return pvm_call1(ASK, value);
}
#else
static inline __attribute__((unused)) uint64_t ask(uint64_t value) {
    return answer(value);
}
#endif

uint64_t inner(uint64_t *words, uint64_t count);

#endif
