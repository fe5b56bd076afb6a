/* Gas that is taken later (x64/debts.h): whatever way a run takes, it has taken what the blocks cost, less the debt of the block it is
 * in; and code that does so agrees with code where each block takes its own, wherever gas ends and wherever it is seen. */
#include "check.h"
#include "guest.h"
#include "programs.h"
#include "x64/ahead.h"

#define BLOCKS 40

/* A program of blocks, the number of each its instruction; whether blocks are reached from elsewhere, and take all at once. */
static struct {
    struct debtor blocks[BLOCKS];
    bool reached[BLOCKS];
    struct settlement settlements[BLOCKS];
} graph;
static struct debts debts;
static struct debt memory[BLOCKS + 1];

/* So many blocks at a time. */
static void settle(uint32_t ahead) {
    CHECK_EQ(debts_octets(BLOCKS), sizeof memory);
    debts_begin(&debts, memory, BLOCKS);
    for (uint32_t n = 0; n < BLOCKS; n++) {
        if (graph.reached[n]) {
            debts_reach(&debts, n);
        }
    }
    for (uint32_t n = 0; n < BLOCKS; n += ahead) {
        uint32_t count = n + ahead < BLOCKS ? ahead : BLOCKS - n;
        debts_settle(&debts, &graph.blocks[n], count, &graph.settlements[n]);
    }
}

static void put_graph(uint64_t *seed) {
    for (uint32_t n = 0; n < BLOCKS; n++) {
        uint32_t kind = (uint32_t)random_below(seed, 8), near = n + (uint32_t)random_below(seed, 6);
        uint32_t target = random_below(seed, 3) == 0 ? (uint32_t)random_below(seed, BLOCKS) : near < BLOCKS ? near : 0;
        uint32_t next = n + 1 < BLOCKS ? n + 1 : BLOCKS;
        struct ways ways = kind < 4 && next != BLOCKS ? (struct ways){next, target}
                           : kind == 4                ? (struct ways){next, BLOCKS}
                           : kind < 7                 ? (struct ways){BLOCKS, target}
                                                      : (struct ways){BLOCKS, BLOCKS};
        uint32_t cost = 1 + (uint32_t)random_below(seed, random_below(seed, 9) == 0 ? 100000 : 60);
        bool at_once = random_below(seed, 12) == 0, checks = random_below(seed, 4) == 0;
        graph.blocks[n] = (struct debtor){n, ways, cost, at_once, checks};
        graph.reached[n] = random_below(seed, 8) == 0;
    }
}

/* From a block that is reached from elsewhere, with nothing taken yet. */
static void walk(uint64_t *seed, uint32_t at) {
    int64_t spent = 0, taken = 0;
    for (int steps = 0; steps < 200 && at != BLOCKS; steps++) {
        const struct settlement *s = &graph.settlements[at];
        taken += s->taken;
        spent += graph.blocks[at].cost;
        CHECK_EQ(spent, taken + s->debt);
        struct ways ways = graph.blocks[at].ways;
        bool jumps = ways.next == BLOCKS || (ways.target != BLOCKS && random_below(seed, 2) == 0);
        taken -= jumps ? s->given_by_jump : s->given_behind;
        at = jumps ? ways.target : ways.next;
        CHECK(at != BLOCKS || spent == taken); /* who leaves has paid */
    }
}

static bool is_within(int32_t amount, int32_t most) {
    return amount >= -most && amount <= most;
}

