/* Runs and their ends: exits, pc, exit_pc, gas and gas_charged as the specification's table of exits says, starts in
 * the middle of blocks, resumption, dynamic jumps, gas at its edges; every test in every configuration. */
#include "check.h"
#include "guest.h"

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;
static pvm_context *context;

/* One region of one page at 0x20000, writable, and one read-only page behind it. */
static const pvm_region regions[] = {
    {.first_page = 0x20, .page_count = 1, .access = PVM_ACCESS_WRITE},
    {.first_page = 0x21, .page_count = 1, .access = PVM_ACCESS_READ},
};

static void prepare(void) {
    module = compile(engine, &guest);
    context = instantiate(module, regions, 2);
    CHECK_EQ(pvm_instance_is_checked(context), (engine->config.flags & PVM_FLAG_ALWAYS_CHECKED) != 0);
    for (uint64_t n = 0; n < PVM_REGISTER_COUNT; n++) {
        context->registers[n] = UINT64_C(0x1111111111111111) * (n + 1);
    }
    context->gas = 1000000;
}

static void dispose(void) {
    pvm_instance_destroy(context);
    pvm_module_release(module);
}

static void check_exit_at(int line, uint32_t actual, enum pvm_exit kind, uint32_t exit_pc, uint32_t pc,
                          uint64_t argument, uint64_t gas, uint32_t charged) {
    if (actual != kind || context->exit_kind != kind || context->exit_pc != exit_pc || context->pc != pc ||
        context->exit_argument != argument || context->gas != gas || context->gas_charged != charged) {
        check_fail(__FILE__, line,
                   "exit %u (%u) at %u, pc %u, argument 0x%" PRIx64 ", gas %" PRIu64
                   ", charged %u; not exit %u at %u, pc %u, argument 0x%" PRIx64 ", gas %" PRIu64 ", charged %u",
                   actual, context->exit_kind, context->exit_pc, context->pc, context->exit_argument, context->gas,
                   context->gas_charged, kind, exit_pc, pc, argument, gas, charged);
    }
}

/* Compares all that an exit reports. */
#define CHECK_EXIT(run, kind, exit_pc, pc, argument, gas, charged)                                                     \
    check_exit_at(__LINE__, run, kind, exit_pc, pc, argument, gas, charged)
#define CHECK_RUN(kind, exit_pc, pc, argument, gas, charged)                                                           \
    CHECK_EXIT(pvm_run(context), kind, exit_pc, pc, argument, gas, charged)

static void start_at(uint32_t pc, uint64_t gas, uint32_t charged) {
    context->pc = pc;
    context->gas = gas;
    context->gas_charged = charged;
}

/* ---- Each exit ---- */

static void exit_states(void) {
    guest_clear(&guest);
    put_reg_imm(&guest, OP_load_imm, 1, 5);                        /* 0 */
    uint32_t call = put_imm(&guest, OP_ecalli, -3);                /* 6 */
    uint32_t load = put_reg_imm(&guest, OP_load_u64, 2, 0x30004);  /* 11 */
    uint32_t low = put_reg_imm(&guest, OP_store_u8, 2, 0xFFFF);    /* 17 */
    uint32_t trap = put_opcode(&guest, OP_trap);                   /* 23 */
    uint32_t halt = put_reg_imm(&guest, OP_jump_ind, 3, -0x10000); /* 24 */
    prepare();
    uint64_t cost = cost_at(module, 0), halt_cost = cost_at(module, halt), gas = 1000000;

    start_at(0, cost - 1, 0);
    CHECK_RUN(PVM_EXIT_OUT_OF_GAS, 0, 0, 0, cost - 1, 0);
    CHECK_EQ(context->registers[1], 0x2222222222222222);
    context->gas = gas;
    CHECK_RUN(PVM_EXIT_HOST_CALL, call, load, (uint64_t)-3, gas - cost, 1);
    CHECK_EQ(context->registers[1], 5);
    CHECK_RUN(PVM_EXIT_PAGE_FAULT, load, load, 0x30000, gas - cost, 1);
    CHECK_EQ(context->registers[2], 0x3333333333333333);
    CHECK_RUN(PVM_EXIT_PAGE_FAULT, load, load, 0x30000, gas - cost, 1);
    CHECK_EQ(pvm_memory_protect(context, 0x30, 1, PVM_ACCESS_READ, 0, NULL), PVM_OK);
    CHECK_RUN(PVM_EXIT_PANIC, low, 0, 0, gas - cost, 1);
    CHECK_EQ(context->registers[2], 0);
    /* Charged stays true: the next run of block 0 is free. */
    CHECK_RUN(PVM_EXIT_HOST_CALL, call, load, (uint64_t)-3, gas - cost, 1);
    start_at(trap, gas, 0); /* the middle of the block: all of it is paid for */
    CHECK_RUN(PVM_EXIT_PANIC, trap, 0, 0, gas - cost, 1);
    start_at(trap, 0, 1);
    CHECK_RUN(PVM_EXIT_PANIC, trap, 0, 0, 0, 1);
    context->registers[3] = 0;
    start_at(halt, halt_cost, 0);
    CHECK_RUN(PVM_EXIT_HALT, halt, 0, 0, 0, 1);
    context->registers[3] = UINT64_C(0xABCDEF0100000000); /* addresses are taken modulo 2^32 */
    start_at(halt, halt_cost - 1, 1);
    CHECK_RUN(PVM_EXIT_HALT, halt, 0, 0, halt_cost - 1, 1);
    dispose();
}

