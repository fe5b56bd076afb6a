/* Instances that are paged on demand: checked in software after many faults, and by the hardware again when they have had none for
 * long; what the guest sees is the same. */
#include "check.h"
#include "arena.h"
#include "host.h"
#include "memory/paging.h"

#define WALK 5
#define PAGES 0x1000
/* Far more than any account here has in it. */
#define QUIET (16 * PAGING_GAS)
/* So many soon after each other. */
#define PAGING_FAULTS ((uint32_t)(PAGING_GAS / PAGING_GAS_PER_FAULT) + 1)

/* ecalli 0 ; walk: store_ind_u64 [a0] := a0 ; a3 += [t0] ; a0 += 4096 ; a1 -= 1 ; branch a1 != 0, walk ;
 * count: a2 -= 1 ; a3 += a2 ; branch a2 != 0, count ; ecalli 1 ; jump 0 */
static void put_walk(void) {
    guest_clear(&guest);
    put_imm(&guest, OP_ecalli, 0);
    put_opcode(&guest, OP_fallthrough);
    uint32_t walk = guest.length;
    put_reg_reg_imm(&guest, OP_store_ind_u64, 7, 7, 0);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 3, 2, 0);
    put_reg_reg_reg(&guest, OP_add_64, 10, 10, 3);
    put_reg_reg_imm(&guest, OP_add_imm_64, 7, 7, PVM_PAGE_SIZE);
    put_reg_reg_imm(&guest, OP_add_imm_64, 8, 8, -1);
    put_reg_imm_off(&guest, OP_branch_ne_imm, 8, 0, (int32_t)walk);
    uint32_t count = guest.length;
    put_reg_reg_imm(&guest, OP_add_imm_64, 9, 9, -1);
    put_reg_reg_reg(&guest, OP_add_64, 10, 10, 9);
    put_reg_imm_off(&guest, OP_branch_ne_imm, 9, 0, (int32_t)count);
    put_imm(&guest, OP_ecalli, 1);
    put_off(&guest, OP_jump, 0);
}

static void open_for_walks(const pvm_engine_config *config) {
    open_engine(config);
    pvm_module_release(module);
    put_walk();
    module = compile(engine, &guest);
}

static void begin_walk(pvm_context *c, uint64_t address, uint64_t from, uint64_t pages, uint64_t quiet) {
    c->registers[7] = address;
    c->registers[2] = from;
    c->registers[8] = pages;
    c->registers[9] = quiet;
}

static uint32_t fault_page(const pvm_context *c) {
    return (uint32_t)(c->exit_argument / PVM_PAGE_SIZE);
}

/* Walks, and is granted each page that it asks for; returns the number of its faults. */
static uint32_t walk_on(pvm_context *c) {
    uint32_t faults = 0, kind;
    while ((kind = pvm_run(c)) == PVM_EXIT_PAGE_FAULT) {
        protect(c, fault_page(c), 1, PVM_ACCESS_WRITE, 1);
        faults++;
    }
    CHECK_EQ(kind, PVM_EXIT_HOST_CALL);
    return faults;
}

static void start_walks(pvm_context *c) {
    c->gas = UINT64_C(1) << 40;
    c->pc = 0;
    CHECK_EQ(pvm_run(c), PVM_EXIT_HOST_CALL);
}

/* Walks over so many fresh pages, and counts; both host calls behind it are made. */
static uint32_t walk(pvm_context *c, uint32_t first, uint32_t pages, uint64_t quiet) {
    begin_walk(c, (uint64_t)first * PVM_PAGE_SIZE, (uint64_t)first * PVM_PAGE_SIZE, pages, quiet);
    uint32_t faults = walk_on(c);
    CHECK_EQ(walk_on(c), 0);
    return faults;
}

