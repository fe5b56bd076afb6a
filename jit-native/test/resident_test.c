/* Pages that have memory, against a map of them. */
#include "check.h"
#include "code/resident.h"
#include "guest.h"

#define PAGES 1000

static bool has[PAGES];

TEST(pages_are_as_they_were_set) {
    struct resident resident;
    uint64_t seed = 5;
    CHECK(resident_open(&resident, PAGES));
    CHECK_EQ(resident_count(&resident, 0, PAGES), 0);
    for (int step = 0; step < 5000; step++) {
        uint32_t first = random_below(&seed, PAGES + 1);
        uint32_t end = first + random_below(&seed, step % 2 == 0 ? 70 : PAGES);
        end = end < PAGES ? end : PAGES;
        bool memory = random_below(&seed, 2) == 0;
        resident_set(&resident, first, end, memory);
        for (uint32_t page = first; page < end; page++) {
            has[page] = memory;
        }
        uint32_t from = random_below(&seed, PAGES + 1), to = from + random_below(&seed, PAGES + 1 - from), count = 0;
        uint32_t without = to;
        for (uint32_t page = to; page > from; page--) {
            count += has[page - 1];
            without = has[page - 1] ? without : page - 1;
        }
        CHECK_EQ(resident_count(&resident, from, to), count);
        CHECK_EQ(resident_skip(&resident, from, to), without);
    }
    resident_close(&resident);
}

TEST(no_pages) {
    struct resident resident;
    CHECK(resident_open(&resident, 64));
    resident_set(&resident, 64, 64, true);
    CHECK_EQ(resident_count(&resident, 0, 64), 0);
    resident_set(&resident, 0, 64, true);
    CHECK_EQ(resident_count(&resident, 0, 64), 64);
    CHECK_EQ(resident_count(&resident, 5, 5), 0);
    CHECK_EQ(resident_skip(&resident, 5, 5), 5);
    CHECK_EQ(resident_skip(&resident, 0, 64), 64);
    resident_close(&resident);
}

int main(void) {
    RUN(pages_are_as_they_were_set);
    RUN(no_pages);
    return check_finish();
}
