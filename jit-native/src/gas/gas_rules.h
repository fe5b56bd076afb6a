/* Numbers of the gas model (Gray Paper A.9) that both ways to a price share. */
#ifndef PVMJIT_GAS_RULES_H
#define PVMJIT_GAS_RULES_H

#include <stdint.h>

/* Steps that are priced at a time. */
#define GAS_CHUNK 64
#define REORDER_ENTRIES 32
/* Entries whose times are known: those in the reorder buffer before a chunk, and those of the chunk. */
#define GAS_HISTORY 128
/* More cycles than from any event to the last one it causes. */
#define GAS_WHEEL 128
#define STARTS 5
#define ALUS 4

/* A finish so early that the entry is retired in cycle 0. */
#define RETIRED_FROM_THE_START (-2)

/* Whether steps are the last of their block. */
enum gas_part { GAS_MORE_STEPS, GAS_LAST_STEPS };

/* A time when the start of time moves: what is long past keeps from becoming more so. */
static inline int32_t gas_rebased(int32_t time, int32_t by) {
    return time - by > -GAS_WHEEL ? time - by : -GAS_WHEEL;
}

#endif
