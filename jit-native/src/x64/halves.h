/* Which results of 32-bit instructions need not be extended: a pass over a block, for variants that are fast.
 *
 * The PVM extends such results by their sign. Where nobody reads the upper half before the register is written again, the
 * machine code leaves it alone: the host register holds a *half* then, whose value is its lower half, extended. Nobody sees
 * it. The pass knows which values are extended ones: at an exit in mid-block, which only a fault is, C extends these
 * registers, halves or not, and a run enters such code only if their values are what the pass takes them for. */
#ifndef PVMJIT_HALVES_H
#define PVMJIT_HALVES_H

#include "isa/opcodes.h"

#include <stdbool.h>
#include <stdint.h>

/* What the pass knows of an instruction. Sets of registers, a bit each. */
struct halves_step {
    uint16_t extended; /* in front of it, or halves */
    uint16_t reads;    /* by one that makes an extended value from such values, bit by bit; else none */
    uint16_t upper;    /* whose upper halves are read */
    uint16_t result;   /* written, whatever it held before */
    bool omits_extension;
};

/* Whether there can be so much to leave out in a block that the pass is worth its time. */
bool halves_are_likely(const struct instruction *instructions, uint32_t count);

/* Fills in the steps of a block. */
void halves_plan(const struct instruction *instructions, uint32_t count, struct halves_step *steps);

#endif
