/* Gas that is taken later, in the code of a whole program that is fast: a block may leave what it costs to the next one that
 * takes gas anyway, and so most take none.
 *
 * Each block has a debt that it begins with: what the blocks in front of it have left to it, the same amount by whatever way it is
 * reached. It is found when the first of these ways is emitted; who comes by another one pays or gives back the difference. So
 *   - a block takes what it begins with and its cost, less what it leaves;
 *   - places to which one block leads begin with as much, where that is known before they are settled. Else a block leaves the
 *     least of their debts, and gives the difference back by the other way;
 *   - whatever leaves machine code, or comes to it by a jump that is not known, leaves nothing.
 * While a block runs, r15 is the gas and what it leaves. Which blocks check is said elsewhere (must_check in codegen.c). */
#ifndef PVMJIT_DEBTS_H
#define PVMJIT_DEBTS_H

#include "base/hints.h"

#include <stdbool.h>
#include <stdint.h>

/* The most gas that is left to other blocks. */
#define MAXIMUM_DEBT 512

/* Nothing leads there yet. More than any debt. */
#define DEBT_UNKNOWN UINT16_MAX

struct debts {
    /* By the number of an instruction that a block begins with, and for `nowhere`: what it begins with, where it stands for
     * itself; and what stands for it. Null: nothing is taken later. */
    uint16_t *at;
    uint32_t *stands;
    uint32_t nowhere;
};

/* Where a block can lead, by the numbers of first instructions; debts.nowhere where that is no way. */
struct ways {
    uint32_t next, target;
};

/* How a block takes its gas. */
struct settlement {
    int32_t taken;                        /* at its start; below 0 given back */
    uint32_t debt;                        /* while it runs */
    uint32_t given_by_jump, given_behind; /* back: by its jump, and where it leads on to the next */
};

/* Octets of memory for so many instructions. */
uint64_t debts_octets(uint32_t count);

/* Of so many instructions, in this memory; nothing leads to any of them yet. */
void debts_begin(struct debts *debts, uint32_t *memory, uint32_t count);

/* The block at this instruction is reached from elsewhere. Before it, or what leads to it, is settled. */
void debts_reach(struct debts *debts, uint32_t block);

/* A block leads both ways: so these places should begin with as much, as long as not both are settled. */
void debts_join(struct debts *debts, struct ways ways);

/* What stands for a block. */
static inline uint32_t debts_find(const struct debts *debts, uint32_t block) {
    uint32_t *stands = debts->stands, by = stands[block];
    while (RARELY(stands[by] != by)) {
        block = stands[block] = stands[by]; /* and the way becomes shorter each time: no chain is walked often */
        by = stands[block];
    }
    return by;
}

static inline uint32_t debts_least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* The first, if it is known. */
static inline uint32_t debts_known(uint32_t debt, uint32_t otherwise) {
    return debt == DEBT_UNKNOWN ? otherwise : debt;
}

/* Settles a block with this cost, which leads there: in the order in which they are emitted. at_once: it leaves nothing. */
INLINED struct settlement debts_settle(struct debts *debts, uint32_t block, struct ways ways, uint32_t cost,
                                       bool at_once) {
    const uint32_t in = debts_find(debts, block), on = debts_find(debts, ways.next),
                   to = debts_find(debts, ways.target);
    uint32_t begins = debts->at[in], next = debts->at[on], target = debts->at[to];
    uint32_t left = debts_least(next, target);
    /* A loop that is reached by its own jump alone, so far. */
    if (RARELY(on == in || to == in) && begins == DEBT_UNKNOWN) {
        begins = left = debts_known(left, 0);
    }
    const bool leads_out = on == debts->nowhere && to == debts->nowhere;
    left = at_once || leads_out ? 0 : left;
    /* So that it takes nothing, if that can be. */
    begins = debts_known(begins, left != DEBT_UNKNOWN && left > cost ? left - cost : 0);
    const uint32_t total = begins + cost;
    left = debts_known(left, total <= MAXIMUM_DEBT ? total : 0);
    next = on == in ? begins : debts_known(next, left);
    target = to == in ? begins : debts_known(target, left);
    debts->at[in] = (uint16_t)begins;
    debts->at[on] = (uint16_t)next;
    debts->at[to] = (uint16_t)target;
    debts->at[debts->nowhere] = DEBT_UNKNOWN;
    return (struct settlement){(int32_t)(total - left), left, target - left, next - left};
}

#endif
