/* The price of a basic block (Gray Paper A.9): which of the two ways to it a block goes, gas_order.c, which is fast and
 * notices when it does not hold, or gas_events.c, which always holds. docs/gas.md. */
#include "gas/gas.h"

#include "base/hints.h"

#include <string.h>

/* Time 0 moves up when it is this far behind. */
#define REBASE_AFTER (1 << 16)

void gas_init(struct gas_model *model) {
    memset(model->events.released, 0, sizeof model->events.released);
    memset(model->events.units_freed, 0, sizeof model->events.units_freed);
}

void gas_begin(struct gas_model *model) {
    model->first = true;
    model->by_events = false;
    model->base = 0;
}

/* Prices a chunk in program order, or goes over to events in front of it. */
static void price_in_order(struct gas_model *model, const struct gas_step *steps, uint32_t count, enum gas_part part) {
    if (model->first) {
        gas_order_begin(&model->order);
    }
    bool exact = gas_order_place(&model->order, steps, count);
    if (exact && part == GAS_LAST_STEPS) {
        return;
    }
    if (model->first) {
        gas_events_begin(&model->events);
    }
    if (exact) {
        gas_events_follow(&model->events, steps, count);
    } else {
        gas_events_resume(&model->events, &model->order);
        model->by_events = true;
    }
}

/* Prices a chunk of a block. */
static void price(struct gas_model *model, const struct gas_step *steps, uint32_t count, enum gas_part part) {
    if (!model->by_events) {
        price_in_order(model, steps, count, part);
    }
    if (model->by_events) {
        gas_events_run(&model->events, steps, count, part);
    }
    if ((model->by_events ? model->events.now.time : model->order.cycle) > REBASE_AFTER) {
        model->base +=
            (uint32_t)(model->by_events ? gas_events_rebase(&model->events) : gas_order_rebase(&model->order));
    }
    model->first = false;
}

void gas_add(struct gas_model *model, const struct gas_step *steps, uint32_t count) {
    for (; count > GAS_CHUNK; steps += GAS_CHUNK, count -= GAS_CHUNK) {
        price(model, steps, GAS_CHUNK, GAS_MORE_STEPS);
    }
    price(model, steps, count, GAS_MORE_STEPS);
}

uint32_t gas_finish(struct gas_model *model) {
    static const struct gas_step none;
    price(model, &none, 0, GAS_LAST_STEPS);
    return gas_price_of(model->base + (uint32_t)(model->by_events ? model->events.now.latest : model->order.latest));
}

NOT_INLINED uint32_t price_block(struct gas_model *model, const struct gas_step *steps, uint32_t count) {
    gas_begin(model);
    if (count > REORDER_ENTRIES) {
        uint32_t last = (count - 1) % GAS_CHUNK + 1;
        if (count > last) {
            gas_add(model, steps, count - last);
        }
        price(model, steps + (count - last), last, GAS_LAST_STEPS);
        return gas_price_of(model->base +
                            (uint32_t)(model->by_events ? model->events.now.latest : model->order.latest));
    }
    int32_t latest = gas_order_block(steps, count);
    if (latest < 0) {
        gas_events_begin(&model->events);
        gas_events_run(&model->events, steps, count, GAS_LAST_STEPS);
        model->by_events = true;
        latest = model->events.now.latest;
    }
    return gas_price_of((uint32_t)latest);
}

uint32_t gas_price(struct gas_model *model, const struct gas_step *steps, uint32_t count) {
    return count == 1 ? gas_price_of_one(steps) : price_block(model, steps, count);
}