TEST(checked_after_many_faults_and_until_there_are_none) {
    pvm_engine_config config = {.code_arena_bytes = 1 << 20};
    open_for_walks(&config);
    context = instantiate(module, NULL, 0);
    start_walks(context);
    for (uint32_t round = 0; round < 3; round++) {
        uint32_t first = 0x20 + round * 0x100;
        CHECK_EQ(walk(context, first, PAGING_FAULTS - 1, 1), PAGING_FAULTS - 1);
        CHECK_EQ(pvm_instance_is_checked(context), 0);
        CHECK_EQ(walk(context, first + PAGING_FAULTS, 2, 1), 2);
        CHECK_EQ(pvm_instance_is_checked(context), 1);
        CHECK_EQ(statistics().instances_checked, 1);
        CHECK_EQ(walk(context, first + 0x80, 40, 1), 40);
        CHECK_EQ(pvm_instance_is_checked(context), 1);
        CHECK_EQ(walk(context, first, 1, QUIET), 0);
        CHECK_EQ(pvm_instance_is_checked(context), 0);
        CHECK_EQ(statistics().instances_checked, 0);
    }
    for (uint32_t page = 0x20; page < 0x20 + PAGING_FAULTS - 1; page++) {
        uint64_t stored;
        memcpy(&stored, page_of(context, page), sizeof stored);
        CHECK_EQ(stored, (uint64_t)page * PVM_PAGE_SIZE);
    }
    pvm_instance_destroy(context);
    close_engine();
}

TEST(faults_far_apart_are_the_hardwares) {
    pvm_engine_config config = {.code_arena_bytes = 1 << 20};
    open_for_walks(&config);
    context = instantiate(module, NULL, 0);
    start_walks(context);
    for (uint32_t round = 0; round < 40; round++) {
        context->registers[10] = 0;
        begin_walk(context, (0x30 + round) * PVM_PAGE_SIZE, 0x30 * PVM_PAGE_SIZE, 1, PAGING_GAS_PER_FAULT);
        /* The host calls, which say that the run has gone on elsewhere, are left out: it goes on in the walk. */
        CHECK_EQ(walk_on(context), 1);
        context->pc = 0;
        CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
        CHECK_EQ(pvm_instance_is_checked(context), 0);
    }
    pvm_instance_destroy(context);
    close_engine();
}

/* Code with checks that has to be made is worth it after some more faults. */
TEST(checked_later_where_code_is_to_be_made) {
    pvm_engine_config config = {.code_arena_bytes = 1 << 20};
    open_engine(&config);
    pvm_module_release(module);
    put_walk();
    for (int n = 0; n < 1000; n++) {
        put_reg_reg_reg(&guest, OP_add_64, 7, 8, 9);
    }
    put_opcode(&guest, OP_trap);
    module = compile(engine, &guest);
    uint32_t expected = PAGING_FAULTS + 1000 * PAGING_GAS_PER_INSTRUCTION / PAGING_GAS_PER_FAULT;
    for (int made = 0; made < 2; made++) {
        context = instantiate(module, NULL, 0);
        start_walks(context);
        uint32_t needed = 0;
        while (!pvm_instance_is_checked(context) && needed < 100) {
            needed++;
            CHECK_EQ(walk(context, 0x30 + needed, 1, 1), 1);
        }
        CHECK_EQ(needed, made ? PAGING_FAULTS : expected);
        pvm_instance_destroy(context);
    }
    close_engine();
}

/* Faults that keep coming pay for what is spent between them, if it is little; else the hardware is worth more. */
TEST(faults_pay_for_what_is_spent_between_them) {
    pvm_engine_config config = {.code_arena_bytes = 1 << 20};
    open_for_walks(&config);
    for (int often = 0; often < 2; often++) {
        context = instantiate(module, NULL, 0);
        start_walks(context);
        walk(context, 0x30, PAGING_FAULTS, 1);
        CHECK_EQ(pvm_instance_is_checked(context), 1);
        for (uint32_t round = 0; round < 100; round++) {
            CHECK_EQ(walk(context, 0x40 + round, 1, often ? PAGING_GAS_PER_FAULT / 256 : PAGING_GAS_PER_FAULT * 2), 1);
        }
        CHECK_EQ(pvm_instance_is_checked(context), often);
        pvm_instance_destroy(context);
    }
    close_engine();
}

