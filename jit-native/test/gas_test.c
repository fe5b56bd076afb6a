/* The price of basic blocks: small ones computed by hand, and both ways of the model, in program order and by events,
 * against the rules of Gray Paper A.9 followed to the letter, over random blocks in every revision.
 *
 * PVM_GAS_BLOCKS=10000000 is the long profile: so many random blocks instead of those of an ordinary run, and PVM_SEED which
 * ones. */
#include "check.h"
#include "gas_literal.h"

#include <stdlib.h>

/* Random blocks of all kinds. */
#define BLOCKS (SANITIZED ? 52000 : 208000)

/* ---- By hand. s: cycle of the start; an entry has no cycles left in s + L; the cost is max(s + L) - 1. ---- */

static void check_cost(int line, uint32_t revision, uint32_t expected) {
    uint32_t rules = cost_by_rules(revision), model = cost_by_model(revision);
    if (rules != expected || model != expected) {
        check_fail(__FILE__, line, "revision %s: cost %u, by the rules %u, by hand %u", revision_table[revision].label,
                   model, rules, expected);
    }
}

#define CHECK_COST(expected)                                                                                           \
    do {                                                                                                               \
        check_cost(__LINE__, PVM_REVISION_0_8_0_VECTORS, expected);                                                    \
        check_cost(__LINE__, PVM_REVISION_NEXT, expected);                                                             \
    } while (0)

TEST(one_instruction) {
    begin_block();
    add(OP_trap, 0, 0, 0, 0); /* s 1, L 2 */
    CHECK_COST(2);
    begin_block();
    add(OP_jump, 0, 0, 0, 0); /* s 1, L 15 */
    CHECK_COST(15);
    begin_block();
    add(OP_jump_ind, 0, 0, 0, 0);
    CHECK_COST(22);
}

TEST(branches_by_their_successors) {
    begin_block();
    add(OP_branch_eq, 0, 1, 0, 0); /* next lies behind the code and counts as trap: L 1 */
    CHECK_COST(1);
    begin_block();
    add(OP_branch_eq, 0, 1, 0, 0); /* next fallthrough, target branch_eq: L 20 */
    put_opcode(&guest, OP_fallthrough);
    CHECK_COST(20);
    begin_block();
    add(OP_branch_eq, 0, 1, 0, -1); /* a target outside of the code counts as trap */
    put_opcode(&guest, OP_fallthrough);
    CHECK_COST(1);
    begin_block();
    add(OP_branch_eq, 0, 1, 0, 7);
    put_opcode(&guest, OP_fallthrough);
    put_opcode(&guest, OP_unlikely);
    CHECK_COST(1);
    begin_block();
    add(OP_branch_eq, 0, 1, 0, 0);
    put_opcode(&guest, OP_unlikely);
    CHECK_COST(1);
    begin_block();
    add(OP_branch_eq, 0, 1, 0, 7); /* the octet counts, instruction or not: here it is an operand, 2 */
    put_imm(&guest, OP_ecalli, 2);
    CHECK_COST(1);
}

TEST(dependencies_wait) {
    begin_block();
    add(OP_add_64, 1, 2, 1, 0); /* slots 1, s 1, L 1 */
    add(OP_add_64, 1, 2, 1, 0); /* s 2 */
    add(OP_add_64, 1, 2, 1, 0); /* s 3 */
    add(OP_trap, 0, 0, 0, 0);   /* s 1: 1 + 2 against 3 + 1 */
    CHECK_COST(3);
    begin_block();
    add(OP_load_u64, 1, 0, 0, 0);  /* s 1, L 25 */
    add(OP_add_64, 1, 1, 2, 0);    /* slots 2, s 26 */
    add(OP_store_u64, 2, 0, 0, 0); /* s 27, L 25: 52 */
    add(OP_fallthrough, 0, 0, 0, 0);
    CHECK_COST(51);
}

TEST(moves_rename) {
    begin_block();
    add(OP_load_u64, 1, 0, 0, 0); /* s 1, L 25 */
    add(OP_move_reg, 1, 0, 2, 0); /* the load holds 1 and 2 */
    add(OP_load_imm, 1, 0, 0, 0); /* takes 1 */
    add(OP_jump_ind, 1, 0, 0, 0); /* s 2 after load_imm, L 22: 24 */
    CHECK_COST(25);               /* 1 + 25 - 1 */
    begin_block();
    add(OP_load_u64, 1, 0, 0, 0);
    add(OP_move_reg, 1, 0, 2, 0);
    add(OP_load_imm, 1, 0, 0, 0);
    add(OP_jump_ind, 2, 0, 0, 0); /* s 26, L 22: 48 */
    CHECK_COST(47);
    begin_block();
    add(OP_load_u64, 1, 0, 0, 0);
    add(OP_move_reg, 3, 0, 1, 0); /* nothing holds 3: 1 is free */
    add(OP_jump_ind, 1, 0, 0, 0); /* s 1 */
    CHECK_COST(25);
}

