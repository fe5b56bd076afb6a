/* Threads that share an engine: compile storms, a module whose further variants all of them ask for at once, modules that are
 * released while their instances run, and one thread that interrupts, counts and describes all the time. What each thread
 * gets is what it gets alone. "make tsan" runs it under ThreadSanitizer, for longer. */
#include "check.h"
#include "guest.h"
#include "programs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SHARERS 4
#define STORMERS 2
#define STOPS 30

static pvm_engine *engine;
static uint32_t rounds = SANITIZED ? 60 : 300;
static atomic_uint wrong, interruptions;
static atomic_bool watching;

/* What a run comes to: equal for equal programs, whoever runs them. */
struct outcome {
    uint64_t gas, registers[PVM_REGISTER_COUNT];
    uint32_t stops, kind, pc;
};

static pvm_module *compile_blob(const struct guest *guest) {
    uint64_t length;
    pvm_module *module = NULL;
    uint8_t *blob = guest_blob(guest, &length);
    int32_t result = pvm_module_compile(engine, blob, length, &module, NULL);
    free(blob);
    wrong += result != PVM_OK;
    return module;
}

static bool serve(pvm_context *context, uint32_t kind) {
    switch (kind) {
    case PVM_EXIT_INTERRUPTED: interruptions++; return true;
    case PVM_EXIT_OUT_OF_GAS: context->gas += 300; return true;
    case PVM_EXIT_HOST_CALL: return true;
    case PVM_EXIT_PAGE_FAULT:
        wrong += pvm_memory_protect(context, (uint32_t)(context->exit_argument / PVM_PAGE_SIZE), 1, PVM_ACCESS_WRITE, 1,
                                    NULL) != PVM_OK;
        return true;
    default: wrong += kind > PVM_EXIT_PANIC; return false;
    }
}

/* Little gas asks for spare code; `many_maps` takes so many that checked code is asked for. */
static void run(pvm_module *module, uint64_t gas, bool many_maps, bool release, struct outcome *outcome) {
    const pvm_region ram = {.first_page = 0x20, .page_count = 2, .access = PVM_ACCESS_WRITE};
    pvm_context *context = NULL;
    memset(outcome, 0, sizeof *outcome);
    if (module == NULL || pvm_instance_create(module, &ram, 1, &context, NULL) != PVM_OK) {
        wrong++;
        return;
    }
    for (uint32_t page = 0x100; many_maps && page < 0x110; page += 2) {
        wrong += pvm_memory_protect(context, page, 1, PVM_ACCESS_READ, 0, NULL) != PVM_OK;
    }
    wrong += many_maps && pvm_interrupt(context, NULL) != PVM_OK;
    if (release) {
        pvm_module_release(module);
    }
    for (uint64_t n = 0; n < PVM_REGISTER_COUNT; n++) {
        context->registers[n] = 0x20000 + 8 * n;
    }
    context->gas = gas;
    uint32_t kind;
    do {
        kind = pvm_run(context);
        outcome->stops += kind != PVM_EXIT_INTERRUPTED;
    } while (serve(context, kind) && outcome->stops < STOPS);
    outcome->kind = kind;
    outcome->pc = context->exit_pc;
    outcome->gas = context->gas;
    memcpy(outcome->registers, context->registers, sizeof outcome->registers);
    pvm_instance_destroy(context);
}

static uint64_t gas_of(uint32_t round) {
    return round % 4 < 2 ? 40 : 3000;
}

/* ---- All of them one module ---- */

static struct guest shared_guest;
static pvm_module *shared;
static struct outcome outcomes[SHARERS];
static pthread_barrier_t turn;
static uint64_t shared_seed = 41;

static void *share(void *argument) {
    size_t number = (size_t)(uintptr_t)argument;
    for (uint32_t round = 0; round < rounds; round++) {
        if (number == 0) {
            put_program(&shared_guest, &shared_seed);
            shared = compile_blob(&shared_guest);
            for (size_t n = 1; n < SHARERS && shared != NULL; n++) {
                pvm_module_retain(shared);
            }
        }
        pthread_barrier_wait(&turn);
        run(shared, gas_of(round), round % 2 == 1, true, &outcomes[number]);
        pthread_barrier_wait(&turn);
        wrong += memcmp(&outcomes[number], &outcomes[0], sizeof outcomes[0]) != 0;
        pthread_barrier_wait(&turn);
    }
    return NULL;
}

