/* Fuzzes the C API as sequences of calls, right and wrong ones, over a few modules and instances of one engine: every status is
 * one that the header names, what fails changes nothing, and the engine counts what is alive. */
#define FUZZ_NAME "api"
#define FUZZ_RUNS 6000
#include "fuzz/fuzz.h"

#include "fuzz/program.h"

#define MODULES 4
#define INSTANCES 6
#define CALLS 60

static struct guest guest;
static uint8_t contents[3 * PVM_PAGE_SIZE];

static struct state {
    pvm_engine *engine;
    pvm_module *modules[MODULES];
    uint32_t references[MODULES];
    pvm_context *instances[INSTANCES];
    int module_of[INSTANCES];
} s;

static void check_status(int32_t result, const pvm_error *error) {
    CHECK(result >= PVM_OK && result < PVM_INTERNAL_ERROR);
    CHECK(result == PVM_OK || (error->status == (uint32_t)result && error->message[0] != '\0'));
}

static void call_compile(struct bytes *in, int n) {
    pvm_error error = {0};
    if (s.modules[n] != NULL) {
        pvm_module_retain(s.modules[n]);
        s.references[n]++;
        return;
    }
    take_program(in, &guest);
    uint64_t length;
    uint8_t *blob = guest_blob(&guest, &length);
    uint64_t changed = take(in) < 32 ? take(in) % length : length;
    if (changed < length) {
        blob[changed] = take(in);
    }
    int32_t result = pvm_module_compile(s.engine, blob, length, &s.modules[n], &error);
    free(blob);
    check_status(result, &error);
    CHECK((result == PVM_OK) == (s.modules[n] != NULL));
    CHECK(result == PVM_OK || result == PVM_INVALID_PROGRAM || result == PVM_RESOURCE_LIMIT);
    s.references[n] = s.modules[n] != NULL;
}

static void call_release(int n) {
    pvm_module_release(s.references[n] > 0 ? s.modules[n] : NULL);
    s.references[n] -= s.references[n] > 0;
    if (s.references[n] == 0) {
        s.modules[n] = NULL; /* instances of it live on */
    }
}

static void call_create(struct bytes *in, int n, int m) {
    pvm_region regions[3];
    pvm_error error = {0};
    uint32_t count = take_below(in, 4), page = 8 + take_below(in, 40);
    if (s.instances[n] != NULL || s.modules[m] == NULL) {
        return;
    }
    for (uint32_t r = 0; r < count; r++) {
        uint8_t dice = take(in);
        uint64_t length = take_number(in, 2) % sizeof contents;
        /* Equal ids promise equal contents: as far as these are long they are alike. */
        uint64_t id = take_below(in, 3) == 0 ? 0 : 1 + length;
        regions[r] = (pvm_region){.first_page = dice == 255 ? PVM_PAGE_COUNT - 1 : page,
                                  .page_count = dice % 7 == 0 ? dice % 2 * PVM_PAGE_COUNT : 1 + dice % 3,
                                  .access = 1 + take_below(in, dice % 9 == 0 ? 4 : 2),
                                  .contents = contents,
                                  .contents_length = length,
                                  .contents_id = id};
        page += dice % 5 == 0 ? dice % 2 : 4;
    }
    int32_t result = pvm_instance_create_for(s.modules[m], take_below(in, 3), regions, count, &s.instances[n], &error);
    check_status(result, &error);
    CHECK((result == PVM_OK) == (s.instances[n] != NULL));
    s.module_of[n] = m;
    for (uint32_t r = 0; result == PVM_OK && r < count; r++) {
        CHECK_EQ(s.instances[n]->page_access[regions[r].first_page], regions[r].access);
        CHECK_BYTES(s.instances[n]->memory + (uint64_t)regions[r].first_page * PVM_PAGE_SIZE, contents,
                    regions[r].contents_length);
    }
}

static void call_run(struct bytes *in, pvm_context *context) {
    uint64_t gas = context->gas = take_number(in, 2);
    context->registers[take_below(in, PVM_REGISTER_COUNT)] = take_value(in);
    if (take_below(in, 4) == 0) {
        context->pc = take_below(in, 100);
        context->gas_charged = take_below(in, 2);
    }
    uint32_t exit = take_below(in, 4) == 0 ? pvm_run_answering_gas(context, take_below(in, 3), take_below(in, 20))
                                           : pvm_run(context);
    CHECK(exit == context->exit_kind && exit <= PVM_EXIT_INTERRUPTED && context->gas <= gas);
    pvm_error error = {.message = "before"};
    pvm_failure(context, &error);
    CHECK((exit == PVM_EXIT_FAILURE) == (error.status != PVM_OK));
}

static void call_protect(struct bytes *in, pvm_context *context) {
    uint8_t dice = take(in);
    uint32_t first = dice < 8 ? (uint32_t)take_number(in, 4) : 8 + take_below(in, 60);
    uint32_t count = dice % 16 == 1 ? (uint32_t)take_number(in, 4) : take_below(in, 6);
    uint32_t access = take_below(in, dice % 8 == 2 ? 6 : 3);
    pvm_error error = {0};
    int32_t result = pvm_memory_protect(context, first, count, access, dice % 2, &error);
    bool may = first >= FIRST_ACCESSIBLE_PAGE || access == PVM_ACCESS_NONE || count == 0;
    bool valid = may && (uint64_t)first + count <= PVM_PAGE_COUNT && access <= PVM_ACCESS_WRITE;
    check_status(result, &error);
    CHECK(valid == (result == PVM_OK || result == PVM_RESOURCE_LIMIT));
    for (uint32_t page = first; result == PVM_OK && page < first + (count < 8 ? count : 8); page++) {
        CHECK_EQ(context->page_access[page], access);
        if (access != PVM_ACCESS_NONE && dice % 2 == 1) {
            CHECK_EQ(context->memory[(uint64_t)page * PVM_PAGE_SIZE + dice], 0);
        }
    }
}

