/* Pages that a slot keeps for the next machine in it: against a model of RAM, whoever had the slot before; and who gets which
 * slot. */
#include "check.h"
#include "host.h"
#include "ram_model.h"

#include <sys/mman.h>

#define LIVES 3000
#define STEPS 12

struct request {
    uint32_t first, count, access, zero;
};

static struct request requests[STEPS];
static uint64_t kept_steps, settled_runs, random_state = 11;

static void ask(const struct request *request) {
    protect(context, FIRST + request->first, request->count, request->access, request->zero);
    memset(granted + request->first, (int)request->access, request->count);
    if (request->zero != 0) {
        memset(model[request->first], 0, (size_t)request->count * PVM_PAGE_SIZE);
    }
    kept_steps += instance_of(context)->unsettled;
}

static void write_some(void) {
    uint32_t page = random_below(&random_state, PAGES);
    if (granted[page] == PVM_ACCESS_WRITE) {
        memset(page_of(context, FIRST + page), 0xEE, PVM_PAGE_SIZE);
        memset(model[page], 0xEE, PVM_PAGE_SIZE);
    } else if (granted[page] == PVM_ACCESS_READ) {
        uint8_t octets[100];
        memset(octets, 0xDD, sizeof octets);
        uint64_t address = (uint64_t)(FIRST + page) * PVM_PAGE_SIZE + 7;
        CHECK_EQ(pvm_memory_fill(context, address, octets, sizeof octets, NULL), PVM_OK);
        memcpy(model[page] + 7, octets, sizeof octets);
    }
}

/* What the guest may touch is what the model grants, to the page. */
static void run_some(void) {
    uint32_t from = random_below(&random_state, PAGES), to = random_below(&random_state, PAGES),
             offset = 8 * random_below(&random_state, PVM_PAGE_SIZE / 8);
    uint32_t kind = guest_copies(context, (uint64_t)(FIRST + from) * PVM_PAGE_SIZE + offset,
                                 (uint64_t)(FIRST + to) * PVM_PAGE_SIZE + offset);
    if (granted[from] == PVM_ACCESS_NONE || granted[to] != PVM_ACCESS_WRITE) {
        CHECK_EQ(kind, PVM_EXIT_PAGE_FAULT);
        CHECK_EQ(context->exit_argument,
                 (uint64_t)(FIRST + (granted[from] == PVM_ACCESS_NONE ? from : to)) * PVM_PAGE_SIZE);
    } else {
        CHECK_EQ(kind, PVM_EXIT_HOST_CALL);
        memcpy(model[to] + offset, model[from] + offset, 8);
    }
    settled_runs += !instance_of(context)->unsettled;
}