TEST(units_run_out) {
    begin_block();
    add(OP_div_u_64, 1, 2, 3, 0); /* 4 slots each: decoded in 0 and 1; s 1, L 60 */
    add(OP_div_u_64, 4, 5, 6, 0); /* one divider: s 61 */
    add(OP_trap, 0, 0, 0, 0);
    CHECK_COST(120);
    begin_block();
    add(OP_mul_64, 1, 2, 1, 0); /* s 1, L 3 */
    add(OP_mul_64, 3, 4, 3, 0); /* s 4 */
    add(OP_mul_64, 5, 6, 5, 0); /* s 7: 10 */
    add(OP_trap, 0, 0, 0, 0);
    CHECK_COST(9);
    begin_block();
    for (int n = 0; n < 5; n++) {
        add(OP_load_u64, n, 0, 0, 0); /* four ALUs: the fifth, decoded in 1, starts in 26 */
    }
    add(OP_trap, 0, 0, 0, 0);
    CHECK_COST(50);
    begin_block();
    for (int n = 0; n < 3; n++) {
        add(OP_trailing_zero_bits_64, 0, 0, 1 + n, 0); /* two ALUs each, L 2: s 1, 1, 3 */
    }
    add(OP_trap, 0, 0, 0, 0);
    CHECK_COST(4);
}

TEST(conditional_moves_by_revision) {
    begin_block();
    add(OP_load_u64, 3, 0, 0, 0); /* s 1, L 25 */
    add(OP_cmov_iz, 1, 2, 3, 0);  /* 0.8.0: s 1; next: s 26, L 2: 28 */
    add(OP_trap, 0, 0, 0, 0);
    check_cost(__LINE__, PVM_REVISION_0_8_0, 25);
    CHECK_COST(27);
    begin_block();
    add(OP_load_u64, 3, 0, 0, 0);
    add(OP_cmov_nz_imm, 3, 2, 0, 0);
    add(OP_trap, 0, 0, 0, 0);
    check_cost(__LINE__, PVM_REVISION_0_8_0, 25);
    CHECK_COST(27);
}

/* ---- Random blocks ---- */

/* Kinds of blocks: what is likely in them, in percent; the rest is any opcode. */
static const struct kind {
    const char *name;
    int registers; /* that are used, at random up to so many; 0: 13 */
    struct {
        uint8_t opcode, percent;
    } likely[10];
} kinds[] = {
    {"any opcode", 0, {{0}}},
    {"few registers", 4, {{0}}},
    {"moves", 0, {{OP_move_reg, 40}}},
    {"almost only moves", 0, {{OP_move_reg, 95}, {OP_ecalli, 1}, {OP_div_u_64, 1}, {OP_load_ind_u64, 1}}},
    {"units",
     0,
     {{OP_div_u_64, 5},
      {OP_rem_s_32, 5},
      {OP_mul_64, 10},
      {OP_mul_imm_32, 10},
      {OP_mul_upper_s_u, 10},
      {OP_load_ind_u64, 10},
      {OP_store_ind_u8, 10},
      {OP_store_imm_u16, 5},
      {OP_trailing_zero_bits_64, 10},
      {OP_ecalli, 5}}},
    {"bursts of one cycle",
     0,
     {{OP_add_64, 25},
      {OP_add_imm_64, 25},
      {OP_and, 10},
      {OP_load_imm, 15},
      {OP_shlo_l_64, 10},
      {OP_reverse_bytes, 5},
      {OP_move_reg, 5}}},
    {"conditional moves",
     0,
     {{OP_cmov_iz, 10}, {OP_cmov_nz, 10}, {OP_cmov_iz_imm, 10}, {OP_cmov_nz_imm, 10}, {OP_load_ind_u64, 20}}},
    {"multiplications",
     6,
     {{OP_mul_64, 25},
      {OP_mul_32, 15},
      {OP_mul_upper_u_u, 10},
      {OP_mul_upper_s_u, 10},
      {OP_add_64, 15},
      {OP_load_ind_u64, 15}}},
    {"divisions", 8, {{OP_div_u_64, 12}, {OP_mul_64, 10}, {OP_load_ind_u64, 25}, {OP_add_64, 25}, {OP_move_reg, 10}}},
    {"two ALUs", 0, {{OP_trailing_zero_bits_64, 35}, {OP_load_ind_u64, 25}, {OP_add_64, 30}}},
    {"six starts",
     6,
     {{OP_load_imm, 35},
      {OP_sign_extend_8, 25},
      {OP_count_set_bits_64, 5},
      {OP_mul_64, 8},
      {OP_add_32, 5},
      {OP_load_u64, 4},
      {OP_move_reg, 15}}},
    {"full reorder buffer",
     0,
     {{OP_unlikely, 10}, {OP_load_u32, 30}, {OP_store_u32, 20}, {OP_ecalli, 4}, {OP_load_imm, 20}, {OP_move_reg, 10}}},
    {"chains", 2, {{OP_load_ind_u64, 20}, {OP_add_32, 25}, {OP_mul_64, 10}, {OP_div_u_64, 4}, {OP_xor, 30}}},
    {"gaps", 5, {{OP_load_ind_u64, 35}, {OP_load_u64, 15}, {OP_add_imm_64, 35}, {OP_store_ind_u64, 5}}},
};
#define KINDS ((int)(sizeof kinds / sizeof *kinds))

