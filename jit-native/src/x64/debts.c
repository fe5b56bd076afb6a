/* What blocks leave to each other. */
#include "x64/debts.h"

#include <string.h>

struct place {
    uint32_t by;
    int32_t more; /* than that one */
};

uint64_t debts_octets(uint32_t count) {
    return (count + UINT64_C(1)) * sizeof(struct debt);
}

void debts_begin(struct debts *debts, struct debt *memory, uint32_t count) {
    *debts = (struct debts){memory, count};
    memset(memory, 0, debts_octets(count));
}

/* What a block stands by in the end. The way there becomes shorter each time, so that no chain is walked often. */
static inline struct place find(const struct debts *debts, uint32_t block) {
    struct debt *one = &debts->at[block];
    int32_t more = 0;
    while (one->stands) {
        struct debt *by = one + one->by;
        if (by->stands) {
            one->more = (int16_t)(one->more + by->more);
            one->by += by->by;
        }
        more += one->more;
        one += one->by;
    }
    return (struct place){(uint32_t)(one - debts->at), more};
}

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* Lets the first begin with so much more than the second, if what is known of them and the limits allow it. Whether it does. */
static bool link(struct debts *debts, struct place first, struct place second, int32_t more) {
    more += second.more - first.more; /* now of what they stand by */
    if (first.by == second.by) {
        return more == 0;
    }
    if (first.by == debts->nowhere) {
        struct place other = first;
        first = second;
        second = other;
        more = -more;
    }
    struct debt *one = &debts->at[first.by], *by = &debts->at[second.by];
    const int32_t low = least(by->limits.least, one->limits.least + more),
                  high = most(by->limits.most, one->limits.most + more);
    const bool settled = second.by == debts->nowhere;
    if (settled ? low < -MAXIMUM_DEBT || high > MAXIMUM_DEBT : high - low > MAXIMUM_DEBT) {
        return false;
    }
    *one = (struct debt){.by = (int32_t)(second.by - first.by), .more = (int16_t)more, .stands = true};
    by->limits.least = (int16_t)low;
    by->limits.most = (int16_t)high;
    return true;
}

void debts_reach(struct debts *debts, uint32_t block) {
    (void)link(debts, find(debts, block), (struct place){debts->nowhere, 0}, 0);
}

/* What a block begins with, which is settled if it has not been: then nothing that is known of it is below 0. */
static int32_t debt_of(struct debts *debts, uint32_t block) {
    struct place place = find(debts, block);
    if (place.by != debts->nowhere) {
        const int32_t low = debts->at[place.by].limits.least;
        (void)link(debts, (struct place){place.by, 0}, (struct place){debts->nowhere, 0}, -low);
        place.more -= low;
    }
    return place.more;
}

/* Lets a block take nothing, if that can be and is worth it: where it checks there is something in any case, and what leads out is
 * rarely run. */
static void spare(struct debts *debts, const struct debtor *block) {
    const struct ways ways = block->ways;
    uint32_t to = ways.next != debts->nowhere ? ways.next : ways.target;
    if (!block->checks && !block->at_once && to != debts->nowhere && block->cost <= MAXIMUM_DEBT) {
        (void)link(debts, find(debts, to), find(debts, block->block), (int32_t)block->cost);
    }
}

void debts_settle(struct debts *debts, const struct debtor *blocks, uint32_t count, struct settlement *settlements) {
    const uint32_t nowhere = debts->nowhere;
    uint32_t open[LOOKAHEAD], depth = 0; /* blocks that are in no loop yet */
    bool joined[LOOKAHEAD];              /* both ways begin with as much */
    for (uint32_t n = 0; n < count; n++) {
        const struct ways ways = blocks[n].ways;
        joined[n] = ways.next != nowhere && ways.target != nowhere &&
                    link(debts, find(debts, ways.next), find(debts, ways.target), 0);
    }
    for (uint32_t n = 0; n < count; n++) {
        open[depth++] = n;
        while (depth > 0 && blocks[open[depth - 1]].block >= blocks[n].ways.target) {
            spare(debts, &blocks[open[--depth]]);
        }
    }
    while (depth > 0) {
        spare(debts, &blocks[open[--depth]]);
    }
    int32_t next = 0;
    for (uint32_t n = 0; n < count; n++) {
        const struct ways ways = blocks[n].ways;
        const bool is_led_to = n > 0 && blocks[n - 1].ways.next != nowhere;
        const int32_t begins = is_led_to ? next : debt_of(debts, blocks[n].block);
        next = debt_of(debts, ways.next != nowhere ? ways.next : ways.target);
        const int32_t target = ways.target == nowhere || joined[n] ? next : debt_of(debts, ways.target);
        const int32_t left = blocks[n].at_once ? 0 : least(next, target);
        settlements[n] =
            (struct settlement){begins + (int32_t)blocks[n].cost - left, left,
                                ways.target == nowhere ? 0 : target - left, ways.next == nowhere ? 0 : next - left};
    }
}