TEST(every_way_has_taken_what_it_costs) {
    uint64_t seed = 7, free = 0, giving = 0, indebted = 0, ahead = 0;
    for (int n = 0; n < 20000; n++) {
        put_graph(&seed);
        settle(1 + (uint32_t)random_below(&seed, BLOCKS));
        for (uint32_t n = 0; n < BLOCKS; n++) {
            const struct settlement *s = &graph.settlements[n];
            const struct debtor *block = &graph.blocks[n];
            CHECK(is_within(s->debt, MAXIMUM_DEBT) && (s->debt == 0 || !block->at_once));
            CHECK(is_within(s->taken - (int32_t)block->cost, MAXIMUM_BEYOND_COST));
            CHECK(is_within(s->given_by_jump, MAXIMUM_BEYOND_COST) && is_within(s->given_behind, MAXIMUM_BEYOND_COST));
            CHECK(block->at_once || (s->given_by_jump >= 0 && s->given_behind >= 0));
            CHECK(s->given_by_jump == 0 || block->ways.target != BLOCKS);
            CHECK(s->given_behind == 0 || block->ways.next != BLOCKS);
            free += s->taken == 0;
            indebted += s->debt > 0;
            ahead += s->debt < 0;
            giving += s->given_by_jump > 0 || s->given_behind > 0;
            if (graph.reached[n]) {
                walk(&seed, n);
            }
        }
    }
    CHECK(free > 100000 && indebted > 100000 && ahead > 10000 && giving > 1000);
}

/* Nothing is reached from elsewhere but the first block, and each leads out. */
static void put_plain_graph(uint32_t cost) {
    memset(&graph, 0, sizeof graph);
    for (uint32_t n = 0; n < BLOCKS; n++) {
        graph.blocks[n] = (struct debtor){n, {BLOCKS, BLOCKS}, cost, false, false};
    }
    graph.reached[0] = true;
}

/* Both ways behind a branch begin with as much, although each is reached from elsewhere, too, later. */
TEST(ways_of_a_branch_are_joined) {
    put_plain_graph(10);
    graph.blocks[0].ways = (struct ways){1, 3};
    graph.blocks[1].ways = (struct ways){2, BLOCKS};
    graph.blocks[2].ways =
        (struct ways){3, 2}; /* a loop of one block, behind which it can be left for what block 0 jumps to */
    settle(BLOCKS);
    CHECK_EQ(graph.settlements[0].taken, 0);
    CHECK_EQ(graph.settlements[1].taken, 10); /* leaves to the loop what its end begins with */
    CHECK_EQ(graph.settlements[2].taken, 10);
    CHECK_EQ(graph.settlements[3].taken, 20);
    CHECK_EQ(graph.settlements[2].given_by_jump + graph.settlements[2].given_behind, 0);
    settle(1); /* the loop is met when both are settled */
    CHECK_EQ(graph.settlements[1].taken, 0);
    CHECK_EQ(graph.settlements[2].given_by_jump + graph.settlements[2].given_behind, 10);
}

/* Of blocks that cannot all take nothing, those of the inner loop do, and those that check take. */
TEST(inner_loops_come_first) {
    put_plain_graph(10);
    graph.blocks[0].ways = (struct ways){1, BLOCKS};
    graph.blocks[1].ways = (struct ways){2, BLOCKS};
    graph.blocks[2].ways = (struct ways){3, 4};
    graph.blocks[3].ways = (struct ways){4, BLOCKS}; /* by it or not by it */
    graph.blocks[4].ways = (struct ways){5, 2};
    graph.blocks[4].checks = true;
    settle(BLOCKS);
    CHECK_EQ(graph.settlements[0].taken, 0);
    CHECK_EQ(graph.settlements[1].taken, 0);
    CHECK_EQ(graph.settlements[2].taken, 0);
    CHECK_EQ(graph.settlements[3].taken, 10);
    CHECK(graph.settlements[4].taken > 0);
}

/* Each branch leads to the next block and to that behind it: so the first stands behind all others. Looking for each of them, as settling
 * does, takes few steps in all. */
TEST(chains_are_not_walked_often) {
    enum { MANY = 4000 };
    static struct debt much[MANY + 1];
    static struct debtor blocks[MANY];
    static struct settlement settlements[MANY];
    uint64_t steps = 0;
    debts_begin(&debts, much, MANY);
    for (uint32_t n = 0; n < MANY; n++) {
        bool is_branch = n + 2 < MANY;
        blocks[n] =
            (struct debtor){n, is_branch ? (struct ways){n + 1, n + 2} : (struct ways){MANY, MANY}, 1, false, false};
    }
    for (uint32_t n = 0; n < MANY; n += LOOKAHEAD) {
        uint32_t count = n + LOOKAHEAD < MANY ? LOOKAHEAD : MANY - n;
        debts_settle(&debts, &blocks[n], count, &settlements[n]);
        for (uint32_t m = n; m < n + count; m++) {
            for (const struct debt *by = &much[m]; by->stands; by += by->by) {
                steps++;
            }
        }
    }
    CHECK(steps > MANY / 2 && steps < 20 * MANY);
}

