/* Random programs of every opcode, run through faults, host calls and out-of-gas exits in every configuration: each
 * stop must be the same in all of them, and so must RAM be at the end; and with gas that ends at any of their blocks.
 * PVM_PROGRAMS=1000000 is the long profile: so many programs of each kind instead of those of an ordinary run. */
#include "check.h"
#include "guest.h"
#include "x64/block.h"
#include "x64/codegen.h"

#define ORDINARY_PROGRAMS (SANITIZED ? 1500 : 15000)
#define STOPS 40

static uint64_t programs = ORDINARY_PROGRAMS;
static struct guest guest;
static pvm_engine *engines[CONFIGURATIONS + 1];

/* The last engine gives an instance so few maps that it goes over to checked code at some time. */
static const char *name_of(size_t engine) {
    return engine < CONFIGURATIONS ? configurations[engine].name : "few maps";
}

struct stop {
    uint32_t kind, pc, exit_pc, gas_charged;
    uint64_t argument, gas, registers[PVM_REGISTER_COUNT];
};

struct trace {
    uint32_t count;
    struct stop stops[STOPS];
    uint64_t memory; /* a hash of all readable RAM */
};

/* Pages that were accessible at some time. */
static uint32_t used[4 * STOPS + 4], used_count;

/* The pc of a stop some time ago. */
static uint32_t stopped_at;

static void protect(pvm_context *context, uint32_t first, uint32_t count, uint32_t access, uint32_t zero) {
    CHECK_EQ(pvm_memory_protect(context, first, count, access, zero, NULL), PVM_OK);
    for (uint32_t page = first; page < first + count; page++) {
        used[used_count++] = page;
    }
}

/* Immediates that are small, or near the border of something. */
static int64_t random_immediate(uint64_t *seed) {
    static const int64_t interesting[] = {0,       1,         -1,        8,        31,      32,      63,
                                          64,      127,       -128,      0x20000,  0x20FFC, 0x22000, 0xFFFF,
                                          0x10000, INT32_MAX, INT32_MIN, -0x10000, -4};
    uint32_t dice = random_below(seed, 4);
    return dice == 0   ? (int64_t)(int32_t)random64(seed)
           : dice == 1 ? 0x20000 + random_below(seed, 0x4000)
                       : interesting[random_below(seed, sizeof interesting / sizeof *interesting)];
}

static uint64_t random_value(uint64_t *seed) {
    uint64_t value = random64(seed);
    uint32_t dice = random_below(seed, 6);
    return dice < 2 ? value : dice == 2 ? 0xFFFF0000 : (uint64_t)random_immediate(seed);
}

static void put_random(uint64_t *seed, uint8_t opcode) {
    struct instruction i = {.opcode = opcode,
                            .a = (uint8_t)random_below(seed, 13),
                            .b = (uint8_t)random_below(seed, 13),
                            .d = (uint8_t)random_below(seed, 13),
                            .x = random_immediate(seed),
                            .y = random_immediate(seed)};
    if (opcode == OP_load_imm_64) {
        i.x = (int64_t)random_value(seed);
    } else if (opcode == OP_jump_ind) {
        i.x = 2 * (i.y & 3);
    } else if (opcode == OP_load_imm_jump_ind) {
        i.y = random_below(seed, 2) == 0 ? 0 : 2 * random_below(seed, 9);
    }
    put_instruction(&guest, &i);
}

