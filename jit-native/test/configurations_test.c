/* Random programs of every opcode, run through faults, host calls and out-of-gas exits in every configuration: each
 * stop must be the same in all of them, and so must RAM be at the end; and with gas that ends at any of their blocks.
 * PVM_PROGRAMS=1000000 is the long profile: so many programs of each kind instead of those of an ordinary run, and PVM_SEED
 * which ones. */
#include "check.h"
#include "guest.h"
#include "programs.h"
#include "stop.h"
#include "isa/lookahead.h"
#include "x64/block.h"
#include "x64/codegen.h"
#include "x64/place.h"

/* Where each place is compared (src/x64/place.h), few programs show much. */
#ifdef CHECK_PLACES
#define ORDINARY_PROGRAMS 2000
#else
#define ORDINARY_PROGRAMS (SANITIZED ? 1500 : 5000)
#endif
#define STOPS 40

/* Hardened code, which differs in little, runs one program of so many. */
#define HARDENED_TURN 3

static uint64_t programs = ORDINARY_PROGRAMS, first_seed;
static struct guest guest;
static pvm_engine *engines[CONFIGURATIONS + 1];

/* The last engine is hardened, and gives an instance so few maps that it goes over to checked code at some time. */
static const char *name_of(size_t engine) {
    return engine < CONFIGURATIONS ? configurations[engine].name : "few maps";
}