/* One machine; mostly it asks for what the one before it asked for. */
static void live(bool empty) {
    static uint8_t octets[3 * PVM_PAGE_SIZE];
    memset(octets, 0xCC, sizeof octets);
    uint32_t shorter = random_below(&random_state, 2);
    const pvm_region regions[] = {{.first_page = FIRST + 4,
                                   .page_count = 4,
                                   .access = PVM_ACCESS_READ,
                                   .contents = octets,
                                   .contents_length = sizeof octets - 5000 * shorter,
                                   .contents_id = random_below(&random_state, 2) * (1 + shorter)},
                                  {.first_page = FIRST + 20,
                                   .page_count = 30,
                                   .access = PVM_ACCESS_WRITE,
                                   .contents = octets,
                                   .contents_length = 3}};
    uint32_t count = empty ? 0 : 2;
    pvm_error error = {0};
    if (pvm_instance_create_for(module, random_below(&random_state, 3), regions, count, &context, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
    begin_model(regions, count);
    bool same = random_below(&random_state, 4) != 0;
    for (uint32_t n = 0, steps = random_below(&random_state, STEPS); n < steps; n++) {
        if (!same || random_below(&random_state, 12) == 0) {
            uint32_t first = random_below(&random_state, PAGES);
            requests[n] = (struct request){first, 1 + random_below(&random_state, PAGES - first),
                                           random_below(&random_state, 3), random_below(&random_state, 2)};
        }
        ask(&requests[n]);
        if (random_below(&random_state, 2) == 0) {
            write_some();
        }
        if (random_below(&random_state, 8) == 0) {
            check_model();
        }
        if (random_below(&random_state, 8) == 0) {
            run_some();
        }
    }
    if (random_below(&random_state, 2) == 0) {
        run_some();
        check_model();
    }
    pvm_instance_destroy(context);
}

TEST(nothing_is_left_for_the_next) {
    static const uint32_t flags[] = {0, PVM_FLAG_ALWAYS_CHECKED};
    for (int checked = 0; checked < 2; checked++) {
        for (uint32_t maps = 4; maps <= 64; maps *= 4) {
            pvm_engine_config config = {.flags = flags[checked], .instance_limit = 2, .maps_per_instance = maps};
            open_engine(&config);
            kept_steps = settled_runs = 0;
            for (int n = 0; n < LIVES; n++) {
                live(random_below(&random_state, 4) != 0);
            }
            CHECK(settled_runs > 0);
            CHECK(checked ? kept_steps == 0 : kept_steps > 100);
            close_engine();
        }
    }
}

static pvm_context *make_for(uint64_t owner) {
    pvm_error error = {0};
    if (pvm_instance_create_for(module, owner, NULL, 0, &context, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
    return context;
}

/* A machine finds the slot of its owner's last one, with its pages, whatever others make and end meanwhile. */
TEST(owners_find_their_slots) {
    enum { OTHERS = 40, EACH = 3 };
    open_with_flags(0);
    make_for(1);
    protect(context, 0x20, 40, PVM_ACCESS_WRITE, 1);
    pvm_context *own = context;
    pvm_instance_destroy(context);
    for (int round = 0; round < 20; round++) {
        pvm_context *others[OTHERS * EACH];
        for (uint64_t n = 0; n < OTHERS * EACH; n++) {
            others[n] = make_for(2 + n / EACH);
            CHECK(others[n] != own);
            protect(others[n], 0x20 + (uint32_t)n, 300, PVM_ACCESS_WRITE, 1);
            memset(page_of(others[n], 0x20 + (uint32_t)n), 1, PVM_PAGE_SIZE);
        }
        for (int n = 0; n < OTHERS * EACH; n++) {
            pvm_instance_destroy(others[n]);
        }
        CHECK(make_for(1) == own);
        protect(context, 0x20, 40, PVM_ACCESS_WRITE, 1);
        CHECK_EQ(instance_of(context)->unsettled, 1);
        CHECK_EQ(guest_copies(context, 0x20000, 0x47FF8), PVM_EXIT_HOST_CALL);
        pvm_instance_destroy(context);
    }
    close_engine();
}

/* Pages that a machine asks for in an order that takes more maps than it may have: it is checked from then on, before it runs,
 * so that its host knows; and what it has reserved goes back with it. */
TEST(asking_makes_a_machine_checked) {
    enum { BOUNDARIES = 8 };
    pvm_engine_config config = {.maps_per_instance = BOUNDARIES};
    open_engine(&config);
    make_for(1);
    protect(context, 0x20, 64, PVM_ACCESS_WRITE, 1);
    pvm_instance_destroy(context);
    uint64_t maps = statistics().maps_used;
    for (uint32_t pages = 0; pages < 2 + BOUNDARIES / 2; pages++) {
        bool checked = pages > BOUNDARIES / 2;
        make_for(1);
        for (uint32_t n = 0; n < pages; n++) {
            protect(context, 0x20 + 2 * n, 1, PVM_ACCESS_WRITE, 1);
        }
        CHECK_EQ(pvm_instance_is_checked(context), checked);
        CHECK_EQ(instance_of(context)->unsettled, !checked);
        CHECK_EQ(statistics().maps_used, checked ? maps - 2 : maps + 2 * (uint64_t)pages);
        if (pages % 2 == 1) {
            CHECK_EQ(guest_copies(context, 0x20000, 0x20008), PVM_EXIT_HOST_CALL);
            CHECK_EQ(guest_copies(context, 0x20000, 0x21000), PVM_EXIT_PAGE_FAULT);
            CHECK_EQ(pvm_instance_is_checked(context), checked);
            pvm_instance_destroy(context);
            make_for(1);
            protect(context, 0x20, 64, PVM_ACCESS_WRITE, 1);
        }
        pvm_instance_destroy(context);
        CHECK_EQ(statistics().maps_used, maps);
    }
    close_engine();
}

/* Pages that slots keep for machines that have not asked for them yet are kept by the pool still: never more than it may. */
TEST(what_nobody_asked_for_is_bounded) {
    enum { MACHINES = 32, PAGES_OF_ONE = 512 };
    pvm_engine_config config = {.pool_bytes = 8 * PAGES_OF_ONE * PVM_PAGE_SIZE};
    static uint8_t resident[PAGES_OF_ONE];
    pvm_context *machines[MACHINES];
    uint64_t kept = 0;
    open_engine(&config);
    for (int n = 0; n < MACHINES; n++) {
        make_for(1);
        protect(context, 0x20, PAGES_OF_ONE, PVM_ACCESS_WRITE, 1);
        memset(page_of(context, 0x20), 1, (size_t)PAGES_OF_ONE * PVM_PAGE_SIZE);
        pvm_instance_destroy(context);
        machines[n] = make_for(1);
    }
    for (int n = 0; n < MACHINES; n++) {
        CHECK_EQ(mincore(page_of(machines[n], 0x20), sizeof resident * PVM_PAGE_SIZE, resident), 0);
        for (size_t page = 0; page < sizeof resident; page++) {
            kept += (resident[page] & 1) * (uint64_t)PVM_PAGE_SIZE;
        }
    }
    CHECK(kept > 0 && kept <= config.pool_bytes);
    for (int n = 0; n < MACHINES; n++) {
        if (n % 2 == 0) {
            machines[n]->gas = 1000;
            CHECK_EQ(pvm_run(machines[n]), PVM_EXIT_HOST_CALL);
            CHECK_EQ(instance_of(machines[n])->idle_bytes, 0);
        }
        pvm_instance_destroy(machines[n]);
    }
    kept = 0;
    for (struct instance *slot = engine->pool.idle.first; slot != NULL; slot = slot->of_all.older) {
        kept += slot->idle_bytes;
    }
    CHECK(kept > 0);
    for (int n = 0; n < POOL_OWNERS; n++) {
        kept -= engine->pool.owners[n].bytes;
    }
    CHECK_EQ(kept, 0);
    close_engine();
}

/* What is kept for an owner within its share is kept although others have filled the rest; in all it is never more than the
 * pool may keep. */
TEST(owners_have_shares) {
    const uint64_t share = 64 * PVM_PAGE_SIZE;
    pvm_engine_config config = {.pool_bytes = 2 * POOL_OWNERS * share};
    open_engine(&config);
    uint64_t kept = 0;
    for (uint64_t n = 0; n < 200; n++) {
        make_for(n);
        protect(context, 0x20, 64, PVM_ACCESS_WRITE, 1);
        pvm_context *one = context;
        make_for(n);
        protect(context, 0x20, 1000, PVM_ACCESS_WRITE, 1);
        pvm_instance_destroy(one);
        pvm_instance_destroy(context);
        kept = 0;
        for (int k = 0; k < POOL_OWNERS; k++) {
            kept += engine->pool.owners[k].bytes;
        }
        CHECK(kept <= config.pool_bytes);
        CHECK(engine->pool.common_bytes <= config.pool_bytes / 2);
    }
    int with_share = 0;
    for (int k = 0; k < POOL_OWNERS; k++) {
        with_share += engine->pool.owners[k].bytes >= share;
    }
    CHECK(with_share > POOL_OWNERS / 2);
    CHECK(kept > config.pool_bytes / 2);
    close_engine();
}

int main(void) {
    RUN(nothing_is_left_for_the_next);
    RUN(owners_find_their_slots);
    RUN(asking_makes_a_machine_checked);
    RUN(what_nobody_asked_for_is_bounded);
    RUN(owners_have_shares);
    return check_finish();
}