/* Up to 60 instructions; jumps lead to blocks, mostly. */
static void put_program(uint64_t *seed) {
    uint8_t opcodes[64];
    uint32_t at[64], blocks[64], block_count = 0, count = 2 + random_below(seed, 58);
    bool begins = true;
    guest_clear(&guest);
    for (uint32_t n = 0; n < count; n++) {
        uint8_t opcode;
        do {
            opcode = random_opcode(seed, n + 1 == count);
        } while (opcode == OP_trap && random_below(seed, 4) != 0);
        at[n] = guest.length;
        opcodes[n] = opcode;
        if (begins) {
            blocks[block_count++] = guest.length;
        }
        put_random(seed, opcode);
        begins = opcode_table[opcode].terminator;
    }
    for (uint32_t n = 0; n < count; n++) {
        uint8_t encoding = opcode_table[opcodes[n]].encoding;
        if (encoding == OFF_ENCODING || encoding == REG_IMM_OFF_ENCODING || encoding == REG_REG_OFF_ENCODING) {
            uint32_t target = random_below(seed, 30) == 0 ? random_below(seed, guest.length + 3)
                                                          : blocks[random_below(seed, block_count)];
            aim(&guest, at[n], n + 1 < count ? at[n + 1] : guest.length, target);
        }
    }
    guest.entry_size = random_below(seed, 4);
    guest.entry_count = random_below(seed, 9);
    for (uint64_t n = 0; n < guest.entry_count; n++) {
        guest.entries[n] =
            random_below(seed, 8) == 0 ? random_below(seed, guest.length) : blocks[random_below(seed, block_count)];
    }
}

/* Lets the next run start anywhere, in a block that is paid for or not, or where one has been before. */
static void move(const pvm_module *module, pvm_context *context, uint64_t *seed) {
    uint32_t pc = random_below(seed, 2) == 0 ? random_below(seed, guest.length) : context->exit_pc, to = stopped_at;
    bool back = random_below(seed, 2) == 0 && program_is_start(&module->program, to);
    while (!program_is_start(&module->program, pc)) {
        pc--;
    }
    stopped_at = context->pc;
    context->pc = back ? to : pc;
    context->gas_charged = random_below(seed, 3) != 0;
    context->gas += random_below(seed, 400);
}

/* What the host does at a stop depends on the stop alone. False when the run is over. */
static bool go_on(const pvm_module *module, pvm_context *context, uint64_t *seed) {
    uint32_t access = 1 + random_below(seed, 2), more = random_below(seed, 300), dice = random_below(seed, 8);
    uint32_t page = 0x20 + random_below(seed, 8);
    if (dice == 0) {
        uint32_t count = 1 + random_below(seed, 3), kind = random_below(seed, 3);
        protect(context, page, count, kind, random_below(seed, 2));
    }
    if (dice >= 6) {
        move(module, context, seed);
        return true;
    }
    switch (context->exit_kind) {
    case PVM_EXIT_PAGE_FAULT:
        protect(context, (uint32_t)(context->exit_argument / PVM_PAGE_SIZE), 1, access, 0);
        return true;
    case PVM_EXIT_OUT_OF_GAS: context->gas += more; return true;
    case PVM_EXIT_HOST_CALL: context->registers[more % 13] = random_value(seed); return true;
    default: return dice < 5; /* once more, from 0 */
    }
}

static void print_program(void) {
    for (uint32_t n = 0; n < guest.length; n++) {
        printf("%s%02x", (guest.starts[n / 8] >> n % 8 & 1) != 0 ? "\n" : " ", guest.code[n]);
    }
    printf("\n");
}

static void run(pvm_module *module, uint64_t seed, uint64_t gas, struct trace *trace) {
    const pvm_region regions[] = {{.first_page = 0x20, .page_count = 2, .access = PVM_ACCESS_WRITE},
                                  {.first_page = 0x22, .page_count = 1, .access = PVM_ACCESS_READ}};
    pvm_context *context = instantiate(module, regions, 2);
    pvm_block blocks[64];
    uint64_t count = pvm_module_blocks(module, blocks, 64);
    for (int n = 0; n < PVM_REGISTER_COUNT; n++) {
        context->registers[n] = random_value(&seed);
    }
    context->pc = blocks[random_below(&seed, (uint32_t)count)].pc;
    context->gas = gas;
    memset(trace, 0, sizeof *trace);
    used_count = stopped_at = 0;
    protect(context, 0x22, 1, PVM_ACCESS_READ, 0);
    protect(context, 0x20, 2, PVM_ACCESS_WRITE, 0);
    while (trace->count < STOPS) {
        struct stop *stop = &trace->stops[trace->count++];
        stop->kind = pvm_run(context);
        CHECK_EQ(stop->kind, context->exit_kind);
        if (stop->kind > PVM_EXIT_OUT_OF_GAS) {
            pvm_error error;
            pvm_failure(context, &error);
            print_program();
            CHECK_FAIL("exit %u at %u: %s", stop->kind, context->exit_pc, error.message);
        }
        stop->pc = context->pc;
        stop->exit_pc = context->exit_pc;
        stop->gas_charged = context->gas_charged;
        stop->argument = context->exit_argument;
        stop->gas = context->gas;
        memcpy(stop->registers, context->registers, sizeof stop->registers);
        if (!go_on(module, context, &seed)) {
            break;
        }
    }
    for (uint32_t index = 0; index < used_count; index++) {
        uint32_t page = used[index];
        if (context->page_access[page] != PVM_ACCESS_NONE) {
            trace->memory = trace->memory * 31 + page * 4 + context->page_access[page];
            for (uint32_t n = 0; n < PVM_PAGE_SIZE; n += 8) {
                uint64_t value;
                memcpy(&value, context->memory + (uint64_t)page * PVM_PAGE_SIZE + n, sizeof value);
                trace->memory = (trace->memory ^ value) * UINT64_C(0x100000001B3);
            }
        }
    }
    pvm_instance_destroy(context);
}

