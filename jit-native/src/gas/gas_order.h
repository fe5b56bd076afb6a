/* Placing entries in program order: a price, or word that the rules may do otherwise (gas_order.c). */
#ifndef PVMJIT_GAS_ORDER_H
#define PVMJIT_GAS_ORDER_H

#include "gas/gas_rules.h"
#include "isa/steps.h"

#include <stdbool.h>
#include <stdint.h>

/* A unit of which there is one. */
struct gas_unit {
    int32_t free;    /* first cycle after its last entry */
    int32_t gap_end; /* when the last entry started that left it idle before */
};

struct gas_order {
    _Alignas(16) int32_t finish[GAS_REGISTERS][4]; /* of each register's holder, four times */
    int32_t alu_free[ALUS];                        /* first cycle after the last entry of each ALU, rising */
    int32_t gap_end[ALUS];              /* the greatest: when the last entry started that left an ALU idle before */
    int32_t latest;                     /* finish */
    struct gas_unit units[CLASS_COUNT]; /* mul and div */
    int32_t cycle;                      /* of decoding */
    uint32_t room;                      /* what is left in it of DECODE_ROOM */
    uint32_t entries;
    /* By entry number modulo GAS_HISTORY. */
    int32_t start[GAS_HISTORY];
    int32_t latest_of[GAS_HISTORY]; /* latest finish of this entry and those before */
};

/* The latest finish of a block of up to REORDER_ENTRIES steps; -1 when the literal rules may do otherwise. */
int32_t gas_order_block(const struct gas_step *steps, uint32_t count);

/* The same for a block of any number of steps, at most GAS_CHUNK at a time. False when the literal rules may do otherwise;
 * of the state, what was known before the steps is still there. */
void gas_order_begin(struct gas_order *order);
bool gas_order_place(struct gas_order *order, const struct gas_step *steps, uint32_t count);

/* Makes the current time small; returns by how much. */
int32_t gas_order_rebase(struct gas_order *order);

#endif
