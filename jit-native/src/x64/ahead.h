/* What is found out about the blocks that are decoded (isa/lookahead.h) before the first of them is emitted. */
#ifndef PVMJIT_AHEAD_H
#define PVMJIT_AHEAD_H

#include "isa/lookahead.h"
#include "x64/debts.h"
#include "x64/generator.h"

#include <stdbool.h>
#include <stdint.h>

#define LINE_OCTETS 64

/* The most gas between two checks of code that is fast: what is entered with less takes another variant. */
#define MAXIMUM_MARGIN (512 + MAXIMUM_DEBT)

/* By the number of the block among those that are decoded. */
struct ahead {
    struct debtor debtors[LOOKAHEAD];
    struct settlement settlements[LOOKAHEAD]; /* of these */
    /* About how many octets are to be in one line of the cache, from the start of the block; 0: it may be anywhere. */
    uint8_t in_line[LOOKAHEAD];
};

/* Of what is decoded, of which the first instruction has this number in the section: from this block on, whose costs these are. */
void ahead_find(struct ahead *ahead, struct generator *g, const struct lookahead *lookahead, uint32_t slot,
                uint32_t from, const pvm_block *costs);

/* How a block takes its gas that has more instructions than are decoded, where blocks are not simple. It checks. The first, and that
 * behind the last one, have these numbers in the section. */
struct settlement ahead_settle_long(struct generator *g, const struct instruction *last, uint32_t slot, uint32_t end,
                                    uint32_t cost);

#endif