/* A pc where nothing starts: panic, nothing charged, nothing else changed. */
static void invalid_starts(void) {
    guest_clear(&guest);
    put_reg_imm(&guest, OP_load_imm, 1, 5);
    put_opcode(&guest, OP_trap);
    prepare();
    static const uint32_t invalid[] = {1, 2, 5, 7, 8, 63, 64, 1000, INT32_MAX, UINT32_MAX};
    for (uint32_t n = 0; n < 2 * sizeof invalid / sizeof *invalid; n++) {
        start_at(invalid[n / 2], 17, n % 2);
        CHECK_RUN(PVM_EXIT_PANIC, invalid[n / 2], 0, 0, 17, n % 2);
        CHECK_EQ(context->registers[1], 0x2222222222222222);
    }
    dispose();
}

/* Every instruction of a block is a way in, with the block paid for or not. */
static void starts_in_mid_block(void) {
    enum { STEPS = 9 };
    uint32_t at[STEPS];
    guest_clear(&guest);
    put_opcode(&guest, OP_fallthrough);
    for (int n = 0; n < STEPS; n++) {
        at[n] = n == 3   ? put_opcode(&guest, OP_unlikely)
                : n == 5 ? put_reg_reg(&guest, OP_move_reg, 4, 4)
                : n == 7 ? put_imm(&guest, OP_ecalli, 1 << 20)
                         : put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, 1 << n);
    }
    uint32_t trap = put_opcode(&guest, OP_trap);
    prepare();
    uint64_t cost = cost_at(module, 1);
    for (int n = 0; n < STEPS; n++) {
        int64_t sum = 0;
        for (int m = n; m < STEPS; m++) {
            sum += m == 3 || m == 5 || m == 7 ? 0 : 1 << m;
        }
        for (uint32_t charged = 0; charged < 2; charged++) {
            uint64_t left = charged ? cost : 0;
            context->registers[1] = 0;
            if (!charged) {
                start_at(at[n], cost - 1, 0);
                CHECK_RUN(PVM_EXIT_OUT_OF_GAS, at[n], at[n], 0, cost - 1, 0);
            }
            start_at(at[n], cost, charged);
            if (n <= 7) {
                CHECK_RUN(PVM_EXIT_HOST_CALL, at[7], at[8], 1 << 20, left, 1);
            }
            CHECK_RUN(PVM_EXIT_PANIC, trap, 0, 0, left, 1);
            CHECK_EQ(context->registers[1], sum);
        }
    }
    /* After a host call the caller may go on elsewhere, or pay again. */
    start_at(at[7], 2 * cost, 0);
    CHECK_RUN(PVM_EXIT_HOST_CALL, at[7], at[8], 1 << 20, cost, 1);
    context->gas_charged = 0;
    CHECK_RUN(PVM_EXIT_PANIC, trap, 0, 0, 0, 1);
    start_at(at[7], cost, 0);
    CHECK_RUN(PVM_EXIT_HOST_CALL, at[7], at[8], 1 << 20, 0, 1);
    context->pc = trap;
    CHECK_RUN(PVM_EXIT_PANIC, trap, 0, 0, 0, 1);
    dispose();
}

/* ---- Gas ---- */

