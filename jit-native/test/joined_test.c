/* What machine code makes of several instructions together, at the edges that random programs seldom meet. Each program here makes
 * the same stops in every configuration as in the one that puts nothing off and repeats nothing. */
#include "check.h"
#include "guest.h"
#include "stop.h"
#include "isa/lookahead.h"
#include "x64/codegen.h"

#define STOPS 64
#define FIRST_PAGE 0x20
#define ADDRESS (FIRST_PAGE * PVM_PAGE_SIZE)
#define UNMAPPED 0x50000

/* A register that the host changes at host calls. */
#define CALLED 5
#define HOST_CHANGES UINT64_C(0x1000000003)

static struct guest guest;
static pvm_engine *engines[CONFIGURATIONS];
static uint64_t runs, stops_compared;
static uint64_t contents[2 * PVM_PAGE_SIZE / sizeof(uint64_t)]; /* of RAM */

/* How a run begins; pages [FIRST_PAGE, +2) can be written, and hold anything. */
struct start {
    uint64_t registers[PVM_REGISTER_COUNT], gas;
    uint32_t pc, gas_charged;
};

static uint32_t run(pvm_module *module, const struct start *start, struct stop *stops) {
    const pvm_region region = {.first_page = FIRST_PAGE,
                               .page_count = 2,
                               .access = PVM_ACCESS_WRITE,
                               .contents = contents,
                               .contents_length = sizeof contents};
    pvm_context *context = instantiate(module, &region, 1);
    keep_in_hardware(context);
    uint32_t count = 0;
    memcpy(context->registers, start->registers, sizeof start->registers);
    context->gas = start->gas;
    context->pc = start->pc;
    context->gas_charged = start->gas_charged;
    memset(stops, 0, STOPS * sizeof *stops);
    for (bool ended = false; !ended && count < STOPS;) {
        struct stop *stop = &stops[count++];
        uint32_t kind = pvm_run(context);
        CHECK_EQ(kind, context->exit_kind);
        *stop = stop_of(context);
        if (stop->kind == PVM_EXIT_PAGE_FAULT) {
            uint32_t page = (uint32_t)(context->exit_argument / PVM_PAGE_SIZE);
            CHECK_EQ(pvm_memory_protect(context, page, 1, PVM_ACCESS_WRITE, 0, NULL), PVM_OK);
        } else if (stop->kind == PVM_EXIT_OUT_OF_GAS) {
            context->gas += 100;
        } else if (stop->kind == PVM_EXIT_HOST_CALL) {
            context->registers[CALLED] ^= HOST_CHANGES;
        } else {
            ended = true;
        }
    }
    for (uint32_t page = FIRST_PAGE; page < FIRST_PAGE + 2; page++) {
        stops[count - 1].memory = hash_page(stops[count - 1].memory, context, page);
    }
    pvm_instance_destroy(context);
    return count;
}

/* Of the configurations: the one that puts off and repeats, and another. */
#define TWO 2

/* The stops of the program, which has been put; they are those of the first so many configurations. */
static const struct stop *stops_of(const struct start *start, size_t configuration_count) {
    static struct stop expected[STOPS], actual[STOPS];
    uint32_t count = 0;
    runs++;
    for (size_t n = 0; n < configuration_count; n++) {
        pvm_module *module = compile(engines[n], &guest);
        if (configurations[n].section_octets != 0) {
            /* Makes the code that the next one runs, so that jumps between its sections are linked then. */
            struct start rich = *start;
            rich.gas = UINT64_C(1) << 40;
            (void)run(module, &rich, actual);
        }
        uint32_t stops = run(module, start, n == 0 ? expected : actual);
        pvm_module_release(module);
        count = n == 0 ? stops : count;
        stops_compared += n == 0 ? 0 : count;
        CHECK_EQ(stops, count);
        for (uint32_t stop = 0; n > 0 && stop < count; stop++) {
            if (memcmp(&expected[stop], &actual[stop], sizeof *expected) != 0) {
                CHECK_FAIL("stop %u differs between %s and %s: exit %u and %u, at %u and %u", stop,
                           configurations[0].name, configurations[n].name, expected[stop].kind, actual[stop].kind,
                           expected[stop].exit_pc, actual[stop].exit_pc);
            }
        }
    }
    return expected;
}