/* ---- Each its own, the same program twice ---- */

static void *storm(void *argument) {
    static struct guest guests[STORMERS];
    size_t number = (size_t)(uintptr_t)argument;
    struct guest *guest = &guests[number];
    uint64_t seed = 97 + number;
    for (uint32_t round = 0; round < rounds; round++) {
        struct outcome first, second;
        put_program(guest, &seed);
        pvm_module *module = compile_blob(guest);
        run(module, gas_of(round), false, round % 2 == 0, &first);
        if (round % 2 != 0) {
            pvm_module_release(module);
        }
        run(compile_blob(guest), gas_of(round), true, true, &second);
        wrong += memcmp(&first, &second, sizeof first) != 0;
    }
    return NULL;
}

static void *watch(void *argument) {
    pvm_module *module = argument;
    pvm_module_info info;
    pvm_statistics statistics;
    while (atomic_load(&watching)) {
        wrong += pvm_interrupt_all(engine, NULL) != PVM_OK;
        pvm_engine_statistics(engine, &statistics);
        pvm_module_describe(module, &info);
        wrong += statistics.modules_alive == 0 || info.block_count == 0;
    }
    return NULL;
}

static void together(uint32_t flags, uint32_t section_octets) {
    pthread_t threads[SHARERS + STORMERS], watcher;
    pvm_engine_config config = {
        .flags = flags, .revision = PVM_REVISION_NEXT, .maps_per_instance = 12, .section_octets = section_octets};
    static struct guest guest;
    uint64_t seed = 3;
    CHECK_EQ(pvm_engine_create(&config, &engine, NULL), PVM_OK);
    put_program(&guest, &seed);
    pvm_module *module = compile(engine, &guest);
    wrong = interruptions = 0;
    CHECK_EQ(pthread_barrier_init(&turn, NULL, SHARERS), 0);
    atomic_store(&watching, true);
    CHECK_EQ(pthread_create(&watcher, NULL, watch, module), 0);
    for (size_t n = 0; n < SHARERS + STORMERS; n++) {
        CHECK_EQ(pthread_create(&threads[n], NULL, n < SHARERS ? share : storm,
                                (void *)(uintptr_t)(n < SHARERS ? n : n - SHARERS)),
                 0);
    }
    for (size_t n = 0; n < SHARERS + STORMERS; n++) {
        CHECK_EQ(pthread_join(threads[n], NULL), 0);
    }
    atomic_store(&watching, false);
    CHECK_EQ(pthread_join(watcher, NULL), 0);
    pthread_barrier_destroy(&turn);
    pvm_module_release(module);
    pvm_statistics statistics;
    pvm_engine_statistics(engine, &statistics);
    printf("%u rounds, %u interruptions\n", rounds, interruptions);
    CHECK_EQ(wrong, 0);
    CHECK(interruptions > 0);
    CHECK_EQ(statistics.modules_alive, 0);
    CHECK_EQ(statistics.instances_alive, 0);
    CHECK_EQ(statistics.code_bytes_used, 0);
    destroy_engine(engine);
}

TEST(one_engine_for_all) {
    together(0, 0);
}

TEST(one_engine_for_all_with_one_mapping) {
    together(PVM_FLAG_SINGLE_MAPPING, 0);
}

TEST(one_engine_for_all_without_GS) {
    together(PVM_FLAG_NO_GS, 0);
}

TEST(one_engine_for_all_with_sections) {
    together(0, 24);
}

TEST(one_engine_for_all_with_sections_without_GS) {
    together(PVM_FLAG_NO_GS, 1);
}

int main(void) {
    const char *wanted = getenv("PVM_ROUNDS");
    if (wanted != NULL) {
        rounds = (uint32_t)strtoul(wanted, NULL, 10);
    }
    RUN(one_engine_for_all);
    RUN(one_engine_for_all_with_one_mapping);
    RUN(one_engine_for_all_without_GS);
    RUN(one_engine_for_all_with_sections);
    RUN(one_engine_for_all_with_sections_without_GS);
    return check_finish();
}
