/* What blocks lead to, and which begin with a line. */
#include "x64/ahead.h"

#include "base/hints.h"

#include <string.h>

/* Where return addresses are, by the convention of all compilers. */
#define RETURN_ADDRESS 0

/* Blocks of what ends with a jump by a table: as a rule two, the first of which compares. */
#define MOST_IN_DISPATCH 3

/* Where a block that ends with this instruction, in front of that with this number in the section, can lead. */
struct ways ahead_ways(const struct generator *g, const struct instruction *last, uint32_t end) {
    const uint32_t leads = opcode_table[last->opcode].leads;
    struct ways ways = {g->debts.nowhere, g->debts.nowhere};
    if ((leads & LEADS_TO_TARGET) != 0 && program_is_block_start(g->program, last->target)) {
        ways.target = variant_slot(g->variant, g->program, (uint32_t)last->target);
    }
    if ((leads & LEADS_ON) != 0 && last->next < g->program->code_length) {
        ways.next = end;
    }
    /* A branch that can go one way alone panics. */
    return leads == LEADS_AS_BRANCH && (ways.next == g->debts.nowhere || ways.target == g->debts.nowhere)
               ? (struct ways){g->debts.nowhere, g->debts.nowhere}
               : ways;
}

/* Finds them for the blocks that are decoded, of which the first begins with this instruction of the section. */
static void find_ways(struct ahead *ahead, struct generator *g, const struct lookahead *l, uint32_t slot) {
    for (uint32_t n = 0; n < l->end_count; n++) {
        struct ways ways = ahead_ways(g, &l->instructions[l->ends[n] - 1], slot + l->ends[n]);
        if (ways.next != g->debts.nowhere && ways.target != g->debts.nowhere) {
            debts_join(&g->debts, ways);
        }
        ahead->ways[n] = ways;
    }
}

/* Finds blocks, of those that are decoded, that begin what ends with a dynamic jump that is no return, as that of a switch. They are
 * to begin with a line of the cache, where the loop of an interpreter comes once for each of its instructions: the processor
 * finds one jump in each line that it looks at. */
static void find_dispatches(struct ahead *ahead, const struct generator *g, const struct lookahead *l) {
    memset(ahead->begins_line, 0, l->end_count * sizeof *ahead->begins_line);
    if (g->simple || g->jump_table == NULL || g->retpolines) {
        return;
    }
    for (uint32_t n = 0; n < l->end_count; n++) {
        const struct instruction *last = &l->instructions[l->ends[n] - 1];
        if (RARELY(last->opcode == OP_jump_ind && last->a != RETURN_ADDRESS)) {
            uint32_t first = n, most = n < MOST_IN_DISPATCH ? n : MOST_IN_DISPATCH;
            while (n - first < most &&
                   opcode_table[l->instructions[l->ends[first - 1] - 1].opcode].leads == LEADS_AS_BRANCH) {
                first--;
            }
            ahead->begins_line[first] = n - first < MOST_IN_DISPATCH;
        }
    }
}

void ahead_find(struct ahead *ahead, struct generator *g, const struct lookahead *l, uint32_t slot) {
    find_dispatches(ahead, g, l);
    if (g->debts.at != NULL) {
        find_ways(ahead, g, l, slot);
    }
}
