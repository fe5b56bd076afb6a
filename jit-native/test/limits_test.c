/* Limits of instances and maps, and instances that run checked because of them; what an engine may be asked for. */
#include "check.h"
#include "host.h"

/* The budget of maps: past it the instance runs checked, and nothing else changes. */
TEST(map_budget) {
    struct outcome {
        uint32_t kind, exit_pc;
        uint64_t argument, gas, registers[PVM_REGISTER_COUNT];
    };
    enum { RUNS = 400 };
    static struct outcome outcomes[2][RUNS];
    for (int budget = 0; budget < 2; budget++) {
        pvm_engine_config config = {.maps_per_instance = budget == 0 ? 1000 : 10};
        uint64_t seed = 4711;
        open_engine(&config);
        context = instantiate(module, two_regions, 2);
        for (uint32_t n = 0; n < 0x100 * PVM_PAGE_SIZE / 8; n++) {
            uint64_t value = n * UINT64_C(0x9E3779B97F4A7C15);
            memcpy(page_of(context, 0x30) + 8 * n, &value, sizeof value);
        }
        CHECK_EQ(pvm_instance_is_checked(context), 0);
        for (int run = 0; run < RUNS; run++) {
            protect(context, 0x18 + random_below(&seed, 0x40), 1 + random_below(&seed, 4), random_below(&seed, 3),
                    random_below(&seed, 20) == 0);
            uint64_t from = 0x10000 + random_below(&seed, 0x60000), to = 0x10000 + random_below(&seed, 0x60000);
            struct outcome *o = &outcomes[budget][run];
            o->kind = guest_copies(context, from, to);
            o->exit_pc = context->exit_pc;
            o->argument = context->exit_argument;
            o->gas = context->gas;
            memcpy(o->registers, context->registers, sizeof o->registers);
        }
        /* Whoever is checked for its faults alone could do without. */
        CHECK_EQ(pvm_instance_check_by_hardware(context), budget == 0);
        CHECK_EQ(pvm_instance_is_checked(context), budget);
        CHECK_EQ(statistics().instances_checked, budget);
        protect(context, 0x10, 0x400, PVM_ACCESS_READ, 0);
        static uint8_t kept[0x200 * PVM_PAGE_SIZE];
        if (budget == 0) {
            memcpy(kept, page_of(context, 0x10), sizeof kept);
        } else {
            CHECK_BYTES(page_of(context, 0x10), kept, sizeof kept);
        }
        pvm_instance_destroy(context);
        CHECK_EQ(statistics().instances_checked, 0);
        close_engine();
    }
    for (int run = 0; run < RUNS; run++) {
        if (memcmp(&outcomes[0][run], &outcomes[1][run], sizeof outcomes[0][run]) != 0) {
            CHECK_FAIL("run %d: exit %u at %u, 0x%" PRIx64 "; checked: exit %u at %u, 0x%" PRIx64, run,
                       outcomes[0][run].kind, outcomes[0][run].exit_pc, outcomes[0][run].argument,
                       outcomes[1][run].kind, outcomes[1][run].exit_pc, outcomes[1][run].argument);
        }
    }
}

/* An instance that goes over to checked code between a host call and what follows it. */
TEST(becoming_checked_in_mid_block) {
    pvm_engine_config config = {.maps_per_instance = 6};
    open_engine(&config);
    context = instantiate(module, two_regions, 2);
    context->gas = 1000;
    context->registers[1] = 0x20000;
    context->registers[3] = 0x30000;
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    uint64_t gas = context->gas;
    scatter(context);
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    CHECK_EQ(context->pc, 5);
    CHECK_EQ(context->gas, gas - (1000 - gas));
    CHECK_EQ(context->registers[2], UINT64_C(0xEEEEEEEEEEEEEEEE)); /* page 0x20 was scattered over */
    context->registers[3] = 0x21000;
    CHECK_EQ(pvm_run(context), PVM_EXIT_PAGE_FAULT);
    CHECK_EQ(context->exit_argument, 0x21000);
    pvm_instance_destroy(context);
    close_engine();
}