/* A loop of one block: it runs as often as the gas pays, to the last unit. */
static void gas_edges(void) {
    guest_clear(&guest);
    put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, 1);
    put_off(&guest, OP_jump, 0);
    prepare();
    uint64_t cost = cost_at(module, 0);
    static const uint64_t rounds[] = {0, 1, 2, 100};
    for (size_t n = 0; n < sizeof rounds / sizeof *rounds; n++) {
        for (uint64_t rest = 0; rest < cost; rest++) {
            context->registers[1] = 0;
            start_at(0, rounds[n] * cost + rest, 0);
            CHECK_RUN(PVM_EXIT_OUT_OF_GAS, 0, 0, 0, rest, 0);
            CHECK_EQ(context->registers[1], rounds[n]);
            /* One round more for free. */
            context->gas_charged = 1;
            CHECK_RUN(PVM_EXIT_OUT_OF_GAS, 0, 0, 0, rest, 0);
            CHECK_EQ(context->registers[1], rounds[n] + 1);
        }
    }
    dispose();
    guest_clear(&guest);
    uint32_t call = put_imm(&guest, OP_ecalli, 0), behind = put_opcode(&guest, OP_fallthrough);
    uint32_t jump = put_off(&guest, OP_jump, 0);
    prepare();
    cost = cost_at(module, 0);
    static const uint64_t great[] = {UINT64_MAX,
                                     UINT64_MAX - 1,
                                     UINT64_C(1) << 63,
                                     (UINT64_C(1) << 63) - 1,
                                     (UINT64_C(1) << 63) + 1,
                                     (UINT64_C(1) << 62) - 1,
                                     UINT64_C(1) << 32,
                                     UINT64_C(1) << 31};
    for (size_t n = 0; n < sizeof great / sizeof *great; n++) {
        start_at(0, great[n], 0);
        for (uint64_t round = 0; round < 5; round++) {
            uint64_t spent = cost + round * (cost + cost_at(module, jump));
            CHECK_RUN(PVM_EXIT_HOST_CALL, call, behind, 0, great[n] - spent, 1);
        }
    }
    /* Where a register with a sign no longer holds it beside the gas that must be left. */
    for (uint64_t gas = (UINT64_C(1) << 62) - 1; gas < (UINT64_C(1) << 62) + 2 * cost; gas++) {
        start_at(0, gas, 0);
        CHECK_RUN(PVM_EXIT_HOST_CALL, call, behind, 0, gas - cost, 1);
        CHECK_RUN(PVM_EXIT_HOST_CALL, call, behind, 0, gas - 2 * cost - cost_at(module, jump), 1);
    }
    dispose();
}

/* The exit says which of many blocks could not be paid for. */
static void out_of_gas_in_every_block(void) {
    static const uint32_t blocks[] = {1, 2, 31, 32, 33, 63, 64, 65, 1000};
    for (size_t n = 0; n < sizeof blocks / sizeof *blocks; n++) {
        guest_clear(&guest);
        for (uint32_t block = 1; block < blocks[n]; block++) {
            put_opcode(&guest, OP_fallthrough);
        }
        put_opcode(&guest, OP_trap);
        prepare();
        for (uint32_t pc = 0; pc < blocks[n]; pc++) {
            start_at(pc, 0, 0);
            CHECK_RUN(PVM_EXIT_OUT_OF_GAS, pc, pc, 0, 0, 0);
            /* And from the first one, with gas for those between. */
            start_at(0, pc * cost_at(module, 0), 0);
            CHECK_RUN(PVM_EXIT_OUT_OF_GAS, pc, pc, 0, 0, 0);
        }
        dispose();
    }
}

/* Gas checks of every size: costs around 127, blocks around the length up to which they are known in advance. */
static void long_blocks(void) {
    for (uint32_t length = 1; length < 600; length += length < 110 || length > 140 ? 7 : 1) {
        for (int dependent = 0; dependent < 2; dependent++) {
            guest_clear(&guest);
            for (uint32_t n = 0; n < length; n++) {
                put_reg_reg_imm(&guest, OP_add_imm_64, dependent ? 1 : (int)(n % 5), dependent ? 1 : (int)(n % 5), 1);
            }
            uint32_t trap = put_opcode(&guest, OP_trap);
            prepare();
            uint64_t cost = cost_at(module, 0);
            start_at(0, cost - 1, 0);
            CHECK_RUN(PVM_EXIT_OUT_OF_GAS, 0, 0, 0, cost - 1, 0);
            start_at(0, cost + 5, 0);
            context->registers[1] = 0;
            CHECK_RUN(PVM_EXIT_PANIC, trap, 0, 0, 5, 1);
            CHECK_EQ(context->registers[1], dependent ? length : (length + 3) / 5);
            start_at(0, 5, 1);
            CHECK_RUN(PVM_EXIT_PANIC, trap, 0, 0, 5, 1);
            CHECK_EQ(context->registers[1], 2 * (dependent ? length : (length + 3) / 5));
            dispose();
        }
    }
}