/* ---- The last instruction of a piece ---- */

/* So many instructions, of which enough leave something undone that the others are emitted lazily. */
static void put_fillers(uint32_t count) {
    for (uint32_t n = 0; n < count; n++) {
        put_reg_reg_imm(&guest, OP_add_imm_32, 12, 12, 1);
    }
}

/* An access that faults where one piece ends and the next begins: what it needs has been written before, and no sum is added
 * twice. */
TEST(faults_at_the_end_of_a_piece) {
    for (uint32_t before = LOOKAHEAD - 5; before <= LOOKAHEAD + 1; before++) {
        guest_clear(&guest);
        put_fillers(before);
        put_reg_reg_imm(&guest, OP_add_imm_64, 3, 3, 8);
        put_reg_reg_imm(&guest, OP_add_imm_64, 4, 4, 16);
        uint32_t at = put_reg_reg_imm(&guest, OP_store_ind_u64, 3, 4, 0);
        put_reg_reg_imm(&guest, OP_load_ind_u32, 4, 4, 0);
        put_fillers(20);
        put_opcode(&guest, OP_trap);
        struct start start = {.registers = {[3] = 1000, [4] = UNMAPPED}, .gas = 100000};
        const struct stop *stops = stops_of(&start, CONFIGURATIONS);
        CHECK_EQ(stops[0].kind, PVM_EXIT_PAGE_FAULT);
        CHECK_EQ(stops[0].exit_pc, at);
        CHECK_EQ(stops[0].argument, UNMAPPED);
        CHECK_EQ(stops[0].registers[3], 1008);
        CHECK_EQ(stops[0].registers[4], UNMAPPED + 16);
        CHECK_EQ(stops[0].registers[12], before);
        CHECK_EQ(stops[1].kind, PVM_EXIT_PANIC);
        CHECK_EQ(stops[1].registers[4], 1008);
        CHECK_EQ(stops[1].registers[12], before + 20);
    }
}

/* A loop of so many instructions that faults for the first time in this round, with a sum put off over the access, and is resumed
 * there. */
TEST(faults_in_each_copy_of_a_loop) {
    for (int length = 4; length <= 14; length++) {
        for (uint64_t turn = 0; turn < 20; turn++) {
            const uint64_t round = turn / 2;
            const enum opcode access = turn % 2 == 0 ? OP_store_ind_u64 : OP_load_ind_i32;
            guest_clear(&guest);
            for (int n = 0; n < length - 4; n++) {
                put_reg_reg_imm(&guest, n % 2 == 0 ? OP_add_imm_32 : OP_add_imm_64, 5, 5, 3);
            }
            put_reg_reg_imm(&guest, OP_add_imm_64, 2, 2, 512);
            uint32_t at = put_reg_reg_imm(&guest, (uint8_t)access, 6, 2, 8);
            put_reg_reg_imm(&guest, OP_add_imm_64, 4, 4, -1);
            put_reg_imm_off(&guest, OP_branch_ne_imm, 4, 0, 0);
            put_opcode(&guest, OP_trap);
            uint64_t first = UNMAPPED - 512 * (round + 1);
            struct start start = {.registers = {[2] = first, [4] = 12, [6] = 77}, .gas = 100000};
            pvm_module *module = compile(engines[1], &guest);
            uint32_t cost = cost_at(module, 0), last_cost = cost_at(module, guest.length - 1);
            pvm_module_release(module);
            /* The page before is the first to fault, but where the first round is beyond it. */
            const struct stop *stop = stops_of(&start, TWO);
            while (stop->argument != UNMAPPED) {
                CHECK_EQ(stop++->kind, PVM_EXIT_PAGE_FAULT);
            }
            CHECK_EQ(stop->exit_pc, at);
            CHECK_EQ(stop->gas, 100000 - (round + 1) * cost);
            CHECK_EQ(stop->registers[2], UNMAPPED);
            CHECK_EQ(stop->registers[4], 12 - round);
            CHECK_EQ(stop->registers[5], 3 * (uint64_t)(length - 4) * (round + 1));
            stop++;
            while (stop->kind == PVM_EXIT_PAGE_FAULT) {
                stop++;
            }
            CHECK_EQ(stop->kind, PVM_EXIT_PANIC);
            CHECK_EQ(stop->gas, 100000 - 12 * cost - last_cost);
            CHECK_EQ(stop->registers[2], first + 12 * 512);
        }
    }
}

