/* What blocks lead to, which check their gas, what they take of it, and which begin with a line. */
#include "x64/ahead.h"

#include "base/hints.h"

#include <string.h>

/* Where return addresses are, by the convention of all compilers. */
#define RETURN_ADDRESS 0

/* Blocks of what ends with a dynamic jump, each of which leads to the next by a branch: of a switch as a rule two. */
#define MOST_BEFORE_JUMP 3

/* Where a block leads. */
struct exits {
    struct ways ways;
    bool leaves; /* the section, or it goes anywhere */
};

/* Of a block that ends with this instruction, in front of that with this number in the section. */
static struct exits find_exits(const struct generator *g, const struct instruction *last, uint32_t end) {
    const struct section *section = &g->variant->section;
    const uint32_t leads = opcode_table[last->opcode].leads, none = g->debts.nowhere;
    const bool to_target = (leads & LEADS_TO_TARGET) != 0 && program_is_block_start(g->program, last->target);
    const bool leads_on = (leads & LEADS_ON) != 0 && last->next < g->program->code_length;
    struct exits exits = {{none, none}, (leads & LEADS_ANYWHERE) != 0};
    if (leads == LEADS_AS_BRANCH && !(to_target && leads_on)) {
        return exits; /* a branch that can go one way alone panics */
    }
    if (to_target && section_contains(section, last->target)) {
        exits.ways.target = variant_slot(g->variant, g->program, (uint32_t)last->target);
    } else {
        exits.leaves |= to_target;
    }
    if (leads_on && last->next < section->end.pc) {
        exits.ways.next = end;
    } else {
        exits.leaves |= leads_on;
    }
    return exits;
}

/* Whether a block, whose first instruction has this number, checks its gas. What gas can have become less by than what is held back
 * of it is g->spent behind the block in front, and spent_to where jumps have led to, and anywhere what a block may leave that
 * checks; g->spent becomes that of this block. Who goes back checks, unless what is there was made for as much: because it checks, or
 * since there was a check on the way from there. */
static bool must_check(struct generator *g, uint32_t block, const struct exits *exits, uint32_t cost) {
    const struct ways ways = exits->ways;
    uint32_t before = g->spent > g->spent_to[block] ? g->spent : g->spent_to[block];
    before = before > g->most_left ? before : g->most_left;
    bool check = exits->leaves || cost > MAXIMUM_MARGIN - before;
    g->spent_to[block] = (uint16_t)before;
    check = check || (ways.target <= block && before + cost > g->spent_to[ways.target]);
    g->spent_to[block] = (uint16_t)(check ? MAXIMUM_MARGIN : before);
    const uint32_t spent = check ? g->most_left : before + cost;
    if (ways.target > block && ways.target != g->debts.nowhere && g->spent_to[ways.target] < spent) {
        g->spent_to[ways.target] = (uint16_t)spent;
    }
    if (g->variant->margin < spent) {
        g->variant->margin = spent;
    }
    g->spent = ways.next != g->debts.nowhere ? spent : 0;
    return check;
}

/* Whether a host call, which sees the gas, is among the instructions of a block with this cost. It takes opcode_table's cycles, of
 * which a block costs 3 less, and so there is nothing to look for in most. */
static bool has_host_call(const struct instruction *instructions, uint32_t count, uint32_t cost) {
    bool has = false;
    for (uint32_t n = 0; cost >= opcode_table[OP_ecalli].cycles - 3u && n < count; n++) {
        has |= instructions[n].opcode == OP_ecalli;
    }
    return has;
}

/* How blocks take their gas: each its cost, where nothing is left to others. */
static void settle(struct generator *g, const struct debtor *debtors, uint32_t count, struct settlement *settlements) {
    if (g->debts.at != NULL) {
        debts_settle(&g->debts, debtors, count, settlements);
        return;
    }
    for (uint32_t n = 0; n < count; n++) {
        settlements[n] = (struct settlement){(int32_t)debtors[n].cost, 0, 0, 0};
    }
}

/* From this block on. */
static void find_debtors(struct ahead *ahead, struct generator *g, const struct lookahead *l, uint32_t slot,
                         uint32_t from, const pvm_block *costs) {
    uint32_t first = from == 0 ? 0 : l->ends[from - 1];
    for (uint32_t n = from; n < l->end_count; n++) {
        const uint32_t end = l->ends[n], cost = costs++->cost;
        const struct exits exits = find_exits(g, &l->instructions[end - 1], slot + end);
        const bool at_once = has_host_call(&l->instructions[first], end - first, cost);
        const bool checks = must_check(g, slot + first, &exits, cost);
        ahead->debtors[n] = (struct debtor){slot + first, exits.ways, cost, at_once, checks};
        first = end;
    }
}

struct settlement ahead_settle_long(struct generator *g, const struct instruction *last, uint32_t slot, uint32_t end,
                                    uint32_t cost) {
    struct settlement settlement;
    struct exits exits = find_exits(g, last, end);
    const struct debtor debtor = {slot, exits.ways, cost, true, true};
    exits.leaves = true; /* as if, so that it checks */
    (void)must_check(g, slot, &exits, cost);
    settle(g, &debtor, 1, &settlement);
    return settlement;
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

void ahead_find(struct ahead *ahead, struct generator *g, const struct lookahead *l, uint32_t slot, uint32_t from,
                const pvm_block *costs) {
    find_lines(ahead, g, l);
    if (!g->simple) {
        find_debtors(ahead, g, l, slot, from, costs);
        settle(g, ahead->debtors + from, l->end_count - from, ahead->settlements + from);
    }
}