/* Jumps forward to one block, from many; and back to blocks near and far. */
static void many_jumps_to_one_block(void) {
    guest_clear(&guest);
    uint32_t jumps[40];
    for (int n = 0; n < 40; n++) {
        jumps[n] = put_reg_imm_off(&guest, OP_branch_eq_imm, 1, n, 0);
    }
    put_opcode(&guest, OP_trap);
    uint32_t target = put_imm(&guest, OP_ecalli, 1), back = put_reg_imm_off(&guest, OP_branch_eq_imm, 2, 7, target);
    put_off(&guest, OP_jump, jumps[0]);
    for (int n = 0; n < 40; n++) {
        aim(&guest, jumps[n], n < 39 ? jumps[n + 1] : jumps[n] + 10, target);
    }
    prepare();
    for (uint32_t n = 0; n < 40; n++) {
        uint64_t branch = cost_at(module, 0);
        start_at(0, 1000000, 0);
        context->registers[1] = n;
        uint64_t left = 1000000 - (n < 39 ? (n + 1) * branch : 39 * branch + cost_at(module, jumps[39]));
        left -= cost_at(module, target);
        CHECK_RUN(PVM_EXIT_HOST_CALL, target, back, 1, left, 1);
        context->registers[2] = 7;
        CHECK_RUN(PVM_EXIT_HOST_CALL, target, back, 1, left -= cost_at(module, target), 1);
        context->registers[1] = 0;
        context->registers[2] = 0;
        left -= cost_at(module, back + 10) + branch + cost_at(module, target);
        CHECK_RUN(PVM_EXIT_HOST_CALL, target, back, 1, left, 1);
    }
    dispose();
}

/* Out of gas in the second block: what the first one did stays, a later run goes on there. */
static void out_of_gas_and_on(void) {
    guest_clear(&guest);
    put_reg_imm(&guest, OP_load_imm, 1, 7);
    put_opcode(&guest, OP_fallthrough);
    uint32_t second = put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, 1);
    uint32_t trap = put_opcode(&guest, OP_trap);
    prepare();
    uint64_t first_cost = cost_at(module, 0), cost = cost_at(module, second);
    start_at(0, first_cost + cost - 1, 0);
    CHECK_RUN(PVM_EXIT_OUT_OF_GAS, second, second, 0, cost - 1, 0);
    CHECK_RUN(PVM_EXIT_OUT_OF_GAS, second, second, 0, cost - 1, 0);
    CHECK_EQ(context->registers[1], 7);
    context->gas = cost;
    CHECK_RUN(PVM_EXIT_PANIC, trap, 0, 0, 0, 1);
    CHECK_EQ(context->registers[1], 8);
    dispose();
}

/* ---- Static jumps ---- */

static void static_jumps(void) {
    static const uint8_t jumps[] = {OP_jump, OP_load_imm_jump};
    for (int form = 0; form < 2; form++) {
        /* 0: jump elsewhere ; load_imm ; trap ; trap */
        for (int n = 0; n < 8; n++) {
            guest_clear(&guest);
            form == 0 ? put_off(&guest, jumps[form], 0) : put_reg_imm_off(&guest, jumps[form], 9, -2, 0);
            uint32_t next = guest.length;
            uint32_t inner = put_reg_imm(&guest, OP_load_imm, 2, 3), trap = put_opcode(&guest, OP_trap),
                     last = put_opcode(&guest, OP_trap);
            const int64_t targets[] = {next, last, inner + 1, trap, -1, guest.length, INT32_MAX, INT32_MIN};
            const uint32_t exits[] = {trap, last, 0, 0, 0, 0, 0, 0};
            aim(&guest, 0, next, targets[n]);
            prepare();
            uint64_t left = 1000000 - cost_at(module, 0) -
                            (n == 0   ? cost_at(module, next)
                             : n == 1 ? cost_at(module, last)
                                      : 0);
            CHECK_RUN(PVM_EXIT_PANIC, exits[n], 0, 0, left, 1);
            CHECK_EQ(context->registers[9], form == 0 ? UINT64_C(0xAAAAAAAAAAAAAAAA) : (uint64_t)-2);
            dispose();
        }
    }
}

/* A fallthrough, or a branch not taken, at the end of the code has nowhere to go; a branch is invalid when either
 * way is. */
static void ends_of_code(void) {
    guest_clear(&guest);
    put_opcode(&guest, OP_fallthrough);
    uint32_t last = put_opcode(&guest, OP_fallthrough);
    prepare();
    CHECK_RUN(PVM_EXIT_PANIC, last, 0, 0, 1000000 - cost_at(module, 0) - cost_at(module, last), 1);
    dispose();
    for (int opcode = OP_undefined + 1; opcode < OP_COUNT; opcode++) {
        bool imm = opcode_table[opcode].operands == OPERANDS_BRANCH_IMM;
        if (!imm && opcode_table[opcode].operands != OPERANDS_BRANCH) {
            continue;
        }
        for (int way = 0; way < 3; way++) { /* next invalid, target invalid, target in mid-block */
            for (uint64_t value = 0; value < 3; value++) {
                guest_clear(&guest);
                uint32_t next = 0, trap = 0;
                if (way == 0) {
                    put_opcode(&guest, OP_fallthrough);
                    trap = guest.length;
                }
                imm ? put_reg_imm_off(&guest, (uint8_t)opcode, 1, 1, 0)
                    : put_reg_reg_off(&guest, (uint8_t)opcode, 1, 2, 0);
                next = guest.length;
                if (way != 0) {
                    put_reg_imm(&guest, OP_load_imm, 2, 3);
                    put_opcode(&guest, OP_trap);
                    aim(&guest, 0, next, way == 1 ? next + 100 : next + 6);
                }
                prepare();
                uint64_t left = 1000000 - cost_at(module, 0) - (way == 0 ? cost_at(module, trap) : 0);
                context->registers[1] = value;
                context->registers[2] = 1;
                CHECK_RUN(PVM_EXIT_PANIC, trap, 0, 0, left, 1);
                dispose();
            }
        }
    }
}