static uint8_t random_step(uint64_t *seed, const struct kind *kind) {
    int dice = (int)random_below(seed, 100);
    for (int n = 0; n < 10; n++) {
        dice -= kind->likely[n].percent;
        if (dice < 0) {
            return kind->likely[n].opcode;
        }
    }
    uint8_t opcode;
    do {
        opcode = random_opcode(seed, false);
    } while (opcode_table[opcode].terminator);
    return opcode;
}

static int random_length(uint64_t *seed) {
    uint32_t dice = random_below(seed, 2000);
    uint32_t limit = dice == 0 ? MAXIMUM_BLOCK : dice < 10 ? 400 : dice < 100 ? 150 : dice < 600 ? 48 : 16;
    return 1 + (int)random_below(seed, limit);
}

static void random_block(uint64_t *seed, const struct kind *kind) {
    int length = random_length(seed);
    uint32_t registers = kind->registers == 0 ? 13 : 1 + random_below(seed, (uint32_t)kind->registers);
    bool repeat = random_below(seed, 3) == 0; /* runs of the same opcode */
    uint8_t opcode = 0;
    begin_block();
    for (int n = 1; n <= length; n++) {
        int a = (int)random_below(seed, registers), b = (int)random_below(seed, registers),
            d = (int)random_below(seed, registers);
        if (n == length) {
            opcode = random_opcode(seed, true);
        } else if (n == 1 || !repeat || random_below(seed, 3) == 0) {
            opcode = random_step(seed, kind);
        }
        add(opcode, a, b, d, (int64_t)random_below(seed, guest.length + 8) - 2);
    }
    static const uint8_t behind[] = {OP_trap, OP_fallthrough, OP_unlikely, OP_ecalli};
    if (random_below(seed, 8) != 0) {
        put_opcode(&guest, behind[random_below(seed, sizeof behind)]);
    }
}

static bool has_cmov(void) {
    for (int n = 0; n < step_count; n++) {
        if (begins(row_of(steps[n].opcode)->name, "cmov_")) {
            return true;
        }
    }
    return false;
}

static void check_block(const struct kind *kind, uint64_t seed, uint32_t revision, const char *way, uint32_t actual,
                        uint32_t expected) {
    if (actual != expected) {
        for (int n = 0; n < step_count; n++) {
            printf("  %-22s a %2d b %2d d %2d target %" PRId64 "\n", row_of(steps[n].opcode)->name, steps[n].a,
                   steps[n].b, steps[n].d, steps[n].target);
        }
        CHECK_FAIL("%s, seed %" PRIu64 ", revision %s: cost %u %s, by the rules %u", kind->name, seed,
                   revision_table[revision].label, actual, way, expected);
    }
}

/* A block in every revision; whether it took events in one of them. */
static bool check_random_block(const struct kind *kind, uint64_t seed) {
    uint32_t expected = cost_by_rules(PVM_REVISION_0_8_0);
    bool by_events = false;
    for (uint32_t revision = 0; revision < REVISION_COUNT; revision++) {
        /* Without conditional moves the revisions do not differ. */
        expected = revision == PVM_REVISION_0_8_0_VECTORS && has_cmov() ? cost_by_rules(revision) : expected;
        check_block(kind, seed, revision, "by the model", cost_by_model(revision), expected);
        by_events |= the_model()->by_events;
        check_block(kind, seed, revision, "by pieces", cost_by_pieces(revision, seed), expected);
    }
    return by_events;
}

