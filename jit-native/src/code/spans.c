/* Free spans: a binary tree by offset, in which each knows the largest size below it. Random ranks, of which the higher is above,
 * give it the shape of a tree that was made in random order, whatever the order of what is added and taken: its depth is
 * a small multiple of the logarithm of how many there are. */
#include "code/spans.h"

#include <stddef.h>
#include <stdlib.h>

/* splitmix64 */
static uint64_t next_rank(struct spans *spans) {
    uint64_t z = spans->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* What is below a span, or its size, has changed. */
static struct span *renew(struct span *span) {
    span->largest = span->size;
    for (int side = 0; side < 2; side++) {
        const struct span *below = span->below[side];
        if (below != NULL && below->largest > span->largest) {
            span->largest = below->largest;
        }
    }
    return span;
}

/* The same on the whole way to the one that begins at this offset. */
static void renew_to(struct span *span, uint64_t offset) {
    if (span->offset != offset) {
        renew_to(span->below[offset > span->offset], offset);
    }
    renew(span);
}

/* Two trees as one; all of the first is in front of the second. */
static struct span *join(struct span *first, struct span *second) {
    if (first == NULL || second == NULL) {
        return first == NULL ? second : first;
    }
    if (first->rank > second->rank) {
        first->below[1] = join(first->below[1], second);
        return renew(first);
    }
    second->below[0] = join(first, second->below[0]);
    return renew(second);
}

/* A tree as two, of what is in front of this offset and what is behind. */
static void split(struct span *span, uint64_t offset, struct span *parts[2]) {
    if (span == NULL) {
        parts[0] = parts[1] = NULL;
        return;
    }
    int side = span->offset < offset; /* of it that is split */
    struct span *below[2];
    split(span->below[side], offset, below);
    span->below[side] = below[1 - side];
    parts[side] = below[side];
    parts[1 - side] = renew(span);
}

static struct span *insert(struct span *span, struct span *added) {
    if (span == NULL || added->rank > span->rank) {
        split(span, added->offset, added->below);
        return renew(added);
    }
    int side = added->offset > span->offset;
    span->below[side] = insert(span->below[side], added);
    return renew(span);
}

/* Takes out the one that begins at this offset. */
static struct span *take_out(struct span *span, uint64_t offset) {
    if (span->offset == offset) {
        struct span *rest = join(span->below[0], span->below[1]);
        free(span);
        return rest;
    }
    int side = offset > span->offset;
    span->below[side] = take_out(span->below[side], offset);
    return renew(span);
}

/* spans_at, to be changed. */
static struct span *find_at(const struct spans *spans, uint64_t offset) {
    struct span *found = NULL;
    for (struct span *span = spans->root; span != NULL; span = span->below[span->offset <= offset]) {
        found = span->offset <= offset ? span : found;
    }
    return found;
}

const struct span *spans_at(const struct spans *spans, uint64_t offset) {
    return find_at(spans, offset);
}

uint64_t spans_find(const struct spans *spans, uint64_t size) {
    const struct span *span = spans->root;
    if (span == NULL || span->largest < size) {
        return SPANS_NONE;
    }
    for (;;) {
        const struct span *front = span->below[0];
        if (front != NULL && front->largest >= size) {
            span = front;
        } else if (span->size >= size) {
            return span->offset;
        } else {
            span = span->below[1];
        }
    }
}

bool spans_add(struct spans *spans, uint64_t offset, uint64_t size) {
    struct span *before = find_at(spans, offset), *after = find_at(spans, offset + size);
    bool joins_before = before != NULL && before->offset + before->size == offset;
    if (after != NULL && after->offset == offset + size) {
        if (!joins_before) {
            /* It begins earlier, and has the same place among the others. */
            after->offset = offset;
            after->size += size;
            renew_to(spans->root, offset);
            return true;
        }
        size += after->size;
        spans->root = take_out(spans->root, after->offset);
    }
    if (joins_before) {
        before->size += size;
        renew_to(spans->root, before->offset);
        return true;
    }
    struct span *added = malloc(sizeof *added);
    if (added != NULL) {
        *added = (struct span){.offset = offset, .size = size, .rank = next_rank(spans)};
        spans->root = insert(spans->root, added);
    }
    return added != NULL;
}

uint64_t spans_cut(struct spans *spans, uint64_t offset, uint64_t octets) {
    struct span *span = find_at(spans, offset);
    if (span == NULL || span->offset != offset || octets == 0) {
        return 0;
    }
    if (octets >= span->size) {
        octets = span->size;
        spans->root = take_out(spans->root, offset);
    } else {
        span->offset += octets;
        span->size -= octets;
        renew_to(spans->root, span->offset);
    }
    return octets;
}
