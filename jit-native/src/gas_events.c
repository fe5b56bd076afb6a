/* The second way to price: simulation by events, for what gas_order.c does not settle. docs/gas.md says why it is what the
 * rules of Gray Paper A.9 do.
 *
 * Decoding runs ahead of time: when it happens depends on nothing but the finish of entries that are retired by then. The
 * wheel holds for each cycle to come which slots may start then as far as decoding and finished sources are concerned,
 * which slots had a source finish, and which units come free. */
#include "internal.h"

/* Decoding is at most so far ahead of time that every event is less than GAS_WHEEL ahead. */
#define DECODE_AHEAD 24

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

#define SLOT(entry) ((uint32_t)(entry) % REORDER_ENTRIES)

static inline uint32_t rotate_right(uint32_t value, uint32_t count) {
    return value >> (count & 31) | value << (-count & 31);
}

static inline void occupy(struct gas_events *s, int32_t time) {
    s->occupied[(uint32_t)time / 64 % 2] |= UINT64_C(1) << ((uint32_t)time % 64);
}

void gas_events_begin(struct gas_events *s) {
    memset(s->occupied, 0, sizeof s->occupied);
    for (int slot = 0; slot < REORDER_ENTRIES; slot++) {
        s->finish[slot] = RETIRED_FROM_THE_START;
    }
    for (int n = 0; n < GAS_REGISTERS; n++) {
        s->holder[n] = NO_HOLDER;
    }
    s->waiting = s->ready = 0;
    memset(s->blocked, 0, sizeof s->blocked);
    memset(s->waiting_of_class, 0, sizeof s->waiting_of_class);
    s->units = ALUS * ONE_ALU | ONE_MUL | ONE_DIV;
    s->time = s->cycle = s->latest = 0;
    s->retired = RETIRED_FROM_THE_START;
    s->room = DECODE_ROOM;
    s->tail = 0;
}

/* Puts the entry into its slot with what does not change there. */
static inline void describe(struct gas_events *s, uint32_t slot, const struct gas_step *step) {
    const struct gas_timing *timing = &gas_timing[step->timing];
    s->latency[slot] = (uint8_t)timing->latency;
    s->class[slot] = (uint8_t)(timing->special_class != 0 ? timing->special_class : -timing->takes_alu);
}

/* Lets a described entry wait for its start, which decoding allows from `ready` on. Entries before the oldest are retired. */
static inline void await(struct gas_events *s, uint32_t slot, const int32_t sources[3], int32_t ready, int32_t oldest) {
    uint32_t bit = UINT32_C(1) << slot;
    for (int n = 0; n < 3; n++) {
        uint32_t of = SLOT(sources[n]), holds = -(uint32_t)(sources[n] >= oldest);
        uint32_t waits = -(s->waiting >> of & 1) & holds & bit;
        int32_t finish = s->finish[of] & (int32_t)holds;
        s->dependents[n][of] |= waits;
        s->blocked[n] |= waits;
        ready = finish > ready ? finish : ready;
        s->dependents[n][slot] = 0;
    }
    s->finish[slot] = 0;
    s->waiting |= bit;
    s->waiting_of_class[s->class[slot]] |= bit;
    s->wheel[ready % GAS_WHEEL].ready |= bit;
    occupy(s, ready);
}

static inline void append(struct gas_events *s, const struct gas_step *step) {
    uint32_t slot = SLOT(s->tail);
    const int32_t sources[3] = {s->holder[step->sources[0] / 16], s->holder[step->sources[1] / 16],
                                s->holder[step->sources[2] / 16]};
    describe(s, slot, step);
    await(s, slot, sources, s->cycle + 1, s->tail - REORDER_ENTRIES + 1);
    s->holder[step->destination / 16] = s->tail++;
}

static void move(struct gas_events *s, const struct gas_step *step) {
    s->holder[step->destination / 16] = s->holder[step->sources[0] / 16];
}

GAS_TARGET void gas_events_follow(struct gas_events *s, const struct gas_step *steps, uint32_t count) {
    for (const struct gas_step *step = steps; step != steps + count; step++) {
        if (step->entry == 0) {
            move(s, step);
        } else {
            uint32_t slot = SLOT(s->tail);
            describe(s, slot, step);
            for (int n = 0; n < 3; n++) {
                s->sources[slot][n] = s->holder[step->sources[n] / 16];
            }
            s->holder[step->destination / 16] = s->tail++;
        }
    }
}

GAS_TARGET void gas_events_resume(struct gas_events *s, const struct gas_order *order) {
    int32_t oldest = s->tail > REORDER_ENTRIES ? s->tail - REORDER_ENTRIES : 0;
    s->time = s->cycle = order->cycle;
    s->room = order->room;
    if (oldest > 0) {
        s->latest = s->retired = order->latest_of[(uint32_t)(oldest - 1) % GAS_HISTORY];
    }
    for (int32_t entry = oldest; entry < s->tail; entry++) {
        uint32_t slot = SLOT(entry), units = units_of_class[s->class[slot]];
        int32_t start = order->start[(uint32_t)entry % GAS_HISTORY], finish = start + s->latency[slot];
        if (start > s->time) {
            await(s, slot, s->sources[slot], s->time + 1, oldest);
            continue;
        }
        s->finish[slot] = finish;
        s->latest = finish > s->latest ? finish : s->latest;
        if (finish > s->time) {
            s->units -= units;
            s->wheel[finish % GAS_WHEEL].units += units;
            occupy(s, finish);
        }
    }
}

