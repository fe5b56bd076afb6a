/* The first way to price: each entry is placed, in program order, at the first time that the entries before it leave units
 * free. docs/gas.md proves when that is what the rules of Gray Paper A.9 do; everything else is noticed here. */
#include "gas/gas_order.h"

#include "base/hints.h"

#include <smmintrin.h>
#include <string.h>

/* Steps that are placed before conflicts are looked for. */
#define STEPS_UNCHECKED 16

/* Times, four at once: one for each ALU, or four times the same. */
typedef __m128i lanes;

/* The state while steps are placed. */
struct placing {
    lanes *registers;
    int32_t *start, *latest_of;
    struct gas_unit *units; /* by class */
    lanes free, gap_end, latest;
    lanes conflict; /* above 0: an entry waits for a unit past the start of a gap that it might have started in */
    int32_t cycle;
    uint32_t room;
    uint32_t entries;
    bool crowded; /* more than STARTS in a cycle */
};

INLINED lanes load(const int32_t *values) {
    return _mm_load_si128((const lanes *)(const void *)values);
}

INLINED void store(int32_t *values, lanes lanes) {
    _mm_store_si128((void *)values, lanes);
}

INLINED int32_t first(lanes values) {
    return _mm_cvtsi128_si32(values);
}

/* A bit for each lane that is above 0. */
INLINED uint32_t positive(lanes values) {
    return (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(values, _mm_setzero_si128())));
}

/* An entry that may start in `ready` is given a start in `start` or later, which `gap_end` says to be right or not. */
INLINED void note_conflict(struct placing *p, lanes ready, lanes start, lanes gap_end) {
    p->conflict = _mm_max_epi32(p->conflict, _mm_sub_epi32(_mm_min_epi32(start, gap_end), ready));
}

/* Takes the ALU that was free for the shortest time at `start`, where mask is set. */
INLINED void take_alu(struct placing *p, lanes start, lanes finish, lanes mask) {
    lanes free = p->free, following = _mm_alignr_epi8(_mm_set1_epi32(INT32_MAX), free, 4);
    /* From the lane of that ALU on, the times move up, and the finish finds its place among them. */
    lanes from = _mm_and_si128(_mm_cmpgt_epi32(following, start), mask);
    lanes gap = _mm_and_si128(from, _mm_cmpgt_epi32(start, free));
    p->gap_end = _mm_max_epi32(p->gap_end, _mm_and_si128(gap, start));
    p->free = _mm_max_epi32(free, _mm_min_epi32(_mm_and_si128(following, from), finish));
}

/* The start of an entry that takes a unit of which there is one; it could start in `ready` but for that. */
INLINED lanes take_unit(struct placing *p, struct gas_unit *unit, lanes ready, int32_t latency) {
    int32_t start = first(ready);
    note_conflict(p, ready, _mm_set1_epi32(unit->free), _mm_set1_epi32(unit->gap_end));
    if (start > unit->free) {
        unit->gap_end = start;
    } else {
        start = unit->free;
    }
    unit->free = start + latency;
    return _mm_set1_epi32(start);
}

/* Entries that take something else than one ALU or nothing: the start, but for the one ALU that the caller takes. */
INLINED lanes place_special(struct placing *p, enum gas_class class, lanes ready, lanes latency) {
    if (class == CLASS_ALU2) {
        lanes start = _mm_max_epi32(ready, _mm_shuffle_epi32(p->free, 0x55));
        note_conflict(p, ready, start, p->gap_end);
        take_alu(p, start, _mm_add_epi32(start, latency), _mm_set1_epi32(-1));
        return start;
    }
    lanes start = _mm_max_epi32(ready, _mm_shuffle_epi32(p->free, 0));
    note_conflict(p, ready, start, p->gap_end);
    return take_unit(p, &p->units[class], start, first(latency));
}

/* Whether more than STARTS of the last entries start in this cycle. */
NOT_INLINED bool is_crowded(const int32_t *start, uint32_t entries, int32_t cycle) {
    uint32_t count = entries < REORDER_ENTRIES ? entries : REORDER_ENTRIES, starts = 0;
    for (uint32_t n = 1; n <= count; n++) {
        starts += start[(entries - n) % GAS_HISTORY] == cycle;
    }
    return starts > STARTS;
}

/* Whether the reorder buffer may be full: a block of up to REORDER_ENTRIES never fills it. */
enum buffer { BUFFER_NEVER_FULL, BUFFER_MAY_BE_FULL };