/* ---- Gas that its register does not hold ---- */

/* Sums in a loop of which machine code has copies, blocks that do not check, a host call, a dynamic jump, a fault; then all again. */
static void put_everything(void) {
    guest_clear(&guest);
    put_reg_imm(&guest, OP_load_imm, 2, 7);
    put_opcode(&guest, OP_fallthrough);
    uint32_t loop = put_reg_reg_reg(&guest, OP_add_64, 3, 3, 2);
    put_reg_reg_imm(&guest, OP_store_ind_u64, 3, 4, 8);
    put_reg_reg_imm(&guest, OP_add_imm_64, 2, 2, -1);
    put_reg_imm_off(&guest, OP_branch_ne_imm, 2, 0, loop);
    put_opcode(&guest, OP_fallthrough);
    put_imm(&guest, OP_ecalli, 5);
    uint32_t jump = put_reg_imm_off(&guest, OP_branch_eq_imm, 2, 1, 0), behind = guest.length;
    put_reg_imm(&guest, OP_jump_ind, 2, 2);
    aim(&guest, jump, behind, guest.length);
    guest.entries[0] = guest.length;
    guest.entry_size = 1;
    guest.entry_count = 1;
    put_reg_reg_imm(&guest, OP_add_imm_64, 4, 4, PVM_PAGE_SIZE);
    put_reg_imm_off(&guest, OP_branch_lt_u_imm, 4, ADDRESS + 5 * PVM_PAGE_SIZE, 0);
    put_opcode(&guest, OP_trap);
}

TEST(any_gas_is_counted) {
    static const uint64_t edges[] = {0,
                                     UINT64_C(1) << 32,
                                     UINT64_C(1) << 62,
                                     (UINT64_C(1) << 62) + 512,
                                     UINT64_C(1) << 63,
                                     (UINT64_C(1) << 63) + (UINT64_C(1) << 62)};
    uint64_t used = 0;
    put_everything();
    for (size_t edge = 0; edge < sizeof edges / sizeof *edges; edge++) {
        for (int64_t more = -1600; more <= 1600; more += SANITIZED ? 311 : 61) {
            struct start start = {.registers = {[4] = ADDRESS}, .gas = edges[edge] + (uint64_t)more};
            const struct stop *stops = stops_of(&start, CONFIGURATIONS), *last = stops;
            uint64_t added = 0;
            while (last->kind != PVM_EXIT_PANIC) {
                added += last->kind == PVM_EXIT_OUT_OF_GAS ? 100 : 0;
                CHECK(++last < stops + STOPS);
            }
            uint64_t all = start.gas + added - last->gas;
            used = used == 0 ? all : used;
            CHECK_EQ(all, used);
            CHECK_EQ(last->registers[3], 5 * 28);
        }
    }
}

/* How often it was looked, at a start in the midst of a block, what is missing there. Linked with --wrap for it. */
static uint32_t looks;

/* clang-format off */
bool __real_codegen_can_enter(const struct variant *variant, const struct program *program, const pvm_block *block,
                              uint32_t index, const uint64_t *registers);
