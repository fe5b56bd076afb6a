/* Free spans against a map of octets: what is found, taken and merged; and in how many steps. */
#include "check.h"
#include "arena.h"
#include "guest.h"

#define RANGE 3000

static struct spans spans;
static bool is_free[RANGE + 1];

static void free_all(void) {
    while (spans.root != NULL) {
        CHECK(spans_cut(&spans, spans.root->offset, UINT64_MAX) > 0);
    }
}

/* The first of these octets that is free, with the octet in front of it in use. */
static uint32_t start_from(uint32_t at) {
    while (at < RANGE && !(is_free[at] && (at == 0 || !is_free[at - 1]))) {
        at++;
    }
    return at;
}

static uint32_t end_from(uint32_t at) {
    while (is_free[at]) {
        at++;
    }
    return at;
}

static void check_find(uint64_t size) {
    uint32_t at = start_from(0);
    while (at < RANGE && end_from(at) - at < size) {
        at = start_from(end_from(at));
    }
    CHECK_EQ(spans_find(&spans, size), at < RANGE ? at : SPANS_NONE);
}

static void check_at(uint32_t offset) {
    uint32_t found = RANGE;
    for (uint32_t at = start_from(0); at <= offset && at < RANGE; at = start_from(end_from(at))) {
        found = at;
    }
    const struct span *span = spans_at(&spans, offset);
    CHECK_EQ(span == NULL, found == RANGE);
    if (span != NULL) {
        CHECK_EQ(span->offset, found);
        CHECK_EQ(span->size, end_from(found) - found);
    }
}

TEST(spans_are_what_is_free) {
    uint64_t seed = 11;
    for (int round = 0; round < 20; round++) {
        spans = (struct spans){.state = random64(&seed)};
        memset(is_free, 0, sizeof is_free);
        uint64_t octets = 0;
        for (int step = 0; step < 2000; step++) {
            uint32_t at = random_below(&seed, RANGE), most = 1 + random_below(&seed, 1 + (uint32_t)(round * 3));
            if (random_below(&seed, 3) != 0) {
                uint32_t size = 0;
                while (size < most && at + size < RANGE && !is_free[at + size]) {
                    is_free[at + size++] = true;
                }
                CHECK(size == 0 || spans_add(&spans, at, size));
                octets += size;
            } else {
                at = random_below(&seed, 2) == 0 ? start_from(at) : at;
                uint64_t taken = spans_cut(&spans, at, most);
                bool starts = at < RANGE && start_from(at) == at;
                uint64_t expected = !starts ? 0 : most < end_from(at) - at ? most : end_from(at) - at;
                CHECK_EQ(taken, expected);
                memset(is_free + at, 0, taken);
                octets -= taken;
            }
            CHECK_EQ(octets_of(&spans), octets);
            check_find(1 + random_below(&seed, 40));
            check_at(random_below(&seed, RANGE));
        }
        free_all();
    }
}

/* Whoever frees every other span, from either end, makes no tree that takes long to go through. */
TEST(trees_are_flat) {
    enum { SPANS = 1 << 16, DEPTH = 80 };
    for (int order = 0; order < 3; order++) {
        spans = (struct spans){.state = 5};
        for (uint64_t n = 0; n < SPANS; n++) {
            uint64_t number = order == 0 ? n : order == 1 ? SPANS - 1 - n : n * 40503 % SPANS;
            CHECK(spans_add(&spans, number * 128, 64));
        }
        uint32_t depth;
        uint64_t end = UINT64_MAX;
        CHECK_EQ(check_span(spans.root, &end, &depth), SPANS * 64);
        CHECK(depth < DEPTH);
        CHECK_EQ(spans_find(&spans, 65), SPANS_NONE);
        for (uint64_t n = 0; n + 1 < SPANS; n++) {
            CHECK(spans_add(&spans, n * 128 + 64, 64));
        }
        CHECK_EQ(spans_cut(&spans, 0, UINT64_MAX), SPANS * 128 - 64);
        CHECK(spans.root == NULL);
    }
}

int main(void) {
    RUN(spans_are_what_is_free);
    RUN(trees_are_flat);
    return check_finish();
}