static void call_fill(struct bytes *in, pvm_context *context) {
    uint64_t address = take(in) < 16 ? take_number(in, 8) : take_number(in, 3) % 0x50000;
    uint64_t length = take_number(in, 2) % sizeof contents;
    bool granted = length == 0 || (address < GUEST_MEMORY_BYTES && address + length <= GUEST_MEMORY_BYTES);
    for (uint64_t at = address; length != 0 && granted && at < address + length + PVM_PAGE_SIZE; at += PVM_PAGE_SIZE) {
        uint64_t octet = at < address + length ? at : address + length - 1;
        granted = context->page_access[octet / PVM_PAGE_SIZE] != PVM_ACCESS_NONE;
    }
    pvm_error error = {0};
    int32_t result = pvm_memory_fill(context, address, contents, length, &error);
    check_status(result, &error);
    CHECK(length == 0 || granted == (result == PVM_OK));
    if (result == PVM_OK && length != 0) {
        CHECK_BYTES(context->memory + address, contents, length);
    }
}

static void call_describe(const pvm_module *module) {
    char text[64];
    pvm_block blocks[4] = {{0}};
    pvm_module_info info;
    /* 0: there is no room for the machine code of all sections. */
    uint64_t count = pvm_module_blocks(module, blocks, 4);
    pvm_module_describe(module, &info);
    uint64_t length = pvm_module_listing((pvm_module *)module, text, sizeof text);
    CHECK(count == info.block_count || count == 0);
    CHECK(count == 0 || (blocks[0].pc == 0 && blocks[0].cost > 0));
    CHECK(count == 0 || info.native_bytes > 0);
    CHECK(length > info.instruction_count || length == 0);
    CHECK_EQ(pvm_module_is_start(module, 0), 1);
    CHECK_EQ(pvm_module_is_start(module, info.code_length), 0);
}

static void check_statistics(void) {
    pvm_statistics statistics;
    uint64_t instances = 0, modules = 0;
    for (int n = 0; n < INSTANCES; n++) {
        instances += s.instances[n] != NULL;
    }
    for (int n = 0; n < MODULES; n++) {
        modules += s.modules[n] != NULL;
    }
    pvm_engine_statistics(s.engine, &statistics);
    CHECK_EQ(statistics.instances_alive, instances);
    CHECK(statistics.modules_alive >= modules && statistics.modules_alive <= modules + instances);
    CHECK(statistics.instances_checked <= instances && statistics.maps_used <= statistics.map_limit);
    CHECK(statistics.code_bytes_used <= statistics.code_bytes_limit);
}

static void call(struct bytes *in) {
    int m = (int)take_below(in, MODULES), n = (int)take_below(in, INSTANCES);
    uint32_t which = take_below(in, 12);
    pvm_error error = {0};
    pvm_context *context = s.instances[n];
    if (which < 2) {
        call_compile(in, m);
    } else if (which == 2) {
        call_release(m);
    } else if (which < 5) {
        call_create(in, n, m);
    } else if (which == 5 && s.modules[m] != NULL) {
        call_describe(s.modules[m]);
    } else if (which == 6) {
        bool alive = false;
        for (int i = 0; i < INSTANCES + MODULES; i++) {
            alive |= i < INSTANCES ? s.instances[i] != NULL : s.modules[i - INSTANCES] != NULL;
        }
        if (alive) {
            CHECK_EQ(pvm_engine_destroy(s.engine, &error), PVM_INVALID_ARGUMENT);
        } else {
            CHECK_EQ(pvm_interrupt_all(s.engine, &error), PVM_OK);
        }
    } else if (context == NULL) {
        check_statistics();
    } else if (which < 9) {
        call_run(in, context);
    } else if (which == 9) {
        call_protect(in, context);
    } else if (which == 10) {
        call_fill(in, context);
    } else if ((which = take_below(in, 4)) < 2) {
        check_status(pvm_interrupt(context, &error), &error);
        CHECK((__atomic_load_n(&context->interrupt, __ATOMIC_RELAXED) & PVM_INTERRUPT_PENDING) != 0);
    } else if (which == 2) {
        CHECK(pvm_instance_check_by_hardware(context) != pvm_instance_is_checked(context));
    } else {
        pvm_instance_destroy(context);
        s.instances[n] = NULL;
    }
}

static void fuzz(struct bytes *in) {
    pvm_engine_config config = {.revision = take_below(in, 4),
                                .flags = take_below(in, 8),
                                .code_arena_bytes = 1 << (16 + take_below(in, 8)),
                                .instance_limit = 1 + take_below(in, 6),
                                .maps_per_instance = take_below(in, 12),
                                .pool_bytes = take_below(in, 3) == 0 ? 1 : 0,
                                .section_octets = take_below(in, 3) == 0 ? 0 : 1 + take_below(in, 100)};
    pvm_error error = {0};
    memset(&s, 0, sizeof s);
    memset(contents, 0x5A, sizeof contents);
    int32_t result = pvm_engine_create(&config, &s.engine, &error);
    check_status(result, &error);
    CHECK((result == PVM_OK) == (s.engine != NULL));
    for (int calls = 0; s.engine != NULL && calls < CALLS && has_more(in); calls++) {
        call(in);
    }
    for (int n = 0; n < INSTANCES; n++) {
        pvm_instance_destroy(s.instances[n]);
    }
    for (int n = 0; n < MODULES; n++) {
        while (s.references[n] > 0) {
            call_release(n);
        }
    }
    CHECK_EQ(pvm_engine_destroy(s.engine, &error), PVM_OK);
}