bool __wrap_codegen_can_enter(const struct variant *variant, const struct program *program, const pvm_block *block,
                              uint32_t index, const uint64_t *registers);
/* clang-format on */

bool __wrap_codegen_can_enter(const struct variant *variant, const struct program *program, const pvm_block *block,
                              uint32_t index, const uint64_t *registers) {
    looks++;
    return __real_codegen_can_enter(variant, program, block, index, registers);
}

/* To look takes 500 times as long as a host call, and a guest chooses the gas of the machines that it runs. */
TEST(runs_go_on_behind_host_calls_with_any_gas) {
    static const uint64_t gas[] = {1000, UINT64_C(1) << 62, (UINT64_C(1) << 62) + 513, UINT64_C(1) << 63, UINT64_MAX};
    guest_clear(&guest);
    put_imm(&guest, OP_ecalli, 5);
    put_imm(&guest, OP_ecalli, 5);
    put_opcode(&guest, OP_trap);
    for (size_t n = 0; n < CONFIGURATIONS; n++) {
        pvm_module *module = compile(engines[n], &guest);
        for (size_t g = 0; g < sizeof gas / sizeof *gas; g++) {
            pvm_context *context = instantiate(module, NULL, 0);
            context->gas = gas[g];
            CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
            looks = 0;
            context->gas = gas[g];
            CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
            CHECK_EQ(looks, 0);
            CHECK_EQ(context->gas, gas[g]);
            pvm_instance_destroy(context);
        }
        pvm_module_release(module);
    }
}

/* Blocks one behind the other that cost anything up to more than code runs for without a check; they are left forward, by jumps of all
 * kinds, or by one alone. */
static void put_chain(uint64_t *seed) {
    uint32_t jumps[60], ends[60], starts[61], count = 0, blocks = 20 + random_below(seed, 40);
    uint32_t longest = 1 + random_below(seed, random_below(seed, 6) == 0 ? LOOKAHEAD * 2 : 12);
    uint32_t only = random_below(seed, 10), nearest = only == 2 ? 2 : 1;
    guest_clear(&guest);
    for (; count < blocks; count++) {
        starts[count] = guest.length;
        for (uint32_t n = random_below(seed, longest); n > 0; n--) {
            put_reg_reg_reg(&guest, random_below(seed, 4) == 0 ? OP_div_u_64 : OP_mul_64, 3, 3, 2);
        }
        if (random_below(seed, 60) == 0) {
            put_imm(&guest, OP_ecalli, 7);
        }
        jumps[count] = guest.length;
        switch (only < 5 ? only : random_below(seed, 5)) {
        case 0: put_reg_imm_off(&guest, OP_branch_ne_imm, 3, (int64_t)random_below(seed, 2), 0); break;
        case 1: put_reg_reg_off(&guest, OP_branch_lt_u, 3, 4, 0); break;
        case 2: put_off(&guest, OP_jump, 0); break;
        case 3:
            guest.entries[guest.entry_count++] = count;
            put_reg_imm(&guest, OP_jump_ind, 1, 2 * (int64_t)guest.entry_count);
            break;
        default: put_opcode(&guest, OP_fallthrough);
        }
        ends[count] = guest.length;
    }
    starts[blocks] = guest.length;
    put_opcode(&guest, OP_trap);
    guest.entry_size = 4;
    for (uint64_t n = 0; n < guest.entry_count; n++) {
        uint32_t to = (uint32_t)guest.entries[n] + nearest + random_below(seed, only < 5 ? 1 : 4);
        guest.entries[n] = starts[to < blocks ? to : blocks];
    }
    for (uint32_t n = 0; n < blocks; n++) {
        uint32_t to = n + nearest + random_below(seed, only < 5 ? 1 : 4);
        if (guest.code[jumps[n]] != OCTET_jump_ind && guest.code[jumps[n]] != OCTET_fallthrough) {
            aim(&guest, jumps[n], ends[n], starts[to < blocks ? to : blocks]);
        }
    }
}