static bool is_hardened(size_t engine) {
    return engine < CONFIGURATIONS && (configurations[engine].flags & HARDENED) != 0;
}

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
    if (random_below(&seed, 2) == 0) {
        keep_in_hardware(context);
    }
    for (int n = 0; n < PVM_REGISTER_COUNT; n++) {
        context->registers[n] = random_value(&seed);
    }
    context->pc = random_below(&seed, guest.length);
    while (!program_is_block_start(&module->program, context->pc)) {
        context->pc--;
    }
    context->gas = gas;
    memset(trace, 0, sizeof *trace);
    used_count = stopped_at = 0;
    protect(context, 0x22, 1, PVM_ACCESS_READ, 0);
    protect(context, 0x20, 2, PVM_ACCESS_WRITE, 0);
    while (trace->count < STOPS) {
        struct stop *stop = &trace->stops[trace->count++];
        uint32_t kind = pvm_run(context);
        CHECK_EQ(kind, context->exit_kind);
        *stop = stop_of(context);
        if (stop->kind > PVM_EXIT_OUT_OF_GAS) {
            pvm_error error;
            pvm_failure(context, &error);
            print_program();
            CHECK_FAIL("exit %u at %u: %s", stop->kind, context->exit_pc, error.message);
        }
        if (!go_on(module, context, &seed)) {
            break;
        }
    }
    for (uint32_t index = 0; index < used_count; index++) {
        uint32_t page = used[index];
        if (context->page_access[page] != PVM_ACCESS_NONE) {
            trace->memory = trace->memory * 31 + page * 4 + context->page_access[page];
            trace->memory = hash_page(trace->memory, context, page);
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
    uint64_t stops = 0, kinds[5] = {0}, seed = first_seed + 530;
    for (uint64_t program = 0; program < programs; program++) {
        uint64_t begin = seed;
        put_program(&guest, &seed);
        uint64_t gas = random_below(&seed, program % 2 == 0 ? 1000 : 5000);
        compile_and_run(0, seed, gas, &expected);
        for (size_t engine = 1; engine <= CONFIGURATIONS; engine++) {
            if (program % HARDENED_TURN != 0 && is_hardened(engine)) {
                continue;
            }
            compile_and_run(engine, seed, gas, &actual);
            compare(&expected, &actual, engine, begin);
        }
        for (uint32_t n = 0; n < expected.count; n++, stops++) {
            kinds[expected.stops[n].kind]++;
        }
    }
    printf("%" PRIu64 " programs, %" PRIu64 " stops: %" PRIu64 " halts, %" PRIu64 " panics, %" PRIu64
           " page faults, %" PRIu64 " host calls, %" PRIu64 " out of gas; seed %" PRIu64 "\n",
           programs, stops, kinds[0], kinds[1], kinds[2], kinds[3], kinds[4], first_seed + 530);
    for (int kind = 0; kind < 5; kind++) {
        CHECK(kinds[kind] > programs / 150);
    }
}

/* Where each block checks its gas, and where few do: with gas that ends anywhere. */
TEST(gas_ends_anywhere) {
    static struct trace expected, actual;
    uint64_t seed = first_seed + 12, margins = 0;
    for (uint64_t program = 0; program < programs / 75; program++) {
        uint64_t begin = seed;
        if (program % 2 == 0) {
            put_program(&guest, &seed);
        } else {
            put_lazy_program(&guest, &seed);
        }
        pvm_module *exact = compile(engines[1], &guest), *fast = compile(engines[0], &guest);
        uint32_t margin = links_variant(&fast->links, 0, module_main_kind(fast))->margin;
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

/* Runs both a few times; how many page faults there were. Releases them. */
static uint64_t compare_fast(pvm_module *exact, pvm_module *fast, uint64_t *seed, uint64_t begin) {
    static struct trace expected, actual;
    uint64_t faults = 0;
    for (int n = 0; n < 3; n++) {
        uint64_t gas = random_below(seed, 20000);
        run(exact, *seed, gas, &expected);
        run(fast, *seed, gas, &actual);
        compare(&expected, &actual, 0, begin);
        for (uint32_t stop = 0; stop < expected.count; stop++) {
            faults += expected.stops[stop].kind == PVM_EXIT_PAGE_FAULT;
        }
    }
    pvm_module_release(exact);
    pvm_module_release(fast);
    return faults;
}

/* Whether code of so many instructions of one octet and of two is plain, where no path needs a check. */
static bool is_plain(uint32_t ones, uint32_t twos) {
    guest_clear(&guest);
    for (uint32_t n = 0; n < twos; n++) {
        put_reg_reg(&guest, OP_move_reg, 1, 2);
    }
    for (uint32_t n = 0; n < ones; n++) {
        put_opcode(&guest, OP_trap);
    }
    CHECK_EQ(guest.length, ones + 2 * twos);
    pvm_module *module = compile(engines[0], &guest);
    const struct variant *variant = links_variant(&module->links, 0, module_main_kind(module));
    bool plain = variant->plain;
    CHECK_EQ(variant->margin == 0, plain); /* each block checks its gas */
    pvm_module_release(module);
    return plain;
}

TEST(crowded_code_is_plain) {
    CHECK(!is_plain(256, 0));
    CHECK(is_plain(257, 0));
    CHECK(is_plain(129, 128));
    CHECK(!is_plain(128, 129));
}

/* With so many instructions of one octet behind it, whatever is compiled is plain. */
TEST(crowded_code_agrees) {
    uint64_t seed = first_seed + 77, faults = 0;
    for (uint64_t program = 0; program < programs / 20; program++) {
        uint64_t begin = seed;
        put_lazy_program(&guest, &seed);
        for (uint32_t octets = 2 * guest.length + 600; octets > 0; octets--) {
            put_opcode(&guest, octets % 5 == 1 ? OP_fallthrough : OP_unlikely);
        }
        pvm_module *exact = compile(engines[1], &guest), *fast = compile(engines[0], &guest);
        CHECK(links_variant(&fast->links, 0, module_main_kind(fast))->plain);
        faults += compare_fast(exact, fast, &seed, begin);
    }
    CHECK(faults > programs / 200);
}

/* Instructions of one octet have the octets behind them for operands. In sections of few, code is not crowded. */
TEST(crowded_opcodes_agree) {
    static struct trace expected, actual;
    uint64_t seed = first_seed + 78, stops = 0;
    for (uint64_t program = 0; program < programs / 50; program++) {
        uint64_t begin = seed;
        guest_clear(&guest);
        while (guest.length < 300) {
            put_opcode(&guest, random_opcode(&seed, guest.length == 299));
        }
        uint64_t gas = random_below(&seed, 5000);
        compile_and_run(0, seed, gas, &expected);
        for (size_t engine = 1; engine <= CONFIGURATIONS; engine++) {
            compile_and_run(engine, seed, gas, &actual);
            compare(&expected, &actual, engine, begin);
        }
        stops += expected.count;
    }
    CHECK(stops > programs / 10);
}

/* Whether nothing but sums is put off in the piece that begins with this instruction. */
static bool has_sums_alone(const struct program *program, uint32_t first, uint32_t end, bool loops) {
    struct instruction instructions[LOOKAHEAD];
    uint32_t count = end - first < LOOKAHEAD ? end - first : LOOKAHEAD;
    struct block_view view;
    for (uint32_t n = 0; n < count; n++) {
        instructions[n] = program_decode(program, program_pc_of_index(program, first + n));
    }
    block_view_open(&view, instructions, count, loops);
    return view.laziness == LAZY_SUMS;
}

/* Counts pieces where nothing but sums is put off, instructions that find something missing, loops that are there more than
 * once, divisions where constants are known, products of two halves, and sums with their carries. */
static void count_lazy(const pvm_module *module, uint64_t *sums, uint64_t *missing, uint64_t *loops, uint64_t *divisors,
                       uint64_t *products, uint64_t *carries) {
    const struct variant *variant = links_variant(&module->links, 0, module_main_kind(module));
    for (uint32_t n = 0; variant->kind == VARIANT_FAST && n < module->program.block_count; n++) {
        const pvm_block *block = &module->blocks[n];
        uint32_t first = program_index(&module->program, block->pc);
        uint32_t end = n + 1 < module->program.block_count ? program_index(&module->program, block[1].pc)
                                                           : module->program.instruction_count;
        uint32_t copies = codegen_block_gas(variant, n, variant->code + variant->offsets[first]).copies;
        struct place place;
        *loops += copies > 1;
        for (uint32_t i = first; i < end; i++) {
            uint32_t in_piece = (i - first) % LOOKAHEAD, pc = program_pc_of_index(&module->program, i - in_piece);
            *sums += in_piece == 0 && has_sums_alone(&module->program, i, end, copies > 1);
            if (place_of(&module->program, pc, copies, in_piece, &place)) {
                struct instruction at = program_decode(&module->program, program_pc_of_index(&module->program, i));
                *missing += (place.lazy.missing | place.lazy.halves) != 0;
                *products += place.lazy.product != 0;
                *carries += place.lazy.carry;
                *divisors += opcode_table[at.opcode].units == UNITS_DIV && (place.lazy.constants >> at.b & 1) != 0;
            }
        }
    }
}

TEST(lazy_values_are_not_seen) {
    uint64_t seed = first_seed + 32, sums = 0, missing = 0, loops = 0, divisors = 0, products = 0, carries = 0,
             faults = 0;
    for (uint64_t program = 0; program < programs / 2; program++) {
        uint64_t begin = seed;
        put_lazy_program(&guest, &seed);
        pvm_module *exact = compile(engines[1], &guest), *fast = compile(engines[0], &guest);
        count_lazy(fast, &sums, &missing, &loops, &divisors, &products, &carries);
        faults += compare_fast(exact, fast, &seed, begin);
    }
    printf("%" PRIu64 " pieces with sums alone, %" PRIu64 " instructions with something missing, %" PRIu64
           " loops, %" PRIu64 " divisions with constants known, %" PRIu64 " products of two halves, %" PRIu64
           " sums with carries, %" PRIu64 " page faults\n",
           sums, missing, loops, divisors, products, carries, faults);
#ifdef ALWAYS_COMPACT
    CHECK(loops == 0);
#else
    CHECK(loops > programs / 10 || !engines[0]->use_gs);
#endif
    CHECK((sums > programs / 4 && missing > programs / 2 && divisors > programs / 10 && products > programs / 10 &&
           carries > programs / 10) ||
          !engines[0]->use_gs);
    CHECK(faults > programs / 20);
}

TEST(engines_are_made) {
    for (size_t n = 0; n < CONFIGURATIONS; n++) {
        engines[n] = make_configured(&configurations[n], PVM_REVISION_NEXT);
    }
    pvm_engine_config config = {.revision = PVM_REVISION_NEXT, .flags = HARDENED, .maps_per_instance = 4};
    CHECK_EQ(pvm_engine_create(&config, &engines[CONFIGURATIONS], NULL), PVM_OK);
}

TEST(engines_are_destroyed) {
    for (size_t n = 0; n <= CONFIGURATIONS; n++) {
        destroy_engine(engines[n]);
    }
}

int main(void) {
    const char *wanted = getenv("PVM_PROGRAMS"), *seed = getenv("PVM_SEED");
    if (wanted != NULL) {
        programs = strtoull(wanted, NULL, 10);
    }
    if (seed != NULL) {
        first_seed = strtoull(seed, NULL, 10) << 32; /* far from the other ones: each program moves it on */
    }
    RUN(engines_are_made);
    RUN(configurations_agree);
    RUN(gas_ends_anywhere);
    RUN(crowded_code_is_plain);
    RUN(crowded_code_agrees);
    RUN(crowded_opcodes_agree);
    RUN(lazy_values_are_not_seen);
    RUN(engines_are_destroyed);
    return check_finish();
}