/* The maps of all instances together: past their limit instances run checked, then there are no more. */
TEST(map_limit_of_the_engine) {
    pvm_engine_config config = {.map_limit = 45, .instance_limit = 100};
    pvm_error error = {0};
    open_engine(&config);
    pvm_context *made[40];
    uint32_t count = 0, checked = 0;
    while (count < 40 && pvm_instance_create(module, two_regions, 2, &made[count], &error) == PVM_OK) {
        checked += (uint32_t)pvm_instance_is_checked(made[count]);
        made[count]->registers[0] = count;
        memset(page_of(made[count], 0x30), (int)count + 1, PVM_PAGE_SIZE);
        CHECK(statistics().maps_used <= 45);
        count++;
    }
    CHECK_EQ(error.status, PVM_RESOURCE_LIMIT);
    CHECK(count >= 5 && count < 40);
    CHECK_EQ(statistics().instances_alive, count);
    CHECK_EQ(statistics().instances_checked, checked);
    for (uint32_t n = 0; n < count; n++) {
        CHECK_EQ(made[n]->registers[0], n);
        check_octets(made[n], 0x30, 1, (uint8_t)(n + 1));
        check_octets(made[n], 0x20, 2, 0);
        CHECK_EQ(guest_copies(made[n], 0x30000, 0x31000), PVM_EXIT_HOST_CALL);
        CHECK_EQ(guest_copies(made[n], 0x30000, 0x21000), PVM_EXIT_PAGE_FAULT);
        pvm_instance_destroy(made[n]);
    }
    CHECK_EQ(statistics().instances_alive, 0);
    context = instantiate(module, two_regions, 2);
    check_octets(context, 0x30, 0x100, 0);
    pvm_instance_destroy(context);
    close_engine();
}

/* instances_checked is about instances that are alive, not about slots in the pool. */
TEST(checked_instances_are_counted) {
    for (int way = 0; way < 2; way++) {
        pvm_engine_config config = {.flags = way == 0 ? PVM_FLAG_ALWAYS_CHECKED : 0, .maps_per_instance = 2};
        open_engine(&config);
        for (int round = 0; round < 2; round++) {
            pvm_context *made[3];
            for (uint64_t n = 0; n < 3; n++) {
                made[n] = instantiate(module, two_regions, 2);
                CHECK_EQ(pvm_instance_is_checked(made[n]), 1);
                CHECK_EQ(statistics().instances_checked, n + 1);
            }
            for (uint64_t n = 0; n < 3; n++) {
                pvm_instance_destroy(made[n]);
                CHECK_EQ(statistics().instances_checked, 2 - n);
            }
        }
        close_engine();
    }
}

TEST(always_checked_without_regions) {
    open_with_flags(PVM_FLAG_ALWAYS_CHECKED);
    context = instantiate(module, NULL, 0);
    CHECK_EQ(pvm_instance_is_checked(context), 1);
    pvm_instance_destroy(context);
    close_engine();
}

TEST(instance_limit) {
    pvm_engine_config config = {.instance_limit = 5};
    pvm_error error = {0};
    pvm_context *made[6];
    open_engine(&config);
    CHECK_EQ(statistics().instance_limit, 5);
    for (int round = 0; round < 3; round++) {
        for (int n = 0; n < 5; n++) {
            made[n] = instantiate(module, two_regions, round == 1 ? 1 : 2);
        }
        CHECK_EQ(pvm_instance_create(module, two_regions, 2, &made[5], &error), PVM_RESOURCE_LIMIT);
        CHECK_EQ(statistics().instances_alive, 5);
        CHECK_EQ(statistics().instances_pooled, 0);
        pvm_instance_destroy(made[2]);
        made[2] = instantiate(module, two_regions, 2);
        CHECK_EQ(pvm_instance_create(module, two_regions, 2, &made[5], &error), PVM_RESOURCE_LIMIT);
        for (int n = 0; n < 5; n++) {
            pvm_instance_destroy(made[n]);
        }
        CHECK_EQ(statistics().instances_alive, 0);
        CHECK_EQ(statistics().instances_pooled, 5);
    }
    close_engine();
}