TEST(gas_ends_anywhere_in_chains) {
    uint64_t seed = 10;
    for (int n = 0; n < (SANITIZED ? 8 : 80); n++) {
        put_chain(&seed);
        for (uint64_t gas = 0; gas < 2500; gas += 1 + random_below(&seed, 150)) {
            struct start start = {.registers = {[2] = 3, [3] = random64(&seed), [4] = random64(&seed)}, .gas = gas};
            (void)stops_of(&start, CONFIGURATIONS);
        }
    }
}

/* Where a host call returns to is code of the kind that made it. Another kind has run since, which another way led to. */
TEST(runs_resume_in_code_of_their_kind) {
    for (size_t n = 0; n < CONFIGURATIONS; n++) {
        guest_clear(&guest);
        put_imm(&guest, OP_ecalli, 1);
        uint32_t behind = put_reg_reg_imm(&guest, OP_add_imm_64, 2, 2, 1);
        put_opcode(&guest, OP_fallthrough);
        uint32_t faulting = put_reg_imm(&guest, OP_load_u8, 3, UNMAPPED);
        put_fillers(40);
        put_opcode(&guest, OP_trap);
        pvm_module *module = compile(engines[n], &guest);
        const pvm_region region = {.first_page = FIRST_PAGE, .page_count = 1, .access = PVM_ACCESS_WRITE};
        pvm_context *context = instantiate(module, &region, 1);
        uint32_t cost = cost_at(module, 0), last_cost = cost_at(module, faulting);
        /* With the least gas, or with so much that none is short. */
        for (int way = 0; way < 4; way++) {
            uint64_t first = (way & 1) != 0 ? 1 << 20 : cost, second = (way & 2) != 0 ? 1 << 20 : last_cost;
            context->pc = context->gas_charged = 0;
            context->gas = first;
            CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
            CHECK_EQ(context->gas, first - cost);
            context->pc = faulting;
            context->gas_charged = 0;
            context->gas = second;
            CHECK_EQ(pvm_run(context), PVM_EXIT_PAGE_FAULT);
            CHECK_EQ(context->gas, second - last_cost);
            context->pc = behind;
            context->gas_charged = 1;
            context->gas = 1 << 20;
            context->registers[2] = 7;
            CHECK_EQ(pvm_run(context), PVM_EXIT_PAGE_FAULT);
            CHECK_EQ(context->gas, (1 << 20) - last_cost);
            CHECK_EQ(context->registers[2], 8);
        }
        pvm_instance_destroy(context);
        pvm_module_release(module);
    }
}

/* ---- Both halves of a product ---- */

/* Factors that are copies, or a register that is part of another where the lower half goes. */
enum around { AROUND_NOTHING, AROUND_COPY, AROUND_PART, AROUND_COUNT };

TEST(both_halves_in_any_registers) {
    static const uint8_t registers[] = {0, 6, 9, 10, 11, 12};
    enum { COUNT = sizeof registers, OTHER = 5, LAST = 4 };
    for (uint32_t n = 0; n < COUNT * COUNT * COUNT * COUNT; n++) {
        int a = registers[n % COUNT], b = registers[n / COUNT % COUNT], low = registers[n / COUNT / COUNT % COUNT],
            high = registers[n / COUNT / COUNT / COUNT];
        for (int around = 0; around < AROUND_COUNT; around++) {
            int factor = around == AROUND_COPY ? OTHER : a;
            struct start start = {.gas = 1000};
            for (uint64_t r = 0; r < PVM_REGISTER_COUNT; r++) {
                start.registers[r] = (r + 3) * UINT64_C(0x9E3779B97F4A7C15);
            }
            guest_clear(&guest);
            if (around == AROUND_COPY) {
                put_reg_reg(&guest, OP_move_reg, OTHER, a);
            } else if (around == AROUND_PART) {
                put_reg_reg_imm(&guest, OP_add_imm_64, OTHER, low, 8);
            }
            put_reg_reg_reg(&guest, OP_mul_64, low, factor, b);
            put_reg_reg_reg(&guest, OP_mul_upper_u_u, high, b, factor);
            put_reg_reg_reg(&guest, OP_xor, LAST, low, OTHER);
            put_opcode(&guest, OP_trap);
            const struct stop *stop = stops_of(&start, TWO);
            CHECK_EQ(stop->kind, PVM_EXIT_PANIC);
            if (low != high) {
                CHECK_EQ(stop->registers[low], start.registers[a] * start.registers[b]);
            }
        }
    }
}

