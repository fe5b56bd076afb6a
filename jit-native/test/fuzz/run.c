/* Fuzzes runs: a program, its RAM and what the host does between runs are the same for code that is fast, without GS, and
 * checked. Each stop must be the same in all, and be one that a run may end with. */
#define FUZZ_NAME "run"
#define FUZZ_RUNS 2000
#include "fuzz/fuzz.h"

#include "fuzz/program.h"
#include "stop.h"

#define STOPS 16
#define FIRST_PAGE 0x20
#define PAGES 4

static struct guest guest;

static uint64_t hash_of_memory(const pvm_context *context) {
    uint64_t hash = 0;
    for (uint32_t page = FIRST_PAGE; page < FIRST_PAGE + PAGES; page++) {
        hash = context->page_access[page] == PVM_ACCESS_NONE ? hash : hash_page(hash, context, page);
    }
    return hash;
}

/* What a run may do: never more gas than before, a pc where an instruction starts, an argument that fits the exit. */
static void check_stop(const pvm_module *module, const pvm_context *context, uint64_t gas, uint32_t kind) {
    bool starts = pvm_module_is_start(module, context->exit_pc) == 1;
    CHECK_EQ(kind, context->exit_kind);
    CHECK(kind <= PVM_EXIT_OUT_OF_GAS);
    CHECK(context->gas <= gas);
    CHECK(context->gas_charged <= 1);
    CHECK(starts || kind == PVM_EXIT_PANIC); /* a run that began where none starts */
    switch (kind) {
    case PVM_EXIT_HALT:
    case PVM_EXIT_PANIC: CHECK(context->pc == 0 && context->exit_argument == 0); break;
    case PVM_EXIT_PAGE_FAULT:
        CHECK(context->exit_argument % PVM_PAGE_SIZE == 0 && context->exit_argument >= 65536);
        CHECK(context->page_access[context->exit_argument / PVM_PAGE_SIZE] != PVM_ACCESS_WRITE);
        CHECK(context->pc == context->exit_pc && context->gas_charged == 1);
        break;
    case PVM_EXIT_HOST_CALL:
        CHECK(context->pc > context->exit_pc && pvm_module_is_start(module, context->pc) == 1);
        CHECK_EQ(context->exit_argument, (int64_t)(int32_t)context->exit_argument);
        break;
    default:
        CHECK(context->pc == context->exit_pc && context->gas_charged == 0 && context->exit_argument == 0);
        CHECK(context->gas < module_block(module, context->pc)->cost);
    }
}

/* Between runs; false: no more of them. */
static bool go_on(struct bytes *in, const pvm_module *module, pvm_context *context) {
    uint8_t dice = take(in), access = (uint8_t)(dice / 16 % 3);
    if (context->exit_kind == PVM_EXIT_PAGE_FAULT) {
        CHECK_EQ(pvm_memory_protect(context, (uint32_t)(context->exit_argument / PVM_PAGE_SIZE), 1,
                                    access == 0 ? PVM_ACCESS_WRITE : access, 0, NULL),
                 PVM_OK);
    }
    switch (dice % 8) {
    case 0: CHECK_EQ(pvm_memory_protect(context, FIRST_PAGE + dice / 64, 1, access, dice / 8 % 2, NULL), PVM_OK); break;
    case 1: context->registers[dice / 8 % PVM_REGISTER_COUNT] = take_value(in); break;
    case 2:
        context->pc = (uint32_t)take_number(in, 1) % (guest.length + 1);
        context->gas_charged = pvm_module_is_start(module, context->pc) == 1 && dice >= 128;
        break;
    default: break;
    }
    context->gas += dice % 8 == 3 || context->exit_kind == PVM_EXIT_OUT_OF_GAS ? take_number(in, 2) : 0;
    return has_more(in);
}

/* Runs with what is left of the input, which is the same for each engine. */
static uint32_t run(struct bytes in, pvm_module *module, struct stop *stops) {
    static uint8_t contents[2 * PVM_PAGE_SIZE];
    memset(contents, take(&in), sizeof contents);
    const pvm_region regions[] = {{.first_page = FIRST_PAGE,
                                   .page_count = 2,
                                   .access = PVM_ACCESS_WRITE,
                                   .contents = contents,
                                   .contents_length = sizeof contents},
                                  {.first_page = FIRST_PAGE + 2, .page_count = 1, .access = PVM_ACCESS_READ}};
    pvm_context *context = instantiate(module, regions, 2);
    if (contents[0] % 2 == 0) {
        keep_in_hardware(context);
    }
    for (int n = 0; n < PVM_REGISTER_COUNT; n++) {
        context->registers[n] = take_value(&in);
    }
    context->gas = take_number(&in, 2);
    uint32_t count = 0;
    bool more = true;
    while (more && count < STOPS) {
        uint64_t gas = context->gas;
        uint32_t kind = pvm_run(context);
        check_stop(module, context, gas, kind);
        stops[count] = stop_of(context);
        stops[count++].memory = hash_of_memory(context);
        more = go_on(&in, module, context);
    }
    pvm_instance_destroy(context);
    return count;
}

static void fuzz(struct bytes *in) {
    static pvm_engine *engines[CONFIGURATIONS];
    static struct stop stops[2][STOPS];
    take_program(in, &guest);
    uint32_t expected = 0;
    for (size_t n = 0; n < CONFIGURATIONS; n++) {
        if (engines[n] == NULL) {
            engines[n] = make_configured(&configurations[n], PVM_REVISION_NEXT);
        }
        memset(stops[n > 0], 0, sizeof stops[0]);
        pvm_module *module = compile(engines[n], &guest);
        uint32_t count = run(*in, module, stops[n > 0]);
        pvm_module_release(module);
        expected = n == 0 ? count : expected;
        CHECK_EQ(count, expected);
        for (uint32_t stop = 0; n > 0 && stop < count; stop++) {
            const struct stop *a = &stops[0][stop], *b = &stops[1][stop];
            if (memcmp(a, b, sizeof *a) != 0) {
                CHECK_FAIL("stop %u: exit %u at %u, gas %" PRIu64 "; %s: exit %u at %u, gas %" PRIu64, stop, a->kind,
                           a->exit_pc, a->gas, configurations[n].name, b->kind, b->exit_pc, b->gas);
            }
        }
    }
}
