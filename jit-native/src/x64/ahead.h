/* What is found out about the blocks that are decoded (isa/lookahead.h) before the first of them is emitted. */
#ifndef PVMJIT_AHEAD_H
#define PVMJIT_AHEAD_H

#include "isa/lookahead.h"
#include "x64/debts.h"
#include "x64/generator.h"

#include <stdbool.h>
#include <stdint.h>

#define LINE_OCTETS 64

/* By the number of the block among those that are decoded. */
struct ahead {
    struct ways ways[LOOKAHEAD]; /* where gas is taken later */
    /* About how many octets are to be in one line of the cache, from the start of the block; 0: it may be anywhere. */
    uint8_t in_line[LOOKAHEAD];
};

/* The first of the instructions that are decoded has this number in the section. */
void ahead_find(struct ahead *ahead, struct generator *g, const struct lookahead *lookahead, uint32_t slot);

/* Where a block leads that ends with this instruction, in front of that with this number in the section. */
struct ways ahead_ways(const struct generator *g, const struct instruction *last, uint32_t end);

#endif