/* ---- Dynamic jumps ---- */

struct dynamic {
    uint64_t address;
    enum pvm_exit kind;
    int lands; /* block, or -1: in the jump itself */
};

/* 0: jump_ind r1 ; b1: load_imm r3 ; trap ; b2: load_imm_jump_ind r9 := 4660, r1 ; b3: trap */
static void put_dynamic_program(uint32_t *block) {
    guest_clear(&guest);
    block[0] = put_reg_imm(&guest, OP_jump_ind, 1, 6);
    block[1] = put_reg_imm(&guest, OP_load_imm, 3, 3);
    put_opcode(&guest, OP_trap);
    block[2] = put_reg_reg_imm_imm(&guest, OP_load_imm_jump_ind, 9, 1, 4660, 6);
    block[3] = put_opcode(&guest, OP_trap);
}

static void dynamic_jumps(void) {
    uint32_t block[4];
    for (uint32_t size = 1; size <= 16; size += size == 9 ? 7 : 1) {
        put_dynamic_program(block);
        uint64_t greatest = size >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1;
        const uint64_t entries[] = {block[1], block[3],         block[1] + 1, block[1] + 6, guest.length,
                                    greatest, greatest / 2 + 1, greatest / 2, block[3]};
        guest.entry_size = size;
        guest.entry_count = sizeof entries / sizeof *entries;
        memcpy(guest.entries, entries, sizeof entries);
        if (size > 8) {
            guest.entries[5] = UINT64_MAX; /* eight octets of it; those behind stay zero */
        }
        const struct dynamic cases[] = {
            {0, PVM_EXIT_PANIC, -1},          {1, PVM_EXIT_PANIC, -1},          {2, PVM_EXIT_PANIC, 1},
            {3, PVM_EXIT_PANIC, -1},          {4, PVM_EXIT_PANIC, 3},           {5, PVM_EXIT_PANIC, -1},
            {6, PVM_EXIT_PANIC, -1},          {8, PVM_EXIT_PANIC, -1},          {10, PVM_EXIT_PANIC, -1},
            {12, PVM_EXIT_PANIC, -1},         {14, PVM_EXIT_PANIC, -1},         {16, PVM_EXIT_PANIC, -1},
            {17, PVM_EXIT_PANIC, -1},         {18, PVM_EXIT_PANIC, 3},          {19, PVM_EXIT_PANIC, -1},
            {20, PVM_EXIT_PANIC, -1},         {22, PVM_EXIT_PANIC, -1},         {0xFFFF0000, PVM_EXIT_HALT, -1},
            {0xFFFF0001, PVM_EXIT_PANIC, -1}, {0xFFFF0002, PVM_EXIT_PANIC, -1}, {0xFFFEFFFE, PVM_EXIT_PANIC, -1},
            {0x7FFF8000, PVM_EXIT_PANIC, -1}, {0x80000000, PVM_EXIT_PANIC, -1}, {0x80000002, PVM_EXIT_PANIC, -1},
            {0xFFFFFFFF, PVM_EXIT_PANIC, -1}, {0xFFFFFFFE, PVM_EXIT_PANIC, -1}, {0x00010000, PVM_EXIT_PANIC, -1},
        };
        prepare();
        for (uint32_t n = 0; n < 4 * sizeof cases / sizeof *cases; n++) {
            const struct dynamic *c = &cases[n / 4];
            uint32_t from = n % 2 == 0 ? block[0] : block[2];
            uint64_t cost = cost_at(module, from), junk = n / 2 % 2 == 0 ? 0 : UINT64_C(0xDEADBEEF00000000);
            /* The immediate, 6, is added in 64 bits and wraps. */
            context->registers[1] = c->address + junk - 6;
            context->registers[9] = 1;
            start_at(from, 1000, 0);
            uint32_t exit_pc = c->lands < 0 ? from : c->lands == 1 ? block[1] + 6 : block[3];
            CHECK_RUN(c->kind, exit_pc, 0, 0, 1000 - cost - (c->lands < 0 ? 0 : cost_at(module, block[c->lands])), 1);
            /* The register is written whatever becomes of the jump. */
            CHECK_EQ(context->registers[9], from == block[0] ? 1 : 4660);
            CHECK_EQ(context->registers[1], c->address + junk - 6);
        }
        dispose();
    }
}

