/* The second way to price: simulation by events, for what gas_order.c does not settle. docs/gas.md says why it is what the
 * rules of Gray Paper A.9 do.
 *
 * Decoding runs ahead of time: when it happens depends on nothing but the finish of entries that are retired by then. The
 * wheel holds for each cycle to come which cells may start then as far as decoding and finished sources are concerned,
 * which cells had a source finish, and which units come free. */
#include "gas/gas_events.h"

#include "base/hints.h"

#include <smmintrin.h>
#include <string.h>

/* Decoding is at most so far ahead of time that every event is less than GAS_WHEEL ahead. */
#define DECODE_AHEAD 24
/* Decoded in the next cycle, or when what is in the cell retires, and ready one later. */
_Static_assert(DECODE_AHEAD + 2 < GAS_WHEEL && MAXIMUM_LATENCY + 3 < GAS_WHEEL, "wheel");

/* Units as counts in one word. */
#define ONE_ALU UINT32_C(1)
#define ONE_MUL (UINT32_C(1) << 8)
#define ONE_DIV (UINT32_C(1) << 16)
#define ALU_COUNT(units) ((units)&0xFF)

static const uint32_t units_of_class[CLASS_COUNT] = {
    [CLASS_ALU] = ONE_ALU,
    [CLASS_ALU2] = 2 * ONE_ALU,
    [CLASS_MUL] = ONE_ALU | ONE_MUL,
    [CLASS_DIV] = ONE_ALU | ONE_DIV,
};

/* What an entry waits for. */
enum reason { FIRST_SOURCE, SECOND_SOURCE, THIRD_SOURCE, READY_TIME };

#define CELL(entry) ((uint32_t)(entry) % REORDER_ENTRIES)

/* Sets of cells for each reason, at once. */
INLINED __m128i load(const uint32_t *sets) {
    return _mm_load_si128((const __m128i *)(const void *)sets);
}

INLINED void store(uint32_t *sets, __m128i values) {
    _mm_store_si128((__m128i *)(void *)sets, values);
}

INLINED void occupy(struct gas_events *s, int32_t time) {
    s->occupied[(uint32_t)time / 64 % 2] |= UINT64_C(1) << ((uint32_t)time % 64);
}

void gas_events_begin(struct gas_events *s) {
    memset(s->occupied, 0, sizeof s->occupied);
    for (int cell = 0; cell < REORDER_ENTRIES; cell++) {
        s->finish[cell] = RETIRED_FROM_THE_START;
    }
    for (int n = 0; n < GAS_REGISTERS; n++) {
        s->holder[n] = NO_HOLDER;
    }
    memset(s->waiting_of_class, 0, sizeof s->waiting_of_class);
    s->now = (struct gas_now){
        .units = ALUS * ONE_ALU | ONE_MUL | ONE_DIV,
        .room = DECODE_ROOM,
        .retired = RETIRED_FROM_THE_START,
    };
}

INLINED void describe(struct gas_events *s, uint32_t cell, const struct gas_step *step) {
    s->timing[cell] = gas_timing[step->timing].entry;
}

/* Lets the entry of a cell wait for a source, unless that has started; returns when it can start at the earliest. Entries
 * before the oldest are retired. */
INLINED int32_t await_source(struct gas_events *s, struct gas_now *now, uint32_t cell, enum reason reason,
                             int32_t source, int32_t oldest, int32_t ready) {
    uint32_t of = CELL(source), holds = -(uint32_t)(source >= oldest);
    uint32_t waits = (now->waiting >> of & holds & 1) << cell;
    int32_t finish = s->finish[of] & (int32_t)holds;
    s->dependents[of][reason] |= waits;
    now->blocked[reason] |= waits;
    return finish > ready ? finish : ready;
}

/* Lets a described entry wait for its start, which can be in `ready`. */
INLINED void await_start(struct gas_events *s, struct gas_now *now, uint32_t cell, int32_t ready) {
    uint32_t bit = UINT32_C(1) << cell;
    store(s->dependents[cell], _mm_setzero_si128());
    s->finish[cell] = 0;
    now->waiting |= bit;
    s->waiting_of_class[s->timing[cell].class] |= bit;
    now->blocked[READY_TIME] |= bit;
    s->released[(uint32_t)ready % GAS_WHEEL][READY_TIME] |= bit;
    occupy(s, ready);
}