TEST(without_checks_if_the_host_says_so) {
    pvm_engine_config config = {.code_arena_bytes = 1 << 20};
    open_for_walks(&config);
    for (uint32_t faults = 0; faults <= PAGING_FAULTS; faults++) {
        context = instantiate(module, NULL, 0);
        start_walks(context);
        if (faults != 0) {
            walk(context, 0x20, faults, 1);
        }
        CHECK_EQ(pvm_instance_is_checked(context), faults == PAGING_FAULTS);
        CHECK_EQ(pvm_instance_check_by_hardware(context), 1);
        CHECK_EQ(pvm_instance_is_checked(context), 0);
        walk(context, 0x100, 50, 1);
        CHECK_EQ(pvm_instance_is_checked(context), 0);
        scatter(context);
        CHECK_EQ(pvm_instance_check_by_hardware(context), 0);
        pvm_instance_destroy(context);
    }
    /* The slot's next instance is another one. */
    context = instantiate(module, NULL, 0);
    start_walks(context);
    walk(context, 0x20, PAGING_FAULTS + 1, 1);
    CHECK_EQ(pvm_instance_is_checked(context), 1);
    pvm_instance_destroy(context);
    close_engine();
}

/* Its regions take more maps than it may have when it is quiet again: it stays checked, and is right. */
TEST(checked_for_good_where_maps_are_too_few) {
    pvm_engine_config config = {.code_arena_bytes = 1 << 20, .maps_per_instance = 8};
    open_for_walks(&config);
    context = instantiate(module, NULL, 0);
    start_walks(context);
    walk(context, 0x20, PAGING_FAULTS + 1, 1);
    CHECK_EQ(pvm_instance_is_checked(context), 1);
    for (uint32_t page = 0x100; page < 0x140; page += 2) {
        walk(context, page, 1, 1);
    }
    walk(context, 0x20, 1, QUIET);
    CHECK_EQ(pvm_instance_is_checked(context), 1);
    CHECK_EQ(statistics().instances_checked, 1);
    CHECK_EQ(walk(context, 0x200, 10, 1), 10);
    pvm_instance_destroy(context);
    CHECK_EQ(statistics().instances_checked, 0);
    close_engine();
}

/* No room for code with checks: the hardware goes on. */
TEST(without_checks_where_their_code_has_no_room) {
    pvm_engine_config config = {.code_arena_bytes = 1 << 16};
    open_for_walks(&config);
    context = instantiate(module, NULL, 0);
    start_walks(context);
    struct filling filling;
    fill_arena(&filling, &engine->arena);
    CHECK_EQ(walk(context, 0x20, 20, 1), 20);
    CHECK_EQ(pvm_instance_is_checked(context), 0);
    CHECK(instance_of(context)->never_paging);
    empty_arena(&filling, &engine->arena);
    pvm_instance_destroy(context);
    close_engine();
}

/* One instance as it comes, and one that is always checked: after each stop they are equal. */
static pvm_context *pair[2];

static uint32_t run_both(void) {
    uint32_t kind = pvm_run(pair[0]);
    CHECK_EQ(pvm_run(pair[1]), kind);
    CHECK_EQ(pair[0]->gas, pair[1]->gas);
    CHECK_EQ(pair[0]->pc, pair[1]->pc);
    CHECK_EQ(pair[0]->exit_pc, pair[1]->exit_pc);
    CHECK_EQ(pair[0]->exit_argument, pair[1]->exit_argument);
    CHECK_EQ(pair[0]->gas_charged, pair[1]->gas_charged);
    CHECK_BYTES(pair[0]->registers, pair[1]->registers, sizeof pair[0]->registers);
    return kind;
}