/* load_imm_jump_ind jumps by the value its register had before it is written, also when it is both. */
static void dynamic_jump_through_its_own_register(void) {
    for (int a = 0; a < PVM_REGISTER_COUNT; a++) {
        guest_clear(&guest);
        put_reg_reg_imm_imm(&guest, OP_load_imm_jump_ind, a, a, 2, 0);
        uint32_t one = put_opcode(&guest, OP_trap), two = put_opcode(&guest, OP_trap);
        guest.entry_size = 1;
        guest.entry_count = 2;
        guest.entries[0] = one;
        guest.entries[1] = two;
        prepare();
        context->registers[a] = 4;
        CHECK_RUN(PVM_EXIT_PANIC, two, 0, 0, 1000000 - cost_at(module, 0) - cost_at(module, two), 1);
        CHECK_EQ(context->registers[a], 2);
        dispose();
    }
}

/* 0: jump_ind r1 ; b1: trap ; b2: load_imm_jump_ind r9 := 5, r1 ; b3: trap ; b4: load_imm_jump_ind r1 := 5, r1; with entries that
 * lead to b1, b3 and b1 again. */
static void put_program_with_valid_entries(uint32_t *block, int64_t offset) {
    guest_clear(&guest);
    block[0] = put_reg_imm(&guest, OP_jump_ind, 1, offset);
    block[1] = put_opcode(&guest, OP_trap);
    block[2] = put_reg_reg_imm_imm(&guest, OP_load_imm_jump_ind, 9, 1, 5, offset);
    block[3] = put_opcode(&guest, OP_trap);
    block[4] = put_reg_reg_imm_imm(&guest, OP_load_imm_jump_ind, 1, 1, 5, offset);
    guest.entry_size = 1;
    guest.entry_count = 3;
    guest.entries[0] = guest.entries[2] = block[1];
    guest.entries[1] = block[3];
}

/* Of the sum of register and offset the lower 32 bits count alone, wherever the upper ones come from. */
static void sums_of_dynamic_jumps(void) {
    static const int64_t offsets[] = {
        0,       1,          2,       -2,         6,         127,           -129,
        0x1FFF,  0x2000,     0x8000,  -0x8002,    1 << 28,   (1 << 28) + 1, -(1 << 28),
        1 << 29, -(1 << 29), 1 << 30, -(1 << 30), INT32_MAX, INT32_MIN,     -(1 << 28) - 1};
    static const uint32_t addresses[] = {0,          1,          2,          3,          4,
                                         5,          6,          7,          8,          9,
                                         0xFFFF0000, 0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF, 0x80000002,
                                         0x40000002, 0x20000002, 0x10000004, 0xC0000006, 0x00010002};
    static const uint64_t uppers[] = {0, 1, 0x3FFFFFFF, 0x40000000, 0x7FFFFFFF, 0x80000000, 0xC0000000, 0xFFFFFFFF};
    static const int lands[] = {-1, 1, 3, 1}; /* by half the address */
    uint32_t block[5];
    for (size_t n = 0; n < sizeof offsets / sizeof *offsets; n++) {
        put_program_with_valid_entries(block, offsets[n]);
        prepare();
        for (size_t m = 0; m < sizeof addresses / sizeof *addresses * 24; m++) {
            uint32_t address = addresses[m / 24], from = block[m % 3 * 2];
            uint64_t sum = uppers[m / 3 % 8] << 32 | address, first = sum - (uint64_t)offsets[n];
            bool leads = address % 2 == 0 && address < 2 * sizeof lands / sizeof *lands && lands[address / 2] > 0;
            uint32_t to = leads ? block[lands[address / 2]] : from;
            uint64_t left = 1000 - cost_at(module, from) - (leads ? cost_at(module, to) : 0);
            context->registers[1] = first;
            context->registers[9] = 9;
            start_at(from, 1000, 0);
            CHECK_RUN(address == 0xFFFF0000 ? PVM_EXIT_HALT : PVM_EXIT_PANIC, to, 0, 0, left, 1);
            CHECK_EQ(context->registers[1], from == block[4] ? 5 : first);
            CHECK_EQ(context->registers[9], from == block[2] ? 5 : 9);
        }
        dispose();
    }
}