/* ---- In machine code ---- */

static struct guest guest;
static pvm_engine *exact_engine, *engine;

/* Compares runs of the program from pc with every amount of gas up to `most`: how they end, and with what. Pages that are missing stay
 * so. */
static void compare_runs(uint32_t pc, uint64_t most) {
    pvm_module *modules[] = {compile(exact_engine, &guest), compile(engine, &guest)};
    for (uint64_t gas = 0; gas <= most; gas++) {
        pvm_context *contexts[2];
        for (int n = 0; n < 2; n++) {
            contexts[n] = instantiate(modules[n], NULL, 0);
            contexts[n]->pc = pc;
            contexts[n]->gas = gas;
            contexts[n]->registers[0] = 0xFFFF0000;
            contexts[n]->registers[3] = gas % 7;
        }
        for (int stop = 0; stop < 30; stop++) {
            for (int n = 0; n < 2; n++) {
                (void)pvm_run(contexts[n]);
            }
            CHECK_EQ(contexts[0]->exit_kind, contexts[1]->exit_kind);
            CHECK_EQ(contexts[0]->gas, contexts[1]->gas);
            CHECK_EQ(contexts[0]->pc, contexts[1]->pc);
            CHECK_EQ(contexts[0]->exit_pc, contexts[1]->exit_pc);
            CHECK(memcmp(contexts[0]->registers, contexts[1]->registers, sizeof contexts[0]->registers) == 0);
            if (contexts[0]->exit_kind == PVM_EXIT_HALT || contexts[0]->exit_kind == PVM_EXIT_PANIC) {
                break;
            }
            for (int n = 0; n < 2; n++) {
                contexts[n]->gas += contexts[n]->exit_kind == PVM_EXIT_OUT_OF_GAS ? 3 : 0;
                contexts[n]->registers[5] = 0x20000; /* nothing is missing from now on */
                CHECK_EQ(pvm_memory_protect(contexts[n], 0x20, 1, PVM_ACCESS_WRITE, 0, NULL), PVM_OK);
            }
        }
        for (int n = 0; n < 2; n++) {
            pvm_instance_destroy(contexts[n]);
        }
    }
    for (int n = 0; n < 2; n++) {
        pvm_module_release(modules[n]);
    }
}

static const struct block_gas *gas_at(const pvm_module *module, uint32_t pc) {
    const struct variant *variant = links_variant(&module->links, 0, VARIANT_FAST);
    return &variant->gas[module_block(module, pc) - module->blocks];
}

static uint64_t unchecked_back; /* jumps back that have no check */

/* So much gas has been spent in front of a block. Whether that is more than was known. */
static bool reach_with(int64_t *spent, const pvm_module *module, int64_t pc, int64_t gas) {
    int64_t *before = &spent[module_block(module, (uint32_t)pc) - module->blocks];
    bool is_more = *before < gas;
    *before = is_more ? gas : *before;
    return is_more;
}

/* Spends the gas of a block, and says so where it leads. Whether anything is new. False as well where more is spent than the margin,
 * with *too_much. */
static bool spend(int64_t *spent, const pvm_module *module, const struct variant *variant, uint32_t number,
                  uint32_t end, bool *too_much) {
    const struct program *program = &module->program;
    const pvm_block *block = &module->blocks[number];
    const struct block_gas *gas = &variant->gas[number];
    bool checks = gas->size >= GAS_JUMP_SIZE + 4; /* which is more than any amount alone takes */
    uint32_t last = program_pc_of_index(program, end - 1);
    struct instruction i = program_decode(program, last);
    uint32_t leads = opcode_table[i.opcode].leads;
    int64_t left = gas->debt > 0 ? gas->debt : 0, behind = checks ? left : spent[number] + block->cost;
    *too_much = behind > variant->margin || (!checks && (leads & LEADS_ANYWHERE) != 0);
    bool leads_on = (leads & LEADS_ON) != 0 && i.next < program->code_length;
    bool to_target = (leads & LEADS_TO_TARGET) != 0 && program_is_block_start(program, i.target);
    if (*too_much || (leads == LEADS_AS_BRANCH && !(leads_on && to_target))) {
        return false;
    }
    unchecked_back += !checks && to_target && i.target <= last;
    bool news = leads_on && reach_with(spent, module, i.next, behind);
    return (to_target && reach_with(spent, module, i.target, behind)) || news;
}

