/* Arenas (src/code/arena.h) and their free spans (src/code/spans.h), looked at and filled up for the tests. Include check.h before. */
#ifndef ARENA_TEST_H
#define ARENA_TEST_H

#include "code/arena.h"

#include <inttypes.h>
#include <sys/stat.h>

/* Octets of a tree, whose spans rise and do not touch; *end is where the one in front of it ends, and becomes where its last one
 * does. *depth becomes how deep it is. */
static inline uint64_t check_span(const struct span *span, uint64_t *end, uint32_t *depth) {
    if (span == NULL) {
        *depth = 0;
        return 0;
    }
    uint32_t front, behind;
    uint64_t octets = check_span(span->below[0], end, &front), largest = span->size;
    CHECK(span->size > 0 && (*end == UINT64_MAX || span->offset > *end));
    *end = span->offset + span->size;
    octets += span->size + check_span(span->below[1], end, &behind);
    for (int side = 0; side < 2; side++) {
        const struct span *below = span->below[side];
        CHECK(below == NULL || below->rank <= span->rank);
        largest = below != NULL && below->largest > largest ? below->largest : largest;
    }
    CHECK_EQ(span->largest, largest);
    *depth = 1 + (front > behind ? front : behind);
    return octets;
}

static inline uint64_t octets_of(const struct spans *spans) {
    uint32_t depth;
    uint64_t end = UINT64_MAX;
    return check_span(spans->root, &end, &depth);
}

/* Octets of the pages that begin in spans of a tree and have memory. */
static inline uint64_t kept_octets_below(const struct arena *arena, const struct span *span) {
    uint64_t octets = 0;
    if (span != NULL) {
        for (uint64_t page = 0; page < arena->size / arena->page; page++) {
            uint64_t at = page * arena->page - span->offset; /* beyond its size if it is in front of it */
            octets += at < span->size && resident_count(&arena->resident, page, page + 1) != 0 ? arena->page : 0;
        }
        octets += kept_octets_below(arena, span->below[0]) + kept_octets_below(arena, span->below[1]);
    }
    return octets;
}

static inline uint64_t kept_octets_of(const struct arena *arena) {
    return kept_octets_below(arena, arena->unused.root);
}

static inline void check_filled(const uint8_t *from, uint64_t size, uint8_t octet) {
    for (uint64_t n = 0; n < size; n++) {
        if (from[n] != octet) {
            CHECK_FAIL("octet %" PRIu64 " is 0x%02x, not 0x%02x", n, from[n], octet);
        }
    }
}

/* Each octet of an arena that nobody changes is in use or not; and pages that are said to have memory are all that have. */
static inline void check_counts(const struct arena *arena) {
    CHECK_EQ(octets_of(&arena->unused) + arena->used, arena->size);
    CHECK_EQ(kept_octets_of(arena), arena->kept);
    if (arena->file >= 0) {
        struct stat status;
        CHECK_EQ(fstat(arena->file, &status), 0);
        CHECK_EQ((uint64_t)status.st_blocks * 512,
                 resident_count(&arena->resident, 0, arena->size / arena->page) * arena->page);
    }
}

/* All that is unused is reserved, as long as these are not given back. */
struct filling {
    struct arena_room rooms[1 << 10];
    uint32_t count;
};

static inline void fill_arena(struct filling *filling, struct arena *arena) {
    filling->count = 0;
    for (uint64_t size = arena->size; size > 0; size /= 2) {
        while (arena_reserve(arena, size, false, true, &filling->rooms[filling->count])) {
            filling->count++;
            CHECK(filling->count < sizeof filling->rooms / sizeof *filling->rooms);
        }
    }
}

static inline void empty_arena(struct filling *filling, struct arena *arena) {
    while (filling->count > 0) {
        arena_shorten(arena, &filling->rooms[--filling->count], 0);
    }
}

#endif