/* Entries of no octets are all 0, however many there are. */
static void empty_entries(void) {
    /* clang-format off */
    static const uint64_t counts[] = {
        0, 1, 5, 127, 128, 1 << 24, (1 << 24) + 1, 0x7FFF7FFF, 0x7FFF8000, 0x7FFF8001, INT32_MAX - 1, INT32_MAX,
        0x80000000, 0xFFFFFFFF, UINT64_C(1) << 32, UINT64_C(1) << 56, UINT64_MAX};
    /* clang-format on */
    /* clang-format off */
    static const uint64_t addresses[] = {
        0, 1, 2, 3, 4, 10, 11, 12, 254, 256, 258, 1 << 25, (1 << 25) + 2, (1 << 25) + 4, 0x7FFFFFFE, 0x80000000,
        0xFFFEFFFE, 0xFFFF0000, 0xFFFF0001, 0xFFFF0002, 0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF};
    /* clang-format on */
    pvm_error error;
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        guest_clear(&guest);
        uint32_t call = put_imm(&guest, OP_ecalli, 5), jump = put_reg_imm(&guest, OP_jump_ind, 1, 0);
        guest.entry_count = counts[n];
        if (engine->config.revision != PVM_REVISION_0_8_0 && counts[n] > 1 << 24) {
            uint64_t length;
            uint8_t *blob = guest_blob(&guest, &length);
            CHECK_EQ(pvm_module_compile(engine, blob, length, &module, &error), PVM_INVALID_PROGRAM);
            CHECK_EQ(error.offset, 0);
            free(blob);
            continue;
        }
        prepare();
        uint64_t cost = cost_at(module, 0);
        pvm_module_info info;
        pvm_module_describe(module, &info);
        CHECK_EQ(info.jump_table_length, counts[n]);
        CHECK(info.table_bytes < 2000);
        for (size_t m = 0; m < sizeof addresses / sizeof *addresses; m++) {
            uint64_t address = addresses[m];
            start_at(jump, 10 * cost, 0);
            context->registers[1] = address;
            if (address == 0xFFFF0000) {
                CHECK_RUN(PVM_EXIT_HALT, jump, 0, 0, 9 * cost, 1);
            } else if (address == 0 || address % 2 != 0 || address / 2 > counts[n]) {
                CHECK_RUN(PVM_EXIT_PANIC, jump, 0, 0, 9 * cost, 1);
            } else {
                CHECK_RUN(PVM_EXIT_HOST_CALL, call, jump, 5, 8 * cost, 1);
            }
        }
        dispose();
    }
}

/* A dynamic jump to a block that cannot be paid for stops in front of that block. */
static void dynamic_jump_without_gas(void) {
    uint32_t block[4];
    put_dynamic_program(block);
    guest.entry_size = 1;
    guest.entry_count = 1;
    guest.entries[0] = block[1];
    prepare();
    uint64_t cost = cost_at(module, 0), next = cost_at(module, block[1]);
    context->registers[1] = UINT64_MAX - 3; /* + 6 is 2 */
    start_at(0, cost + next - 1, 0);
    CHECK_RUN(PVM_EXIT_OUT_OF_GAS, block[1], block[1], 0, next - 1, 0);
    context->gas = next;
    CHECK_RUN(PVM_EXIT_PANIC, block[1] + 6, 0, 0, 0, 1);
    dispose();
}

/* ---- Host calls ---- */

static void host_call_numbers(void) {
    static const int64_t numbers[] = {0, 1, 100, INT32_MAX, INT32_MIN, -1};
    guest_clear(&guest);
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        put_imm(&guest, OP_ecalli, numbers[n]);
    }
    uint32_t trap = put_opcode(&guest, OP_trap);
    prepare();
    uint64_t left = 1000000 - cost_at(module, 0), registers[PVM_REGISTER_COUNT];
    memcpy(registers, context->registers, sizeof registers);
    for (uint32_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        CHECK_RUN(PVM_EXIT_HOST_CALL, 5 * n, 5 * n + 5, (uint64_t)numbers[n], left, 1);
        CHECK_BYTES(context->registers, registers, sizeof registers);
        /* What the host writes is what the guest finds. */
        for (int r = 0; r < PVM_REGISTER_COUNT; r++) {
            registers[r] = context->registers[r] = ~context->registers[r] + n;
        }
    }
    CHECK_RUN(PVM_EXIT_PANIC, trap, 0, 0, left, 1);
    CHECK_BYTES(context->registers, registers, sizeof registers);
    dispose();
}

/* Operands that the mask cuts short: ecalli with 0 to 3 octets, also of the sign. */
static void short_host_call_numbers(void) {
    static const struct {
        uint32_t octets;
        uint8_t code[4];
        int64_t number;
    } cases[] = {
        {0, {0}, 0}, {1, {0x7F}, 127}, {1, {0x80}, -128}, {2, {0xFF, 0x7F}, 32767}, {3, {0, 0, 0x80}, -8388608}};
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        guest_clear(&guest);
        put_opcode(&guest, OP_ecalli);
        for (uint32_t octet = 0; octet < cases[n].octets; octet++) {
            put_octet(&guest, cases[n].code[octet]);
        }
        put_opcode(&guest, OP_trap);
        prepare();
        CHECK_RUN(PVM_EXIT_HOST_CALL, 0, 1 + cases[n].octets, (uint64_t)cases[n].number, 1000000 - cost_at(module, 0),
                  1);
        dispose();
    }
}