/* From wherever a run begins, by any way and any number of times round, no more is spent between two checks than what is held
 * back: found here by going on until nothing is new, which would not end where a way round has no check. */
TEST(no_way_spends_more_than_the_margin) {
    enum { PROGRAMS = 20000 };
    uint64_t seed = 41, blocks = 0;
    for (uint32_t n = 0; n < PROGRAMS; n++) {
        put_program(&guest, &seed);
        pvm_module *module = compile(engine, &guest);
        const struct variant *variant = links_variant(&module->links, 0, VARIANT_FAST);
        const struct program *program = &module->program;
        int64_t *spent = calloc(program->block_count, sizeof *spent);
        CHECK(spent != NULL && (variant == NULL || variant->margin <= MAXIMUM_MARGIN));
        for (bool news = variant != NULL && variant->gas != NULL; news;) {
            news = false;
            for (uint32_t b = 0; b < program->block_count; b++) {
                uint32_t next = b + 1 < program->block_count ? program_index(program, module->blocks[b + 1].pc)
                                                             : program->instruction_count;
                bool too_much;
                news |= spend(spent, module, variant, b, next, &too_much);
                CHECK(!too_much);
            }
        }
        blocks += variant != NULL && variant->gas != NULL ? program->block_count : 0;
        free(spent);
        pvm_module_release(module);
    }
    CHECK((blocks > 3 * PROGRAMS && unchecked_back > PROGRAMS / 100) || !engine->use_gs);
}

/* An access that may fail, a host call, and a loop, each where something may be owed. */
TEST(what_is_seen_in_blocks_with_debts_is_exact) {
    guest_clear(&guest);
    put_reg_reg_imm(&guest, OP_add_imm_64, 4, 4, 1);
    put_opcode(&guest, OP_fallthrough);
    uint32_t access = put_reg_reg_imm(&guest, OP_load_ind_u64, 6, 5, 0);
    put_reg_reg_imm(&guest, OP_add_imm_64, 4, 4, 1);
    put_opcode(&guest, OP_fallthrough);
    uint32_t calls = put_imm(&guest, OP_ecalli, 7);
    put_opcode(&guest, OP_fallthrough);
    uint32_t loop = put_reg_reg_imm(&guest, OP_add_imm_64, 3, 3, -1);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 6, 5, 8);
    put_reg_imm_off(&guest, OP_branch_gt_s_imm, 3, 0, loop);
    put_reg_imm(&guest, OP_jump_ind, 0, 0);
    pvm_module *module = compile(engine, &guest);
    if (module_main_kind(module) == VARIANT_FAST) {
        CHECK(gas_at(module, access)->debt > 0);
        CHECK_EQ(gas_at(module, access)->size, 0);
        CHECK_EQ(gas_at(module, calls)->debt, 0);
        CHECK(gas_at(module, loop)->copies > 1);
    }
    pvm_module_release(module);
    compare_runs(0, 900);
}

/* A block that takes all at once, for it has a host call, leads to what begins with a debt: by a branch, by one to the next
 * instruction, by running on, and by a jump. Returns where that begins. */
