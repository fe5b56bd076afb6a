/* What blocks lead to, and which begin with a line. */
#include "x64/ahead.h"

#include "base/hints.h"

#include <string.h>

/* Where return addresses are, by the convention of all compilers. */
#define RETURN_ADDRESS 0

/* Blocks of what ends with a dynamic jump, each of which leads to the next by a branch: of a switch as a rule two. */
#define MOST_BEFORE_JUMP 3

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

static bool leads_by_branch(const struct lookahead *l, uint32_t block) {
    return opcode_table[l->instructions[l->ends[block] - 1].opcode].leads == LEADS_AS_BRANCH;
}

static bool leads_on(const struct lookahead *l, uint32_t block) {
    return (opcode_table[l->instructions[l->ends[block] - 1].opcode].leads & LEADS_ON) != 0;
}

/* About how many octets there are from the start of a block to the dynamic jump that another one ends with. */
static uint8_t octets_to_jump(const struct lookahead *l, uint32_t first, uint32_t last) {
    enum { INSTRUCTION = 4, BLOCK = 6, JUMP = 27 };
    uint32_t instructions = l->ends[last] - (first == 0 ? 0 : l->ends[first - 1]);
    uint32_t octets = INSTRUCTION * (instructions - 1) + BLOCK * (last - first + 1) + JUMP;
    return (uint8_t)(octets < LINE_OCTETS ? octets : LINE_OCTETS);
}

/* Finds blocks that begin what ends with a dynamic jump. The processor finds one jump in each line of the cache that it looks at: so the
 * loop of an interpreter, which comes to its switch once for each instruction, begins with a line; and what ends with a
 * return is kept in one where it may be, or begins with one, unless it is run into. */
static void find_lines(struct ahead *ahead, const struct generator *g, const struct lookahead *l) {
    memset(ahead->in_line, 0, l->end_count * sizeof *ahead->in_line);
    if (g->simple || g->jump_table == NULL || g->retpolines) {
        return;
    }
    for (uint32_t n = 0; n < l->end_count; n++) {
        const struct instruction *last = &l->instructions[l->ends[n] - 1];
        if (last->opcode != OP_jump_ind) {
            continue;
        }
        uint32_t first = n;
        while (first > 0 && n - first < MOST_BEFORE_JUMP && leads_by_branch(l, first - 1)) {
            first--;
        }
        if (n - first == MOST_BEFORE_JUMP) {
            continue;
        }
        if (last->a != RETURN_ADDRESS) {
            ahead->in_line[first] = LINE_OCTETS;
        } else if (first > 0 && !leads_on(l, first - 1)) {
            ahead->in_line[first] = octets_to_jump(l, first, n);
        }
    }
}

void ahead_find(struct ahead *ahead, struct generator *g, const struct lookahead *l, uint32_t slot) {
    find_lines(ahead, g, l);
    if (g->debts.at != NULL) {
        find_ways(ahead, g, l, slot);
    }
}