/* Many instances alive at once, of many layouts, each with its own RAM; then others in their slots. */
TEST(many_slots) {
    enum { SLOTS = SANITIZED ? 100 : 400 };
    static pvm_context *made[SLOTS];
    open_with_flags(0);
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t n = 0; n < SLOTS; n++) {
            const pvm_region regions[] = {
                {.first_page = 0x20, .page_count = 1 + (n + round) % 50, .access = PVM_ACCESS_WRITE}};
            made[n] = instantiate(module, regions, 1);
            check_octets(made[n], 0x20, 1 + (n + round) % 50, 0);
            memcpy(made[n]->memory + 0x20000, &n, sizeof n);
        }
        for (uint32_t n = 0; n < SLOTS; n++) {
            uint32_t value;
            CHECK_EQ(guest_copies(made[n], 0x20000, 0x20010), PVM_EXIT_HOST_CALL);
            memcpy(&value, made[n]->memory + 0x20010, sizeof value);
            CHECK_EQ(value, n);
        }
        for (uint32_t n = 0; n < SLOTS; n++) {
            pvm_instance_destroy(made[n * 7 % SLOTS]);
        }
        CHECK_EQ(statistics().instances_alive, 0);
        CHECK(statistics().instances_pooled >= SLOTS && statistics().instances_pooled < 2 * SLOTS);
    }
    close_engine();
}

/* What is alive keeps the engine; the engine says so and stays. */
TEST(engines_with_something_alive_are_not_destroyed) {
    pvm_error error = {0};
    open_with_flags(0);
    context = instantiate(module, NULL, 0);
    pvm_module_release(module);
    CHECK_EQ(statistics().modules_alive, 1); /* the instance's */
    CHECK_EQ(pvm_engine_destroy(engine, &error), PVM_INVALID_ARGUMENT);
    CHECK_EQ(error.status, PVM_INVALID_ARGUMENT);
    pvm_module_retain(module);
    pvm_instance_destroy(context);
    CHECK_EQ(statistics().instances_alive, 0);
    CHECK_EQ(pvm_engine_destroy(engine, NULL), PVM_INVALID_ARGUMENT);
    pvm_module_release(module);
    CHECK_EQ(statistics().modules_alive, 0);
    CHECK_EQ(statistics().code_bytes_used, 0);
    destroy_engine(engine);
}

TEST(engine_configurations_are_checked) {
    static const pvm_engine_config wrong[] = {{.revision = REVISION_COUNT},
                                              {.revision = UINT32_MAX},
                                              {.code_arena_bytes = (UINT64_C(1) << 31) + 1},
                                              {.code_arena_bytes = UINT64_MAX}};
    for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
        pvm_error error = {0};
        engine = NULL;
        CHECK_EQ(pvm_engine_create(&wrong[n], &engine, &error), PVM_INVALID_ARGUMENT);
        CHECK(engine == NULL && error.status == PVM_INVALID_ARGUMENT);
    }
    CHECK_EQ(pvm_engine_create(NULL, &engine, NULL), PVM_OK);
    destroy_engine(engine);
    CHECK_EQ(pvm_abi_version(), PVM_ABI_VERSION);
    CHECK_EQ(pvm_supported(NULL), PVM_OK);
}

int main(void) {
    RUN(map_budget);
    RUN(becoming_checked_in_mid_block);
    RUN(map_limit_of_the_engine);
    RUN(checked_instances_are_counted);
    RUN(always_checked_without_regions);
    RUN(instance_limit);
    RUN(many_slots);
    RUN(engines_with_something_alive_are_not_destroyed);
    RUN(engine_configurations_are_checked);
    return check_finish();
}