INLINED void append(struct gas_events *s, struct gas_now *now, const struct gas_step *step) {
    uint32_t cell = CELL(now->tail);
    int32_t oldest = now->tail - REORDER_ENTRIES + 1, ready = now->cycle + 1;
    describe(s, cell, step);
    ready = await_source(s, now, cell, FIRST_SOURCE, s->holder[step->sources[0] / 16], oldest, ready);
    ready = await_source(s, now, cell, SECOND_SOURCE, s->holder[step->sources[1] / 16], oldest, ready);
    if (step->sources[2] != NEVER_WRITTEN * 16) {
        ready = await_source(s, now, cell, THIRD_SOURCE, s->holder[step->sources[2] / 16], oldest, ready);
    }
    await_start(s, now, cell, ready);
    s->holder[step->destination / 16] = now->tail++;
}

INLINED void move(struct gas_events *s, const struct gas_step *step) {
    s->holder[step->destination / 16] = s->holder[step->sources[0] / 16];
}

void gas_events_follow(struct gas_events *s, const struct gas_step *steps, uint32_t count) {
    struct gas_now *now = &s->now;
    for (const struct gas_step *step = steps; step != steps + count; step++) {
        if (step->entry == 0) {
            move(s, step);
        } else {
            uint32_t cell = CELL(now->tail);
            describe(s, cell, step);
            for (int n = 0; n < 3; n++) {
                s->sources[cell][n] = s->holder[step->sources[n] / 16];
            }
            s->holder[step->destination / 16] = now->tail++;
        }
    }
}

void gas_events_resume(struct gas_events *s, const struct gas_order *order) {
    struct gas_now *now = &s->now;
    int32_t oldest = now->tail > REORDER_ENTRIES ? now->tail - REORDER_ENTRIES : 0;
    now->time = now->cycle = order->cycle;
    now->room = order->room;
    if (oldest > 0) {
        now->retired = order->latest_of[(uint32_t)(oldest - 1) % GAS_HISTORY];
    }
    for (int32_t entry = oldest; entry < now->tail; entry++) {
        uint32_t cell = CELL(entry), units = units_of_class[s->timing[cell].class];
        int32_t start = order->start[(uint32_t)entry % GAS_HISTORY], finish = start + s->timing[cell].latency;
        if (start > now->time) {
            int32_t ready = now->time + 1;
            for (int n = 0; n < 3; n++) {
                ready = await_source(s, now, cell, (enum reason)n, s->sources[cell][n], oldest, ready);
            }
            await_start(s, now, cell, ready);
            continue;
        }
        s->finish[cell] = finish;
        now->latest = finish > now->latest ? finish : now->latest;
        if (finish > now->time) {
            now->units -= units;
            s->units_freed[(uint32_t)finish % GAS_WHEEL] += units;
            occupy(s, finish);
        }
    }
}

/* Decodes a step, for which there is a cell. */
INLINED void decode(struct gas_events *s, struct gas_now *now, const struct gas_step *step) {
    int32_t before = s->finish[CELL(now->tail)];
    uint32_t cost = step->cost, fresh = DECODE_ROOM - cost;
    now->cycle += now->room < cost;
    now->room = now->room < cost ? fresh : now->room - cost;
    now->retired = before > now->retired ? before : now->retired;
    now->room = now->retired + 2 > now->cycle ? fresh : now->room;
    now->cycle = now->retired + 2 > now->cycle ? now->retired + 2 : now->cycle;
    if (step->entry == 0) {
        move(s, step);
    } else {
        append(s, now, step);
    }
}

/* How far ahead of time the next event is, less one; GAS_WHEEL when there is none. */
INLINED int32_t next_event(const struct gas_events *s, const struct gas_now *now) {
    uint32_t from = (uint32_t)(now->time + 1) % GAS_WHEEL;
    uint64_t near = s->occupied[from / 64], far = s->occupied[from / 64 ^ 1];
    uint32_t within = from % 64;
    if (near >> within != 0) {
        return __builtin_ctzll(near >> within);
    }
    if (far != 0) {
        return (int32_t)(64 - within) + __builtin_ctzll(far);
    }
    return near != 0 ? (int32_t)(128 - within) + __builtin_ctzll(near) : GAS_WHEEL;
}

INLINED uint32_t rotate_right(uint32_t value, uint32_t count) {
    return value >> (count & 31) | value << (-count & 31);
}