static void compile_and_run(size_t engine, uint64_t seed, uint64_t gas, struct trace *trace) {
    pvm_module *module = compile(engines[engine], &guest);
    run(module, seed, gas, trace);
    pvm_module_release(module);
}

static void compare(const struct trace *a, const struct trace *b, size_t engine, uint64_t seed) {
    for (uint32_t n = 0; n < a->count || n < b->count; n++) {
        if (memcmp(&a->stops[n], &b->stops[n], sizeof a->stops[n]) != 0) {
            print_program();
            for (uint32_t r = 0; r < PVM_REGISTER_COUNT; r++) {
                if (a->stops[n].registers[r] != b->stops[n].registers[r]) {
                    printf("register %u: 0x%" PRIx64 ", default 0x%" PRIx64 "\n", r, b->stops[n].registers[r],
                           a->stops[n].registers[r]);
                }
            }
            CHECK_FAIL("seed %" PRIu64 ", %s, stop %u: exit %u at %u, gas %" PRIu64
                       "; default: exit %u at %u, gas %" PRIu64,
                       seed, name_of(engine), n, b->stops[n].kind, b->stops[n].exit_pc, b->stops[n].gas,
                       a->stops[n].kind, a->stops[n].exit_pc, a->stops[n].gas);
        }
    }
    if (a->memory != b->memory) {
        print_program();
        CHECK_FAIL("seed %" PRIu64 ", %s: RAM differs", seed, name_of(engine));
    }
}

TEST(configurations_agree) {
    static struct trace expected, actual;
    uint64_t stops = 0, kinds[5] = {0}, seed = 530;
    for (uint64_t program = 0; program < programs; program++) {
        uint64_t begin = seed;
        put_program(&seed);
        uint64_t gas = random_below(&seed, program % 2 == 0 ? 1000 : 5000);
        compile_and_run(0, seed, gas, &expected);
        for (size_t engine = 1; engine <= CONFIGURATIONS; engine++) {
            compile_and_run(engine, seed, gas, &actual);
            compare(&expected, &actual, engine, begin);
        }
        for (uint32_t n = 0; n < expected.count; n++, stops++) {
            kinds[expected.stops[n].kind]++;
        }
    }
    printf("%" PRIu64 " programs, %" PRIu64 " stops: %" PRIu64 " halts, %" PRIu64 " panics, %" PRIu64
           " page faults, %" PRIu64 " host calls, %" PRIu64 " out of gas; seed 530\n",
           programs, stops, kinds[0], kinds[1], kinds[2], kinds[3], kinds[4]);
    for (int kind = 0; kind < 5; kind++) {
        CHECK(kinds[kind] > programs / 150);
    }
}