/* ---- What an instruction leaves undone or known for the next one ---- */

/* Any value, often one of 32 bits that is extended, or nearly one. */
static uint64_t random_value(uint64_t *seed) {
    uint64_t value = random64(seed), extended = (uint64_t)(int32_t)value;
    switch (random_below(seed, 5)) {
    case 0: return value;
    case 3: return value << 32 | (value >> 32 & 3);
    case 1: return extended ^ UINT64_C(1) << (32 + random_below(seed, 32));
    case 2: return ADDRESS + random_below(seed, PVM_PAGE_SIZE);
    default: return extended;
    }
}

/* An instruction of this opcode whose operands are among four registers, that of the host first. */
static struct instruction among_few(uint8_t opcode, uint64_t *seed) {
    struct instruction i = {.opcode = opcode,
                            .a = (uint8_t)(CALLED + random_below(seed, 4)),
                            .b = (uint8_t)(CALLED + random_below(seed, 4)),
                            .d = (uint8_t)(CALLED + random_below(seed, 4)),
                            .x = random_below(seed, 2) == 0 ? (int32_t)random64(seed)
                                                            : (int64_t)random_below(seed, 8) - 4,
                            .y = (int32_t)random64(seed)};
    if (opcode_table[opcode].access != ACCESS_NONE && instruction_memory_access(&i).base == NO_BASE) {
        i.x = ADDRESS + random_below(seed, 2 * PVM_PAGE_SIZE);
    } else if (opcode == OP_load_imm_64) {
        i.x ^= (int64_t)(random64(seed) & UINT64_C(0x300000000));
    }
    return i;
}

/* Two instructions with halves and constants in front, from the beginning and from between the two; all is seen in the end. */
static void check_pair(const struct instruction *first, const struct instruction *second, uint64_t *seed) {
    guest_clear(&guest);
    put_fillers(8);
    put_reg_imm(&guest, OP_load_imm, CALLED + (int)random_below(seed, 4), (int32_t)random64(seed));
    put_reg_reg_reg(&guest, OP_add_32, CALLED + (int)random_below(seed, 4), CALLED, CALLED + 1);
    put_instruction(&guest, first);
    uint32_t between = put_instruction(&guest, second);
    put_reg_reg_reg(&guest, OP_xor, 9, CALLED, CALLED + 1);
    put_reg_reg_reg(&guest, OP_div_u_64, 10, CALLED + 2, CALLED + 3);
    put_opcode(&guest, OP_trap);
    struct start start = {.gas = 10000};
    for (int n = 0; n < PVM_REGISTER_COUNT; n++) {
        start.registers[n] = random_value(seed);
    }
    (void)stops_of(&start, TWO);
    start.pc = between;
    start.gas_charged = 1;
    (void)stops_of(&start, TWO);
}

/* Whether it makes a difference for few registers and values that one half is missing: it is tried more often. */
static bool sees_little(uint8_t opcode) {
    static const uint8_t opcodes[] = {OP_and,     OP_or,     OP_xor,     OP_xnor,     OP_and_inv,      OP_or_inv,
                                      OP_and_imm, OP_or_imm, OP_xor_imm, OP_move_reg, OP_store_ind_u64};
    return memchr(opcodes, opcode, sizeof opcodes) != NULL;
}