TEST(random_blocks) {
    const char *wanted = getenv("PVM_GAS_BLOCKS"), *first_seed = getenv("PVM_SEED");
    uint64_t base = first_seed != NULL ? strtoull(first_seed, NULL, 10) << 32 : 0;
    int64_t blocks = (wanted != NULL ? strtoll(wanted, NULL, 10) : BLOCKS) / KINDS;
    for (int kind = 0; kind < KINDS; kind++) {
        uint64_t seed = base + UINT64_C(0x9A5) + (uint64_t)kind, instructions = 0;
        int64_t by_events = 0;
        printf("%s: seed %" PRIu64 ", %" PRId64 " blocks in every revision", kinds[kind].name, seed, blocks);
        for (int64_t block = 0; block < blocks; block++) {
            uint64_t before = seed;
            random_block(&seed, &kinds[kind]);
            instructions += (uint64_t)step_count;
            by_events += check_random_block(&kinds[kind], before);
        }
        printf(", %" PRIu64 " instructions, %" PRId64 " blocks by events\n", instructions, by_events);
        CHECK(by_events > blocks / 2000 && by_events < blocks / 2); /* both ways are tested */
    }
}

/* A block that is longer than any program: nothing overflows. `prefix` steps of the block, then divisions, each of which
 * waits for the one before. */
static void check_long_block(uint32_t prefix) {
    const uint32_t short_count = 200, long_count = SANITIZED ? 2000000 : 36000000;
    struct gas_model *model = the_model();
    struct gas_step divisions[100];
    uint32_t costs[2];
    add(OP_div_u_64, 1, 1, 1, 0);
    const struct gas_step *made = model_steps(PVM_REVISION_NEXT);
    for (size_t n = 0; n < sizeof divisions / sizeof *divisions; n++) {
        divisions[n] = made[prefix];
    }
    for (int n = 0; n < 2; n++) {
        gas_begin(model);
        gas_add(model, made, prefix);
        for (uint32_t step = 0; step < (n == 0 ? short_count : long_count); step += 100) {
            gas_add(model, divisions, 100);
        }
        CHECK_EQ(model->by_events, prefix != 0);
        costs[n] = gas_finish(model);
    }
    CHECK_EQ(costs[1] - costs[0], 60 * (long_count - short_count));
}

TEST(times_do_not_overflow) {
    begin_block();
    check_long_block(0);
    begin_block();
    for (int n = 0; n < 5; n++) {
        add(OP_load_u64, n, 0, 0, 0);
    }
    add(OP_add_imm_64, 6, 4, 0, 0); /* leaves a gap */
    for (int n = 0; n < 4; n++) {
        add(OP_add_imm_64, 6, 4, 0, 0);
        add(OP_load_u64, 7, 0, 0, 0);
    }
    check_long_block((uint32_t)step_count);
}

/* The same through compilation, where blocks follow each other: costs and places of all blocks of a program. */
TEST(blocks_of_modules) {
    uint64_t seed = 77;
    pvm_engine *engines[REVISION_COUNT];
    for (uint32_t revision = 0; revision < REVISION_COUNT; revision++) {
        engines[revision] = make_engine(0, revision);
    }
    for (int program = 0; program < (SANITIZED ? 100 : 1000); program++) {
        random_block(&seed, &kinds[program % KINDS]);
        put_opcode(&guest, OP_trap);
        for (uint32_t revision = 0; revision < REVISION_COUNT; revision++) {
            pvm_block blocks[4];
            pvm_module *module = compile(engines[revision], &guest);
            uint64_t count = pvm_module_blocks(module, blocks, 4);
            CHECK(count >= 2 && count <= 3);
            CHECK_EQ(blocks[0].pc, 0);
            CHECK_EQ(blocks[0].cost, cost_by_rules(revision));
            CHECK_EQ(blocks[1].pc, steps[step_count - 1].next);
            pvm_module_release(module);
        }
    }
    for (uint32_t revision = 0; revision < REVISION_COUNT; revision++) {
        destroy_engine(engines[revision]);
    }
}

int main(void) {
    RUN(one_instruction);
    RUN(branches_by_their_successors);
    RUN(dependencies_wait);
    RUN(moves_rename);
    RUN(units_run_out);
    RUN(conditional_moves_by_revision);
    RUN(random_blocks);
    RUN(times_do_not_overflow);
    RUN(blocks_of_modules);
    return check_finish();
}
