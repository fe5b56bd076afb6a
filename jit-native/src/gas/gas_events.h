/* Simulation of the gas model by events (gas_events.c): a price for what gas_order.c does not settle. */
#ifndef PVMJIT_GAS_EVENTS_H
#define PVMJIT_GAS_EVENTS_H

#include "gas/gas_order.h"
#include "gas/gas_rules.h"
#include "isa/steps.h"

#include <stdbool.h>
#include <stdint.h>

/* Sets are masks of cells of the reorder buffer: entry n is in cell n % 32. What an entry may wait for is four things: its
 * sources, and the time that decoding and the sources that have started allow. */
struct gas_now {
    uint32_t waiting;    /* decoded and not started */
    uint32_t blocked[4]; /* of these, what waits for each of the four */
    uint32_t units;      /* free ones */
    int32_t time;        /* every start up to this cycle is done */
    int32_t cycle;       /* of decoding: not before time */
    uint32_t room;
    int32_t latest;  /* finish */
    int32_t retired; /* latest finish of the entries that decoding knows to be retired */
    int32_t tail;    /* number of the next entry */
};

struct gas_events {
    /* By cycle modulo GAS_WHEEL; all zero between blocks: cells that wait no longer, and units that are free again. */
    _Alignas(16) uint32_t released[GAS_WHEEL][4];
    uint32_t units_freed[GAS_WHEEL];
    uint64_t occupied[2]; /* positions of the wheel in use, or to be looked at */
    _Alignas(16) uint32_t dependents[REORDER_ENTRIES][4];
    int32_t finish[REORDER_ENTRIES]; /* 0 for entries that have not started */
    struct gas_entry_timing timing[REORDER_ENTRIES];
    uint32_t waiting_of_class[CLASS_COUNT];
    int32_t holder[GAS_REGISTERS]; /* number of the entry that holds a register; NO_HOLDER */
    struct gas_now now;
    int32_t sources[REORDER_ENTRIES][3]; /* numbers of entries, while gas_events_follow keeps them */
};

#define NO_HOLDER (-GAS_HISTORY)

void gas_events_begin(struct gas_events *events);

/* Keeps account of who holds which register, instead of simulating, for steps that were placed in order. */
void gas_events_follow(struct gas_events *events, const struct gas_step *steps, uint32_t count);

/* Goes on behind the steps that were followed: with what had started, in the order, when the last of them was decoded. */
void gas_events_resume(struct gas_events *events, const struct gas_order *order);

/* Simulates as far as the steps tell what happens; the last ones to the end. The wheel is clear then. */
void gas_events_run(struct gas_events *events, const struct gas_step *steps, uint32_t count, enum gas_part part);

int32_t gas_events_rebase(struct gas_events *events);

#endif