TEST(nobody_sees_the_difference) {
    pvm_engine_config checked_config = {.flags = PVM_FLAG_ALWAYS_CHECKED, .code_arena_bytes = 1 << 20},
                      config = {.code_arena_bytes = 1 << 20};
    open_for_walks(&checked_config);
    pvm_engine *checked_engine = engine;
    pvm_module *checked_module = module;
    open_for_walks(&config);
    uint64_t seed = 12;
    uint32_t changes = 0;
    for (uint32_t life = 0; life < 12; life++) {
        pair[0] = instantiate(module, life % 2 == 0 ? NULL : two_regions, life % 2 == 0 ? 0 : 2);
        pair[1] = instantiate(checked_module, life % 2 == 0 ? NULL : two_regions, life % 2 == 0 ? 0 : 2);
        for (uint32_t stop = 0; stop < 5000; stop++) {
            uint32_t dice = random_below(&seed, 40), access = 1 + random_below(&seed, 2);
            for (int n = 0; n < 2; n++) {
                pair[n]->gas += pair[n]->gas < 100 ? random_below(&seed, 2) == 0 ? 500 : UINT64_C(1) << 30 : 0;
                pair[n]->gas = pair[0]->gas;
                pair[n]->interrupt = 0;
                pair[n]->pc = dice == 0 ? WALK : pair[0]->pc;
                pair[n]->gas_charged = dice == 0 ? 0 : pair[0]->gas_charged;
            }
            int32_t was_checked = pvm_instance_is_checked(pair[0]);
            uint32_t kind = run_both(), page = fault_page(pair[0]);
            if (kind == PVM_EXIT_HOST_CALL) {
                uint64_t first = 0x10 + random_below(&seed, PAGES), from = 0x10 + random_below(&seed, PAGES);
                uint64_t pages = 1 + random_below(&seed, 60), quiet = random_below(&seed, 10) == 0 ? QUIET : 1;
                for (int n = 0; n < 2; n++) {
                    begin_walk(pair[n], first * PVM_PAGE_SIZE, from * PVM_PAGE_SIZE, pages, quiet);
                }
            } else if (kind == PVM_EXIT_PAGE_FAULT && dice != 1) {
                uint32_t count = dice < 4 ? 1 + random_below(&seed, 20) : 1;
                for (int n = 0; n < 2; n++) {
                    protect(pair[n], page, count, access, dice % 2);
                }
            } else if (dice == 1) {
                for (int n = 0; n < 2; n++) {
                    protect(pair[n], 0x10, PAGES, PVM_ACCESS_NONE, stop % 2);
                }
            }
            changes += pvm_instance_is_checked(pair[0]) != was_checked;
        }
        CHECK_BYTES(pair[0]->page_access, pair[1]->page_access, PVM_PAGE_COUNT);
        for (int n = 0; n < 2; n++) {
            protect(pair[n], 0x10, 2 * PAGES, PVM_ACCESS_READ, 0);
        }
        CHECK_BYTES(page_of(pair[0], 0x10), page_of(pair[1], 0x10), (size_t)2 * PAGES * PVM_PAGE_SIZE);
        pvm_instance_destroy(pair[0]);
        pvm_instance_destroy(pair[1]);
    }
    printf("%u changes\n", changes);
    CHECK(changes > 40);
    close_engine();
    engine = checked_engine;
    module = checked_module;
    close_engine();
}

int main(void) {
    RUN(checked_after_many_faults_and_until_there_are_none);
    RUN(faults_far_apart_are_the_hardwares);
    RUN(checked_later_where_code_is_to_be_made);
    RUN(faults_pay_for_what_is_spent_between_them);
    RUN(without_checks_if_the_host_says_so);
    RUN(checked_for_good_where_maps_are_too_few);
    RUN(without_checks_where_their_code_has_no_room);
    RUN(nobody_sees_the_difference);
    return check_finish();
}