/* Answered calls are no exits; too little gas, or another number, is. */
static void answered_gas_calls(void) {
    guest_clear(&guest);
    put_imm(&guest, OP_ecalli, -3);
    put_reg_reg(&guest, OP_move_reg, 2, 7);
    put_imm(&guest, OP_ecalli, -3);
    uint32_t other = put_imm(&guest, OP_ecalli, 3), trap = put_opcode(&guest, OP_trap);
    prepare();
    const uint64_t block = cost_at(module, 0), great[] = {1000, (uint64_t)INT64_MAX + 5, UINT64_MAX};
    for (size_t n = 0; n < sizeof great / sizeof *great; n++) {
        start_at(0, great[n], 0);
        uint64_t left = great[n] - block - 96;
        CHECK_EXIT(pvm_run_answering_gas(context, (uint64_t)-3, 48), PVM_EXIT_HOST_CALL, other, trap, 3, left, 1);
        CHECK_EQ(context->registers[2], left + 48);
        CHECK_EQ(context->registers[7], left);
    }
    for (uint64_t missing = 1; missing <= 96; missing++) {
        bool second = missing <= 48;
        start_at(0, block + 96 - missing, 0);
        uint32_t call = second ? other - 5 : 0;
        CHECK_EXIT(pvm_run_answering_gas(context, (uint64_t)-3, 48), PVM_EXIT_HOST_CALL, call, call + 5, (uint64_t)-3,
                   96 - missing - (second ? 48 : 0), 1);
    }
    start_at(0, block - 1, 0);
    CHECK_EQ(pvm_run_answering_gas(context, (uint64_t)-3, 0), PVM_EXIT_OUT_OF_GAS);
    start_at(0, block, 0);
    CHECK_EXIT(pvm_run_answering_gas(context, (uint64_t)-3, 0), PVM_EXIT_HOST_CALL, other, trap, 3, 0, 1);
    dispose();
}

/* ---- Two instances of a module, and a module that is released while one lives ---- */

static void instances_are_apart(void) {
    guest_clear(&guest);
    put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, 1);
    uint32_t store = put_reg_imm(&guest, OP_store_u64, 1, 0x20008);
    put_imm(&guest, OP_ecalli, 1);
    put_off(&guest, OP_jump, 0);
    prepare();
    pvm_context *other = instantiate(module, regions, 2);
    pvm_module_release(module);
    other->gas = 1000000;
    for (int n = 0; n < 10; n++) {
        CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
        CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
        CHECK_EQ(pvm_run(other), PVM_EXIT_HOST_CALL);
    }
    CHECK_EQ(other->registers[1], 10);
    CHECK_EQ(*(uint64_t *)(void *)(other->memory + 0x20008), 10);
    CHECK_EQ(context->registers[1], UINT64_C(0x2222222222222222) + 20);
    CHECK_EQ(*(uint64_t *)(void *)(context->memory + 0x20008), context->registers[1]);
    CHECK_EQ(store, 6);
    pvm_module_retain(module);
    pvm_instance_destroy(other);
    dispose();
}

/* ---- All in every configuration ---- */

static const struct {
    const char *name;
    void (*test)(void);
} tests[] = {
    {"exit_states", exit_states},
    {"invalid_starts", invalid_starts},
    {"starts_in_mid_block", starts_in_mid_block},
    {"gas_edges", gas_edges},
    {"out_of_gas_in_every_block", out_of_gas_in_every_block},
    {"long_blocks", long_blocks},
    {"many_jumps_to_one_block", many_jumps_to_one_block},
    {"out_of_gas_and_on", out_of_gas_and_on},
    {"static_jumps", static_jumps},
    {"ends_of_code", ends_of_code},
    {"dynamic_jumps", dynamic_jumps},
    {"dynamic_jump_through_its_own_register", dynamic_jump_through_its_own_register},
    {"sums_of_dynamic_jumps", sums_of_dynamic_jumps},
    {"empty_entries", empty_entries},
    {"dynamic_jump_without_gas", dynamic_jump_without_gas},
    {"host_call_numbers", host_call_numbers},
    {"short_host_call_numbers", short_host_call_numbers},
    {"answered_gas_calls", answered_gas_calls},
    {"instances_are_apart", instances_are_apart},
};

static size_t current;

static void in_every_configuration(void) {
    for (size_t n = 0; n < CONFIGURATIONS; n++) {
        for (uint32_t revision = 0; revision < REVISION_COUNT; revision++) {
            printf("%s, %s, %s\n", tests[current].name, configurations[n].name, revision_table[revision].label);
            engine = make_configured(&configurations[n], revision);
            tests[current].test();
            destroy_engine(engine);
        }
    }
}

int main(void) {
    for (current = 0; current < sizeof tests / sizeof *tests; current++) {
        check_run(tests[current].name, in_every_configuration);
    }
    return check_finish();
}