/* Of 32 bits, and what has to do with halves of registers, or sees them. */
static uint8_t random_narrow_opcode(uint64_t *seed) {
    static const uint8_t others[] = {OP_move_reg, OP_and,          OP_or,         OP_xor,           OP_xnor,
                                     OP_and_inv,  OP_or_inv,       OP_and_imm,    OP_xor_imm,       OP_or_imm,
                                     OP_load_u8,  OP_load_ind_u32, OP_store_u32,  OP_store_u64,     OP_store_ind_u16,
                                     OP_load_i32, OP_load_u64,     OP_add_64,     OP_shlo_r_64,     OP_cmov_iz,
                                     OP_set_lt_u, OP_cmov_nz_imm,  OP_add_imm_32, OP_zero_extend_16};
    uint8_t opcode;
    if (random_below(seed, 3) == 0) {
        return others[random_below(seed, sizeof others)];
    }
    do {
        opcode = random_opcode(seed, false);
    } while (strstr(opcode_table[opcode].name, "_32") == NULL || opcode_table[opcode].access != ACCESS_NONE);
    return opcode;
}

/* Sums, shifts and copies, accesses of what they make, and some that read or write anything. */
static uint8_t random_address_opcode(uint64_t *seed) {
    static const uint8_t sums[] = {OP_add_64, OP_add_64, OP_add_imm_64, OP_add_imm_64, OP_shlo_l_imm_64, OP_move_reg};
    static const uint8_t accesses[] = {OP_load_ind_u64, OP_load_ind_u8,      OP_load_ind_i32,      OP_store_ind_u64,
                                       OP_store_ind_u8, OP_store_imm_ind_u8, OP_store_imm_ind_u64, OP_load_u32};
    uint32_t dice = random_below(seed, 10);
    return dice < 5   ? sums[random_below(seed, sizeof sums)]
           : dice < 8 ? accesses[random_below(seed, sizeof accesses)]
                      : random_narrow_opcode(seed);
}

/* Few blocks of many instructions, with few registers, so that what is written is read and written again; some are loops. */
static void put_lazy_program(uint64_t *seed) {
    uint32_t count = 20 + random_below(seed, 100), registers = 2 + random_below(seed, 6), begin = 0;
    bool addresses = random_below(seed, 2) == 0, loops = random_below(seed, 2) == 0;
    guest_clear(&guest);
    for (uint32_t n = 0; n < count; n++) {
        struct instruction i = {.opcode = addresses ? random_address_opcode(seed) : random_narrow_opcode(seed),
                                .a = (uint8_t)random_below(seed, registers),
                                .b = (uint8_t)random_below(seed, registers),
                                .d = (uint8_t)random_below(seed, registers),
                                .x = random_below(seed, 3) == 0 ? 0 : random_immediate(seed),
                                .y = random_immediate(seed)};
        if (opcode_table[i.opcode].access != ACCESS_NONE && random_below(seed, 4) != 0) {
            i.x = 0x20000 + random_below(seed, 0x8000);
        }
        if (addresses && opcode_table[i.opcode].access == ACCESS_NONE) {
            i.x = random_below(seed, 3) == 0 ? i.x : (int64_t)random_below(seed, 9) - 4;
        }
        put_instruction(&guest, &i);
        uint32_t dice = random_below(seed, loops ? 12 : 40);
        if (dice == 0) {
            put_imm(&guest, OP_ecalli, 1);
        } else if (dice == 1 && !loops) {
            put_reg_reg_off(&guest, OP_branch_lt_s, 0, 1, 0);
            begin = guest.length;
        } else if (dice < 4) {
            static const uint8_t branches[] = {OP_branch_ne, OP_branch_eq, OP_branch_lt_u, OP_branch_ge_s};
            uint32_t at = guest.length;
            put_reg_reg_off(&guest, branches[random_below(seed, 4)], (uint8_t)random_below(seed, registers),
                            (uint8_t)random_below(seed, registers), 0);
            aim(&guest, at, guest.length, begin);
            begin = guest.length;
        }
    }
    put_opcode(&guest, OP_trap);
}

