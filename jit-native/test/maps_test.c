/* What the kernel maps for instances, against what the engine counts: never more, whatever a guest and its host do, and
 * no more than a new slot when a slot was wiped. */
#include "check.h"
#include "guest.h"

#include <pthread.h>

#define SLOT_BYTES (SLOT_MEMORY + GUEST_MEMORY_BYTES + SLOT_GUARD)
/* Its head, its RAM with the guard. */
#define NEW_SLOT_MAPS 2

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;
static uint8_t contents[8 * PVM_PAGE_SIZE];

static void open_engine(const pvm_engine_config *config) {
    pvm_error error = {0};
    if (pvm_engine_create(config, &engine, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
    guest_clear(&guest);
    put_imm(&guest, OP_ecalli, 0);
    put_opcode(&guest, OP_trap);
    module = compile(engine, &guest);
}

static void close_engine(void) {
    pvm_module_release(module);
    destroy_engine(engine);
}

static pvm_statistics statistics(void) {
    pvm_statistics s;
    pvm_engine_statistics(engine, &s);
    return s;
}

static uint64_t slot_maps(const pvm_context *context) {
    return maps_in(context->memory - SLOT_MEMORY, SLOT_BYTES);
}

static void check_count(pvm_context *context) {
    uint64_t kernel = slot_maps(context), counted = instance_of(context)->maps;
    if (kernel > counted) {
        CHECK_FAIL("the kernel has %" PRIu64 " maps, %" PRIu64 " are counted", kernel, counted);
    }
}

static void protect(pvm_context *context, uint32_t first, uint32_t count, uint32_t access, uint32_t zero) {
    pvm_error error = {0};
    if (pvm_memory_protect(context, first, count, access, zero, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
}

/* Reads or writes every page that may be, so that it is there. */
static void touch(pvm_context *context, uint32_t first, uint32_t count) {
    for (uint32_t page = first; page < first + count; page++) {
        volatile uint8_t *octet = context->memory + (uint64_t)page * PVM_PAGE_SIZE;
        if (context->page_access[page] == PVM_ACCESS_WRITE) {
            *octet = 1;
        } else if (context->page_access[page] == PVM_ACCESS_READ) {
            (void)*octet;
        }
    }
}

/* Pages two apart, each touched as soon as it can be: maps that had neighbours of other access when they were written. */
static void scatter(pvm_context *context, uint32_t count) {
    for (uint32_t n = 0; n < count; n++) {
        protect(context, 0x100 + 2 * n, 1, PVM_ACCESS_WRITE, 0);
        touch(context, 0x100 + 2 * n, 1);
        check_count(context);
    }
}

TEST(a_scattered_slot_is_whole_again) {
    pvm_engine_config config = {.pool_bytes = 1, .code_arena_bytes = 1 << 20};
    open_engine(&config);
    uint64_t idle = statistics().maps_used;
    for (uint32_t count = 1; count < 64; count += 5) {
        pvm_context *context = instantiate(module, NULL, 0);
        CHECK(slot_maps(context) <= NEW_SLOT_MAPS);
        scatter(context, count);
        CHECK_EQ(pvm_instance_is_checked(context), count > 32);
        if (count <= 32) {
            CHECK(slot_maps(context) > 2 * count);
            protect(context, 0x100, 0x100, PVM_ACCESS_NONE, 0);
        }
        CHECK(slot_maps(context) <= NEW_SLOT_MAPS);
        pvm_instance_destroy(context);
        CHECK(slot_maps(context) <= NEW_SLOT_MAPS);
        CHECK(statistics().maps_used <= idle + NEW_SLOT_MAPS + 1);
    }
    close_engine();
}

static pvm_context *random_instance(uint64_t *seed) {
    pvm_region regions[3];
    uint32_t count = random_below(seed, 4), page = 0x20;
    for (uint32_t n = 0; n < count; n++) {
        page += random_below(seed, 3);
        regions[n] = (pvm_region){.first_page = page,
                                  .page_count = 1 + random_below(seed, 4),
                                  .access = 1 + random_below(seed, 2),
                                  .contents = contents,
                                  .contents_length = random_below(seed, PVM_PAGE_SIZE),
                                  .contents_id = random_below(seed, 3)};
        page += regions[n].page_count;
    }
    return instantiate(module, regions, count);
}

/* Random access, zeroing, filling; slots used again as they are and wiped. */
TEST(random_changes) {
    for (int way = 0; way < 4; way++) {
        pvm_engine_config config = {.pool_bytes = way % 2 == 0 ? 1 : 0,
                                    .maps_per_instance = way < 2 ? 0 : 8,
                                    .instance_limit = 1,
                                    .code_arena_bytes = 1 << 20};
        uint64_t seed = 9, become_checked = 0;
        open_engine(&config);
        for (int round = 0; round < (SANITIZED ? 60 : 300); round++) {
            pvm_context *context = random_instance(&seed);
            check_count(context);
            for (uint32_t change = random_below(&seed, 40); change > 0; change--) {
                uint32_t first = 0x18 + random_below(&seed, 0x30), count = 1 + random_below(&seed, 6);
                if (random_below(&seed, 30) == 0) {
                    count = PVM_PAGE_COUNT - first;
                }
                protect(context, first, count, random_below(&seed, 3), random_below(&seed, 4) == 0);
                touch(context, first, count < 16 ? count : 16);
                check_count(context);
                if (context->page_access[first] != PVM_ACCESS_NONE) {
                    CHECK_EQ(pvm_memory_fill(context, (uint64_t)first * PVM_PAGE_SIZE, contents, 9, NULL), PVM_OK);
                    check_count(context);
                }
            }
            become_checked += (uint64_t)pvm_instance_is_checked(context);
            pvm_instance_destroy(context);
            check_count(context);
            if (way % 2 == 0) {
                CHECK(slot_maps(context) <= NEW_SLOT_MAPS);
            }
        }
        CHECK((become_checked > 0) == (way >= 2));
        close_engine();
    }
}

/* ---- Threads: the sum ---- */

static void *storm(void *argument) {
    uint64_t wrong = 0, seed = (uint64_t)(uintptr_t)argument;
    for (int round = 0; round < (SANITIZED ? 20 : 100); round++) {
        pvm_context *made[8];
        int count = 0;
        while (count < 8 && pvm_instance_create(module, NULL, 0, &made[count], NULL) == PVM_OK) {
            count++;
        }
        for (uint32_t n = 0; n < 200 && count > 0; n++) {
            pvm_context *context = made[random_below(&seed, (uint32_t)count)];
            uint32_t page = 0x100 + random_below(&seed, 0x100);
            wrong += pvm_memory_protect(context, page, 1, 1 + random_below(&seed, 2), 0, NULL) != PVM_OK;
            touch(context, page, 1);
            wrong += statistics().maps_used > statistics().map_limit;
        }
        while (count > 0) {
            pvm_instance_destroy(made[--count]);
        }
    }
    return (void *)(uintptr_t)wrong;
}

TEST(storms_stay_within_the_limit) {
    pthread_t threads[4];
    pvm_engine_config config = {.map_limit = 300, .code_arena_bytes = 1 << 20, .pool_bytes = 1};
    open_engine(&config);
    uint64_t before = maps_in(NULL, UINT64_MAX);
    for (uintptr_t n = 0; n < 4; n++) {
        CHECK_EQ(pthread_create(&threads[n], NULL, storm, (void *)n), 0);
    }
    for (int n = 0; n < 50; n++) {
        /* 40: stacks and heaps of the threads. */
        CHECK(maps_in(NULL, UINT64_MAX) <= before + config.map_limit + 40);
    }
    for (int n = 0; n < 4; n++) {
        void *wrong;
        CHECK_EQ(pthread_join(threads[n], &wrong), 0);
        CHECK_EQ((uintptr_t)wrong, 0);
    }
    pvm_statistics after = statistics();
    CHECK_EQ(after.instances_alive, 0);
    CHECK(maps_in(NULL, UINT64_MAX) <= before + NEW_SLOT_MAPS * after.instances_pooled + 40);
    close_engine();
}

int main(void) {
    memset(contents, 7, sizeof contents);
    RUN(a_scattered_slot_is_whole_again);
    RUN(random_changes);
    RUN(storms_stay_within_the_limit);
    return check_finish();
}