TEST(each_opcode_behind_each) {
    uint64_t seed = 7;
    for (uint8_t first = 1; first < OP_COUNT; first++) {
        for (uint8_t second = 1; second < OP_COUNT && !opcode_table[first].terminator; second++) {
            uint32_t rounds = opcode_table[second].terminator ? 0 : sees_little(second) ? 8 : 1;
            for (uint32_t n = 0; n < rounds; n++) {
                struct instruction one = among_few(first, &seed), other = among_few(second, &seed);
                check_pair(&one, &other, &seed);
            }
        }
    }
}

/* Both halves of products, of values whose upper halves are known, missing, or anything. */
TEST(products_behind_all_else) {
    uint64_t seed = 9;
    for (int n = 0; n < 2000; n++) {
        struct instruction low = among_few(OP_mul_64, &seed), high = among_few(OP_mul_upper_u_u, &seed);
        high.a = n % 2 == 0 ? low.a : low.b;
        high.b = n % 2 == 0 ? low.b : low.a;
        check_pair(&low, &high, &seed);
    }
}

/* Sums and their carries, of which the comparison is left out where the flags are still the sum's. */
TEST(carries_behind_all_else) {
    uint64_t seed = 10;
    for (int n = 0; n < 4000; n++) {
        struct instruction sum = among_few(OP_add_64, &seed), carry = among_few(OP_set_lt_u, &seed);
        carry.a = sum.d;
        carry.b = n % 2 == 0 ? sum.a : sum.b;
        check_pair(&sum, &carry, &seed);
    }
}

/* A division by a register that held a constant, until an instruction or the host has written it. */
TEST(what_writes_a_constant_ends_it) {
    uint64_t seed = 8;
    for (uint8_t opcode = 1; opcode < OP_COUNT; opcode++) {
        for (int n = 0; n < 20 && !opcode_table[opcode].terminator; n++) {
            guest_clear(&guest);
            for (int constant = 0; constant < 4; constant++) {
                put_reg_imm(&guest, OP_load_imm, CALLED + constant, 3 + 4 * constant);
            }
            struct instruction i = among_few(opcode, &seed);
            put_instruction(&guest, &i);
            for (int constant = 0; constant < 4; constant++) {
                put_reg_reg_reg(&guest, OP_div_u_64, 1 + constant, 0, CALLED + constant);
                put_reg_reg_reg(&guest, OP_rem_u_32, 9 + constant, 0, CALLED + constant);
            }
            put_opcode(&guest, OP_trap);
            struct start start = {.registers = {UINT64_MAX / 5}, .gas = 10000};
            (void)stops_of(&start, TWO);
        }
    }
}

TEST(engines_are_made) {
    for (size_t n = 0; n < CONFIGURATIONS; n++) {
        engines[n] = make_configured(&configurations[n], PVM_REVISION_NEXT);
    }
}

TEST(engines_are_destroyed) {
    for (size_t n = 0; n < CONFIGURATIONS; n++) {
        destroy_engine(engines[n]);
    }
}

int main(void) {
    uint64_t seed = 6;
    for (size_t n = 0; n < sizeof contents / sizeof *contents; n++) {
        contents[n] = random64(&seed);
    }
    RUN(engines_are_made);
    RUN(faults_at_the_end_of_a_piece);
    RUN(faults_in_each_copy_of_a_loop);
    RUN(any_gas_is_counted);
    RUN(runs_go_on_behind_host_calls_with_any_gas);
    RUN(gas_ends_anywhere_in_chains);
    RUN(runs_resume_in_code_of_their_kind);
    RUN(both_halves_in_any_registers);
    RUN(each_opcode_behind_each);
    RUN(products_behind_all_else);
    RUN(carries_behind_all_else);
    RUN(what_writes_a_constant_ends_it);
    printf("%" PRIu64 " runs, %" PRIu64 " stops compared\n", runs, stops_compared);
    RUN(engines_are_destroyed);
    return check_finish();
}