INLINED void place(struct placing *p, const struct gas_step *step, enum buffer buffer) {
    const struct gas_timing *row = &gas_timing[step->timing];
    lanes timing = load(&row->takes_alu);
    lanes takes_alu = _mm_shuffle_epi32(timing, 0x00), latency = _mm_shuffle_epi32(timing, 0xAA);
    uint32_t cost = step->cost, fresh = DECODE_ROOM - cost;
    p->cycle += p->room < cost;
    p->room = p->room < cost ? fresh : p->room - cost;
    if (buffer == BUFFER_MAY_BE_FULL) {
        int32_t retired = p->latest_of[(p->entries - REORDER_ENTRIES) % GAS_HISTORY] + 2;
        p->room = retired > p->cycle ? fresh : p->room;
        p->cycle = retired > p->cycle ? retired : p->cycle;
    }
    lanes ready = _mm_set1_epi32((p->cycle + 1) & row->is_entry);
    const char *registers = (const char *)p->registers;
    ready = _mm_max_epi32(ready, *(const lanes *)(const void *)(registers + step->sources[0]));
    ready = _mm_max_epi32(ready, *(const lanes *)(const void *)(registers + step->sources[1]));
    ready = _mm_max_epi32(ready, *(const lanes *)(const void *)(registers + step->sources[2]));
    if (RARELY(row->entry.class > CLASS_ALU)) {
        ready = place_special(p, (enum gas_class)row->entry.class, ready, latency);
    }
    lanes start = _mm_max_epi32(ready, _mm_and_si128(_mm_shuffle_epi32(p->free, 0), takes_alu));
    lanes finish = _mm_add_epi32(start, latency);
    note_conflict(p, ready, start, p->gap_end);
    take_alu(p, start, finish, takes_alu);
    p->latest = _mm_max_epi32(p->latest, finish);
    *(lanes *)(void *)((char *)p->registers + step->destination) = finish;
    p->start[p->entries % GAS_HISTORY] = first(start);
    if (buffer == BUFFER_MAY_BE_FULL) {
        p->latest_of[p->entries % GAS_HISTORY] = first(p->latest);
    }
    p->entries += step->entry;
    /* Six starts need two entries without a unit, which start in the cycle after their decoding. */
    if (RARELY((p->room & 0xFE) != 0)) {
        uint32_t busy = (uint32_t)__builtin_popcount(positive(_mm_sub_epi32(p->free, _mm_set1_epi32(p->cycle + 1))));
        if (RARELY(busy + (p->room & 0xFF) > STARTS)) {
            p->crowded |= is_crowded(p->start, p->entries, p->cycle + 1);
        }
    }
}

/* Places the steps; false as soon as it is seen that the literal rules may do otherwise. */
INLINED bool place_all(struct placing *p, const struct gas_step *steps, uint32_t count, enum buffer buffer) {
    for (uint32_t n = 0; n < count;) {
        uint32_t end = count - n < STEPS_UNCHECKED ? count : n + STEPS_UNCHECKED;
        for (; n < end; n++) {
            place(p, &steps[n], buffer);
        }
        if (RARELY(p->crowded || positive(p->conflict) != 0)) {
            return false;
        }
    }
    return true;
}

int32_t gas_order_block(const struct gas_step *steps, uint32_t count) {
    const lanes zero = _mm_setzero_si128();
    lanes registers[GAS_REGISTERS];
    int32_t start[GAS_HISTORY];
    struct gas_unit units[CLASS_COUNT];
    struct placing p = {
        .registers = registers,
        .start = start,
        .latest_of = NULL,
        .units = units,
        .free = zero,
        .gap_end = zero,
        .latest = zero,
        .conflict = zero,
        .cycle = 0,
        .room = DECODE_ROOM,
        .entries = 0,
        .crowded = false,
    };
    units[CLASS_MUL] = units[CLASS_DIV] = (struct gas_unit){0, 0};
    for (int n = 0; n < GAS_REGISTERS; n += 4) {
        registers[n] = registers[n + 1] = registers[n + 2] = registers[n + 3] = zero;
    }
    return place_all(&p, steps, count, BUFFER_NEVER_FULL) ? first(p.latest) : -1;
}

void gas_order_begin(struct gas_order *order) {
    memset(order->finish, 0, sizeof order->finish);
    memset(order->alu_free, 0, sizeof order->alu_free);
    memset(order->gap_end, 0, sizeof order->gap_end);
    order->latest = order->cycle = 0;
    order->units[CLASS_MUL] = order->units[CLASS_DIV] = (struct gas_unit){0, 0};
    order->room = DECODE_ROOM;
    order->entries = 0;
    for (int n = GAS_HISTORY - REORDER_ENTRIES; n < GAS_HISTORY; n++) {
        order->latest_of[n] = RETIRED_FROM_THE_START;
    }
}

bool gas_order_place(struct gas_order *order, const struct gas_step *steps, uint32_t count) {
    struct placing p = {
        .registers = (lanes *)(void *)order->finish,
        .start = order->start,
        .latest_of = order->latest_of,
        .units = order->units,
        .free = load(order->alu_free),
        .gap_end = load(order->gap_end),
        .latest = _mm_set1_epi32(order->latest),
        .conflict = _mm_setzero_si128(),
        .cycle = order->cycle,
        .room = order->room,
        .entries = order->entries,
        .crowded = false,
    };
    if (!place_all(&p, steps, count, BUFFER_MAY_BE_FULL)) {
        return false;
    }
    store(order->alu_free, p.free);
    store(order->gap_end, p.gap_end);
    order->latest = first(p.latest);
    order->cycle = p.cycle;
    order->room = p.room;
    order->entries = p.entries;
    return true;
}

int32_t gas_order_rebase(struct gas_order *order) {
    int32_t by = order->cycle;
    for (int n = 0; n < GAS_REGISTERS; n++) {
        for (int lane = 0; lane < 4; lane++) {
            order->finish[n][lane] = gas_rebased(order->finish[n][lane], by);
        }
    }
    for (int n = 0; n < ALUS; n++) {
        order->alu_free[n] = gas_rebased(order->alu_free[n], by);
        order->gap_end[n] = gas_rebased(order->gap_end[n], by);
    }
    for (int n = 0; n < GAS_HISTORY; n++) {
        order->start[n] = gas_rebased(order->start[n], by);
        order->latest_of[n] = gas_rebased(order->latest_of[n], by);
    }
    for (int class = CLASS_MUL; class <= CLASS_DIV; class ++) {
        order->units[class].free = gas_rebased(order->units[class].free, by);
        order->units[class].gap_end = gas_rebased(order->units[class].gap_end, by);
    }
    order->latest -= by;
    order->cycle = 0;
    return by;
}
