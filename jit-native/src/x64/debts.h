/* Gas that is taken elsewhere, in the code of a whole program that is fast: a block may leave what it costs to others, which take gas
 * anyway, or have it taken by those in front of it, and so most take none.
 *
 * Each block has a debt that it begins with: what the blocks in front of it have left to it, below 0 where they have taken more than
 * they cost; the same amount by whatever way it is reached. So
 *   - a block takes what it begins with and its cost, less what it leaves: nothing, where it leads to what begins with its
 *     cost more than itself;
 *   - both ways of a branch begin with as much. Where that cannot be, a block leaves the least of these debts, and gives the
 *     difference back by the other way;
 *   - what is reached by a jump that is not known begins with 0, as does whatever is not machine code.
 * While a block runs, r15 is the gas and what it leaves. Which blocks check is said elsewhere (must_check in ahead.c).
 *
 * Debts are settled for the blocks that are decoded, before the first of them is emitted: those of inner loops first, as long as what is
 * known of others leaves a choice. Until then what is known is differences, of places that stand by each other. */
#ifndef PVMJIT_DEBTS_H
#define PVMJIT_DEBTS_H

#include "isa/lookahead.h"

#include <stdbool.h>
#include <stdint.h>

/* The most gas that is left to other blocks, and the most that they take ahead. */
#define MAXIMUM_DEBT 256

/* The most that a block takes beyond its cost. */
#define MAXIMUM_BEYOND_COST (2 * MAXIMUM_DEBT)

/* A place where a block may begin. */
struct debt {
    union {
        int32_t by; /* from here to what it stands by */
        struct {
            int16_t least, most; /* of what stands by this one: more than it */
        } limits;                /* if it stands by nothing */
    };
    int16_t more; /* than what it stands by it begins with */
    bool stands;  /* by something */
};

struct debts {
    struct debt *at;  /* by the number of an instruction, and for `nowhere`. Null: each block takes its cost */
    uint32_t nowhere; /* begins with 0, so what stands by it is settled */
};

/* Where a block can lead, by the numbers of first instructions; debts.nowhere where that is no way. */
struct ways {
    uint32_t next, target;
};

struct debtor {
    uint32_t block; /* number of its first instruction */
    struct ways ways;
    uint32_t cost;
    bool at_once; /* it leaves nothing */
    bool checks;  /* its gas, so that it need not take nothing */
};

/* How a block takes its gas. What is below 0 it gives, or takes. */
struct settlement {
    int32_t taken;                       /* at its start */
    int32_t debt;                        /* while it runs */
    int32_t given_by_jump, given_behind; /* back: by its jump, and where it leads on to the next */
};

/* Octets of memory for so many instructions. */
uint64_t debts_octets(uint32_t count);

/* Of so many instructions, in this memory; nothing is known of any of them yet. */
void debts_begin(struct debts *debts, struct debt *memory, uint32_t count);

/* The block at this instruction is reached from elsewhere. Before it, or what leads to it, is settled. */
void debts_reach(struct debts *debts, uint32_t block);

/* Settles up to LOOKAHEAD blocks, in order. */
void debts_settle(struct debts *debts, const struct debtor *blocks, uint32_t count, struct settlement *settlements);

#endif