/* Starts those of the candidates that have units, oldest first. */
INLINED void start(struct gas_events *s, struct gas_now *now, uint32_t candidates) {
    uint32_t oldest = CELL(now->tail); /* or what comes behind it */
    uint32_t starts = STARTS;
    candidates &= (now->units & ONE_MUL) == 0 ? ~s->waiting_of_class[CLASS_MUL] : UINT32_MAX;
    candidates &= (now->units & ONE_DIV) == 0 ? ~s->waiting_of_class[CLASS_DIV] : UINT32_MAX;
    for (;;) {
        if (ALU_COUNT(now->units) < 2) {
            candidates &=
                ALU_COUNT(now->units) == 0 ? s->waiting_of_class[CLASS_NONE] : ~s->waiting_of_class[CLASS_ALU2];
        }
        if (candidates == 0) {
            return;
        }
        if (starts-- == 0) {
            occupy(s, now->time + 1);
            return;
        }
        uint32_t cell = ((uint32_t)__builtin_ctz(rotate_right(candidates, oldest)) + oldest) % REORDER_ENTRIES;
        uint32_t bit = UINT32_C(1) << cell, class = (uint32_t)s->timing[cell].class;
        int32_t finish = now->time + s->timing[cell].latency;
        uint32_t at = (uint32_t)finish % GAS_WHEEL;
        store(s->released[at], _mm_or_si128(load(s->released[at]), load(s->dependents[cell])));
        s->units_freed[at] += units_of_class[class];
        occupy(s, finish);
        now->units -= units_of_class[class];
        candidates &= ~bit;
        if (class >= CLASS_MUL) {
            candidates &= ~s->waiting_of_class[class];
        }
        s->finish[cell] = finish;
        now->waiting &= ~bit;
        s->waiting_of_class[class] &= ~bit;
        now->latest = finish > now->latest ? finish : now->latest;
    }
}

/* What happens in this cycle, which has an event. */
INLINED void handle_event(struct gas_events *s, struct gas_now *now) {
    uint32_t at = (uint32_t)now->time % GAS_WHEEL, blocked = 0;
    s->occupied[at / 64] &= ~(UINT64_C(1) << at % 64);
    blocked |= now->blocked[FIRST_SOURCE] &= ~s->released[at][FIRST_SOURCE];
    blocked |= now->blocked[SECOND_SOURCE] &= ~s->released[at][SECOND_SOURCE];
    blocked |= now->blocked[THIRD_SOURCE] &= ~s->released[at][THIRD_SOURCE];
    blocked |= now->blocked[READY_TIME] &= ~s->released[at][READY_TIME];
    store(s->released[at], _mm_setzero_si128());
    now->units += s->units_freed[at];
    s->units_freed[at] = 0;
    uint32_t candidates = now->waiting & ~blocked;
    if (candidates != 0) {
        start(s, now, candidates);
    }
}

/* Leaves the wheel as it must be between blocks. */
INLINED void clear_wheel(struct gas_events *s) {
    for (uint32_t half = 0; half < 2; half++) {
        for (uint64_t set = s->occupied[half]; set != 0; set &= set - 1) {
            uint32_t at = 64 * half + (uint32_t)__builtin_ctzll(set);
            store(s->released[at], _mm_setzero_si128());
            s->units_freed[at] = 0;
        }
    }
}

void gas_events_run(struct gas_events *s, const struct gas_step *steps, uint32_t count, enum gas_part part) {
    const bool last = part == GAS_LAST_STEPS;
    const struct gas_step *end = steps + count;
    struct gas_now now = s->now;
    for (;;) {
        /* Whether there is a cell for what is decoded next, in these steps or those to come. */
        bool cell_free = (now.waiting >> CELL(now.tail) & 1) == 0;
        if (steps != end && cell_free && now.cycle - now.time <= DECODE_AHEAD) {
            decode(s, &now, steps++);
            continue;
        }
        int32_t distance = next_event(s, &now);
        if (cell_free && (steps != end || !last) && now.time + distance >= now.cycle) {
            /* What is decoded next may cause an event before any that is known. */
            if (steps == end) {
                break;
            }
            now.time = now.cycle;
            continue;
        }
        if (steps == end && last && now.waiting == 0) {
            clear_wheel(s);
            break;
        }
        now.time += 1 + distance;
        handle_event(s, &now);
    }
    s->now = now;
}

int32_t gas_events_rebase(struct gas_events *s) {
    int32_t by = s->now.time - s->now.time % GAS_WHEEL;
    for (int cell = 0; cell < REORDER_ENTRIES; cell++) {
        s->finish[cell] = gas_rebased(s->finish[cell], by);
    }
    s->now.time -= by;
    s->now.cycle -= by;
    s->now.latest -= by;
    s->now.retired = gas_rebased(s->now.retired, by);
    return by;
}