/* Where each block checks its gas, and where few do: with gas that ends anywhere. */
TEST(gas_ends_anywhere) {
    static struct trace expected, actual;
    uint64_t seed = 12, margins = 0;
    for (uint64_t program = 0; program < programs / 75; program++) {
        uint64_t begin = seed;
        if (program % 2 == 0) {
            put_program(&seed);
        } else {
            put_lazy_program(&seed);
        }
        pvm_module *exact = compile(engines[1], &guest), *fast = compile(engines[0], &guest);
        uint32_t margin = fast->variants[module_main_kind(fast)]->margin;
        margins += margin;
        for (uint64_t gas = 0; gas < 4 * margin + 200; gas += 1 + random_below(&seed, 8)) {
            run(exact, seed, gas, &expected);
            run(fast, seed, gas, &actual);
            compare(&expected, &actual, 0, begin);
        }
        pvm_module_release(exact);
        pvm_module_release(fast);
    }
    CHECK(margins > 0 || !engines[0]->use_gs);
}

/* Counts instructions that find something missing, and loops that are there more than once. */
static void count_lazy(const pvm_module *module, uint64_t *missing, uint64_t *loops) {
    const struct variant *variant = module->variants[module_main_kind(module)];
    for (uint32_t n = 0; variant->kind == VARIANT_FAST && n < module->program.block_count; n++) {
        const pvm_block *block = &module->blocks[n];
        uint32_t first = program_index(&module->program, block->pc);
        uint32_t end = n + 1 < module->program.block_count ? program_index(&module->program, block[1].pc)
                                                           : module->program.instruction_count;
        uint32_t copies = codegen_gas_taken(variant, variant->code + variant->offsets[first]) / block->cost;
        struct block_place place;
        *loops += copies > 1;
        for (uint32_t i = first; i < end; i++) {
            *missing += block_place_of(&module->program, block->pc, copies, i - first, &place) &&
                        (place.lazy.missing | place.lazy.halves) != 0;
        }
    }
}

TEST(lazy_values_are_not_seen) {
    static struct trace expected, actual;
    uint64_t seed = 32, missing = 0, loops = 0, faults = 0;
    for (uint64_t program = 0; program < programs / 2; program++) {
        uint64_t begin = seed;
        put_lazy_program(&seed);
        pvm_module *exact = compile(engines[1], &guest), *fast = compile(engines[0], &guest);
        count_lazy(fast, &missing, &loops);
        for (int n = 0; n < 3; n++) {
            uint64_t gas = random_below(&seed, 20000);
            run(exact, seed, gas, &expected);
            run(fast, seed, gas, &actual);
            compare(&expected, &actual, 0, begin);
            for (uint32_t stop = 0; stop < expected.count; stop++) {
                faults += expected.stops[stop].kind == PVM_EXIT_PAGE_FAULT;
            }
        }
        pvm_module_release(exact);
        pvm_module_release(fast);
    }
    printf("%" PRIu64 " instructions with something missing, %" PRIu64 " loops, %" PRIu64 " page faults\n", missing,
           loops, faults);
#ifdef ALWAYS_COMPACT
    CHECK(loops == 0);
#else
    CHECK(loops > programs / 10 || !engines[0]->use_gs);
#endif
    CHECK(missing > programs / 2 || !engines[0]->use_gs);
    CHECK(faults > programs / 20);
}

TEST(engines_are_made) {
    for (size_t n = 0; n < CONFIGURATIONS; n++) {
        engines[n] = make_engine(configurations[n].flags, PVM_REVISION_NEXT);
    }
    pvm_engine_config config = {.revision = PVM_REVISION_NEXT, .maps_per_instance = 4};
    CHECK_EQ(pvm_engine_create(&config, &engines[CONFIGURATIONS], NULL), PVM_OK);
}

TEST(engines_are_destroyed) {
    for (size_t n = 0; n <= CONFIGURATIONS; n++) {
        destroy_engine(engines[n]);
    }
}

int main(void) {
    const char *wanted = getenv("PVM_PROGRAMS");
    if (wanted != NULL) {
        programs = strtoull(wanted, NULL, 10);
    }
    RUN(engines_are_made);
    RUN(configurations_agree);
    RUN(gas_ends_anywhere);
    RUN(lazy_values_are_not_seen);
    RUN(engines_are_destroyed);
    return check_finish();
}