/* Decodes the steps that can be decoded; returns how many. It ends in front of one that needs the room of an entry that
 * has not started, or that is too far ahead. */
static uint32_t decode(struct gas_events *s, const struct gas_step *steps, uint32_t count) {
    uint32_t n = 0;
    for (; n < count; n++) {
        uint32_t slot = SLOT(s->tail);
        if ((s->waiting >> slot & 1) != 0 || s->cycle - s->time > DECODE_AHEAD) {
            break;
        }
        const struct gas_step *step = &steps[n];
        uint32_t cost = step->cost, fresh = DECODE_ROOM - cost;
        s->cycle += s->room < cost;
        s->room = s->room < cost ? fresh : s->room - cost;
        s->retired = s->finish[slot] > s->retired ? s->finish[slot] : s->retired;
        if (s->retired + 2 > s->cycle) {
            s->cycle = s->retired + 2;
            s->room = fresh;
        }
        if (step->entry == 0) {
            move(s, step);
        } else {
            append(s, step);
        }
    }
    return n;
}

/* How far ahead of time the next event is, less one; GAS_WHEEL when there is none. */
static inline int32_t next_event(const struct gas_events *s) {
    uint32_t from = (uint32_t)(s->time + 1) % GAS_WHEEL;
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

/* Starts those of the candidates that have units, oldest first. */
static inline void start(struct gas_events *s, uint32_t candidates) {
    uint32_t oldest = SLOT(s->tail); /* or what comes behind it */
    uint32_t units = s->units, starts = STARTS;
    for (;;) {
        candidates &= ALU_COUNT(units) == 0   ? s->waiting_of_class[CLASS_NONE]
                      : ALU_COUNT(units) == 1 ? ~s->waiting_of_class[CLASS_ALU2]
                                              : UINT32_MAX;
        candidates &= (units & ONE_MUL) == 0 ? ~s->waiting_of_class[CLASS_MUL] : UINT32_MAX;
        candidates &= (units & ONE_DIV) == 0 ? ~s->waiting_of_class[CLASS_DIV] : UINT32_MAX;
        if (candidates == 0) {
            break;
        }
        if (starts-- == 0) {
            occupy(s, s->time + 1);
            break;
        }
        uint32_t slot = ((uint32_t)__builtin_ctz(rotate_right(candidates, oldest)) + oldest) % REORDER_ENTRIES;
        uint32_t bit = UINT32_C(1) << slot, class = s->class[slot];
        int32_t finish = s->time + s->latency[slot];
        struct gas_event *event = &s->wheel[finish % GAS_WHEEL];
        for (int n = 0; n < 3; n++) {
            event->released[n] |= s->dependents[n][slot];
        }
        event->units += units_of_class[class];
        occupy(s, finish);
        units -= units_of_class[class];
        candidates &= ~bit;
        s->finish[slot] = finish;
        s->waiting &= ~bit;
        s->ready &= ~bit;
        s->waiting_of_class[class] &= ~bit;
        s->latest = finish > s->latest ? finish : s->latest;
    }
    s->units = units;
}

/* What happens in this cycle, which has an event. */
static inline void handle_event(struct gas_events *s) {
    struct gas_event *event = &s->wheel[s->time % GAS_WHEEL];
    s->occupied[(uint32_t)s->time / 64 % 2] &= ~(UINT64_C(1) << ((uint32_t)s->time % 64));
    uint32_t blocked = 0;
    for (int n = 0; n < 3; n++) {
        s->blocked[n] &= ~event->released[n];
        blocked |= s->blocked[n];
    }
    s->ready |= event->ready;
    s->units += event->units;
    *event = (struct gas_event){0};
    uint32_t candidates = s->ready & ~blocked;
    if (candidates != 0) {
        start(s, candidates);
    }
}

/* Leaves the wheel as it must be between blocks. */
static void clear_wheel(struct gas_events *s) {
    for (int half = 0; half < 2; half++) {
        for (uint64_t set = s->occupied[half]; set != 0; set &= set - 1) {
            s->wheel[64 * half + __builtin_ctzll(set)] = (struct gas_event){0};
        }
    }
}

int32_t gas_events_rebase(struct gas_events *s) {
    int32_t by = s->time - s->time % GAS_WHEEL;
    for (int slot = 0; slot < REORDER_ENTRIES; slot++) {
        s->finish[slot] = gas_rebased(s->finish[slot], by);
    }
    s->time -= by;
    s->cycle -= by;
    s->latest -= by;
    s->retired = gas_rebased(s->retired, by);
    return by;
}

GAS_TARGET void gas_events_run(struct gas_events *s, const struct gas_step *steps, uint32_t count, bool last) {
    uint32_t done = 0;
    for (;;) {
        done += decode(s, steps + done, count - done);
        /* Whether the next step, or the one that comes with the next chunk, may be decoded already in this cycle. */
        bool more = done < count ? (s->waiting >> SLOT(s->tail) & 1) == 0 : !last;
        int32_t distance = next_event(s);
        if (more && s->time + distance >= s->cycle) {
            if (done == count) {
                return;
            }
            s->time = s->cycle;
            continue;
        }
        if (!more && s->waiting == 0) {
            clear_wheel(s);
            return;
        }
        s->time += 1 + distance;
        handle_event(s);
    }
}
