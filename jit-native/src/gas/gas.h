/* The price of a basic block (Gray Paper A.9). docs/gas.md says why the result is exact. A model belongs to one thread;
 * every part of it but the wheel of its events is set when it is first used. */
#ifndef PVMJIT_GAS_H
#define PVMJIT_GAS_H

#include "gas/gas_events.h"
#include "gas/gas_order.h"
#include "isa/steps.h"

#include <stdbool.h>
#include <stdint.h>

struct gas_model {
    bool first; /* chunk of the block */
    bool by_events;
    uint32_t base; /* cycles in front of time 0 */
    struct gas_order order;
    struct gas_events events;
};

/* To be called once for a model; then blocks are priced one after the other. */
void gas_init(struct gas_model *model);

/* The price of a block whose entries have finished in this cycle: the cycles at the end are 2 more, the price is three less. */
static inline uint32_t gas_price_of(uint32_t latest) {
    return latest > 2 ? latest - 1 : 1;
}

/* The price of a block of one step. There is nothing to wait for: it starts in cycle 1, if it is an entry at all. */
static inline uint32_t gas_price_of_one(const struct gas_step *step) {
    return gas_price_of((uint32_t)(gas_timing[step->timing].entry.latency + step->entry));
}

/* The price of a block of these steps. */
uint32_t gas_price(struct gas_model *model, const struct gas_step *steps, uint32_t count);

/* The same for a block that comes in parts: begin, all its steps, finish. */
void gas_begin(struct gas_model *model);
void gas_add(struct gas_model *model, const struct gas_step *steps, uint32_t count);
uint32_t gas_finish(struct gas_model *model);

#endif
