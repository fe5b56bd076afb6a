/* Free spans of a range, which neither overlap nor touch. Each is found in few steps, however many there are. */
#ifndef PVMJIT_SPANS_H
#define PVMJIT_SPANS_H

#include <stdbool.h>
#include <stdint.h>

/* Those in front are below at 0, those behind at 1; none of them has a higher rank. */
struct span {
    uint64_t offset, size;
    uint64_t largest; /* size of any, of it and those below */
    uint64_t rank;    /* at random */
    struct span *below[2];
};

struct spans {
    struct span *root;
    uint64_t state; /* of what is random: to be set to what nobody foresees */
};

#define SPANS_NONE UINT64_MAX

/* Adds a span and merges it with its neighbours. False without memory, and nothing added. */
bool spans_add(struct spans *spans, uint64_t offset, uint64_t size);

/* Where the first begins that has so many octets; or SPANS_NONE. */
uint64_t spans_find(const struct spans *spans, uint64_t size);

/* The last one that begins at this offset or in front of it; or null. */
const struct span *spans_at(const struct spans *spans, uint64_t offset);

/* Takes up to so many octets off the start of the one that begins at this offset; how many. */
uint64_t spans_cut(struct spans *spans, uint64_t offset, uint64_t octets);

#endif