static uint32_t put_giving(uint32_t way, uint32_t target) {
    guest_clear(&guest);
    put_reg_reg_imm(&guest, OP_mul_imm_64, 6, 6, 3);
    put_reg_imm_off(&guest, OP_branch_gt_s_imm, 3, 0, target);
    put_imm(&guest, OP_ecalli, 7);
    put_reg_reg_imm(&guest, OP_add_imm_64, 4, 4, 1);
    switch (way) {
    case 0:
        put_reg_imm_off(&guest, OP_branch_gt_s_imm, 4, 1, target);
        put_reg_imm(&guest, OP_jump_ind, 0, 0);
        break;
    case 1: put_reg_imm_off(&guest, OP_branch_gt_s_imm, 4, 1, target); break;
    case 2: put_opcode(&guest, OP_fallthrough); break;
    default: put_off(&guest, OP_jump, target); put_reg_imm(&guest, OP_jump_ind, 0, 0);
    }
    uint32_t start = put_reg_reg_imm(&guest, OP_add_imm_64, 3, 3, -1);
    put_reg_imm_off(&guest, OP_branch_gt_s_imm, 3, -2, 0);
    put_reg_imm(&guest, OP_jump_ind, 0, 0);
    return start;
}

TEST(what_is_taken_for_others_is_given_back) {
    for (uint32_t way = 0; way < 4; way++) {
        uint32_t target = put_giving(way, put_giving(way, 0));
        pvm_module *module = compile(engine, &guest);
        if (module_main_kind(module) == VARIANT_FAST) {
            CHECK_EQ(gas_at(module, 0)->size, 0);
            CHECK(gas_at(module, 0)->debt > 0);
            CHECK(gas_at(module, target)->size > 0);
        }
        pvm_module_release(module);
        compare_runs(0, 700);
    }
}

/* A block that is decoded in pieces owes nothing, and is left for what begins with a debt. */
TEST(long_blocks_take_at_once) {
    for (uint32_t end = 0, turn = 0; turn < 2; turn++) { /* once more, when it is known where the end is */
        guest_clear(&guest);
        put_reg_imm_off(&guest, OP_branch_gt_s_imm, 3, 3, end);
        for (uint32_t n = 0; n < 600; n++) {
            put_reg_reg_imm(&guest, OP_add_imm_64, 6, 6, 3);
        }
        put_opcode(&guest, OP_fallthrough);
        end = put_reg_reg_imm(&guest, OP_add_imm_64, 4, 4, 1);
        put_reg_imm(&guest, OP_jump_ind, 0, 0);
    }
    compare_runs(0, 500);
}

/* What the look for host calls relies on, whatever is around them. */
TEST(host_calls_are_dear) {
    for (uint32_t revision = 0; revision <= PVM_REVISION_NEXT; revision++) {
        pvm_engine *one = make_engine(0, revision);
        for (uint32_t n = 0; n < 400; n++) {
            guest_clear(&guest);
            for (uint32_t m = 0; m < n / 20; m++) {
                put_reg_reg_imm(&guest, m % 2 == 0 ? OP_load_ind_u64 : OP_mul_imm_64, (int)m % 13, (int)(n + m) % 13,
                                3);
            }
            put_imm(&guest, OP_ecalli, 0);
            for (uint32_t m = 0; m < n % 20; m++) {
                put_reg_reg_imm(&guest, m % 2 == 0 ? OP_add_imm_64 : OP_xor_imm, (int)m % 13, (int)(n + m) % 13, 3);
            }
            put_opcode(&guest, OP_trap);
            pvm_module *module = compile(one, &guest);
            CHECK(cost_at(module, 0) >= 97);
            pvm_module_release(module);
        }
        destroy_engine(one);
    }
}

int main(void) {
    engine = make_engine(0, PVM_REVISION_NEXT);
    exact_engine = make_engine(PVM_FLAG_NO_GS, PVM_REVISION_NEXT); /* no code there is fast */
    RUN(every_way_has_taken_what_it_costs);
    RUN(ways_of_a_branch_are_joined);
    RUN(inner_loops_come_first);
    RUN(chains_are_not_walked_often);
    RUN(no_way_spends_more_than_the_margin);
    RUN(what_is_seen_in_blocks_with_debts_is_exact);
    RUN(what_is_taken_for_others_is_given_back);
    RUN(long_blocks_take_at_once);
    RUN(host_calls_are_dear);
    destroy_engine(exact_engine);
    destroy_engine(engine);
    return check_finish();
}
