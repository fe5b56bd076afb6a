/* Looks at free spans (src/code/spans.h) for the tests. Include check.h before. */
#ifndef SPANS_TEST_H
#define SPANS_TEST_H

#include "code/spans.h"

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

#endif
