/* The machine code of a block behind what takes its gas, in a variant that is fast: values are written lazily (x64/lazy.h), and
 * a short loop of one block is there several times in a row. A block of more than LOOKAHEAD instructions is emitted in pieces of
 * so many; all is written behind each.
 *
 * Such a loop takes the gas of all its copies at its head. Each copy but the last leaves the loop by a branch, to where what
 * is missing is written and the gas of the copies behind is given back. A start in the block goes to the first copy. */
#ifndef PVMJIT_BLOCK_H
#define PVMJIT_BLOCK_H

#include "isa/program.h"
#include "x64/generator.h"
#include "x64/lazy.h"

#include <stdbool.h>
#include <stdint.h>

/* The most machine code that is added, for each octet of the guest's in front of it, beyond DENSE_OCTETS_FIXED. */
#define ADDED_OCTETS_PER_OCTET 1

/* Blocks of fewer instructions are no loops that have copies. */
#define LEAST_IN_LOOP 2

/* How many copies of a block of at least LEAST_IN_LOOP there are to be, so that they cost no more than `most` gas; 1 when it is
 * no loop. */
uint32_t block_copies(const struct generator *g, const struct instruction *instructions, uint32_t count, uint32_t cost,
                      uint32_t most);

/* Whether so much code more than instructions make is too much, in front of the one at pc: for copies of loops, and what else makes
 * code faster; whoever adds it counts it in g->added. */
bool block_has_added_enough(const struct generator *g, uint32_t pc, uint32_t more);

/* Emits a block, or a piece of one, for which there is room, with one instruction more for each copy, and fills in the offsets
 * of all but the first instruction. */
void block_emit(struct generator *g, const struct instruction *instructions, uint32_t count, uint32_t copies,
                uint32_t cost, uint32_t *offsets);

#endif
