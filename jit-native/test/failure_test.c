/* What happens when the system refuses: every allocation and system call that the library makes fails in its turn,
 * alone or with all that follow, during every operation. Each time there is a status, nothing leaks (LeakSanitizer
 * looks at the end), RAM and page table agree, and the engine works on. */
#include "check.h"
#include "arena.h"
#include "guest.h"
#include "refuse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- The program: adds what a read-only page holds to what it stored before, calls the host, starts again ---- */

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;
static pvm_context *context;
static uint32_t flags;
static uint8_t contents[2 * PVM_PAGE_SIZE];

static const pvm_region regions[] = {
    {.first_page = 0x20,
     .page_count = 2,
     .access = PVM_ACCESS_READ,
     .contents = contents,
     .contents_length = PVM_PAGE_SIZE + 5},
    {.first_page = 0x30, .page_count = 3, .access = PVM_ACCESS_WRITE, .contents = contents, .contents_length = 8},
};

static void put_program(void) {
    guest_clear(&guest);
    for (size_t n = 0; n < sizeof contents; n++) {
        contents[n] = (uint8_t)(n * 7 + 1);
    }
    /* Branches and a jump table. */
    for (int n = 0; n < 200; n++) {
        put_reg_imm_off(&guest, OP_branch_eq_imm, 1, 12345, 0);
    }
    put_reg_imm(&guest, OP_load_u32, 2, 0x21000);
    put_reg_imm(&guest, OP_load_u64, 3, 0x32FF8);
    put_reg_reg_reg(&guest, OP_add_64, 3, 3, 2);
    put_reg_imm(&guest, OP_store_u64, 3, 0x32FF8);
    put_opcode(&guest, OP_fallthrough);
    put_imm(&guest, OP_ecalli, 9);
    put_off(&guest, OP_jump, 0);
    guest.entry_size = 2;
    guest.entry_count = 3;
    guest.entries[1] = 11;
}

static bool fine(int32_t result, const pvm_error *error) {
    if (result != PVM_OK) {
        CHECK(result == PVM_RESOURCE_LIMIT || result == PVM_UNSUPPORTED);
        CHECK_EQ(error->status, result);
        CHECK(strlen(error->message) > 10);
    }
    return result == PVM_OK;
}

/* Two rounds of the program in a new instance. */
static void check_rounds(pvm_context *fresh) {
    uint32_t word;
    memcpy(&word, contents + PVM_PAGE_SIZE, sizeof word);
    CHECK_EQ(*(uint64_t *)(void *)(fresh->memory + 0x32FF8), 0);
    CHECK_BYTES(fresh->memory + 0x30000, contents, 8);
    CHECK_EQ(*(uint64_t *)(void *)(fresh->memory + 0x30008), 0);
    CHECK_BYTES(fresh->memory + 0x20000, contents, PVM_PAGE_SIZE + 5);
    CHECK_EQ(fresh->memory[0x21005], 0);
    for (uint64_t round = 1; round < 3; round++) {
        fresh->gas = 1000000;
        CHECK_EQ(pvm_run(fresh), PVM_EXIT_HOST_CALL);
        CHECK_EQ(fresh->registers[3], round * word);
        CHECK_EQ(*(uint64_t *)(void *)(fresh->memory + 0x32FF8), round * word);
    }
    for (uint32_t page = 0x1F; page < 0x34; page++) {
        check_page(fresh, page);
    }
}

static pvm_statistics statistics(void) {
    pvm_statistics s;
    pvm_engine_statistics(engine, &s);
    return s;
}

/* The engine works: compiles, instantiates and runs. */
static void check_engine(void) {
    pvm_module *another = compile(engine, &guest);
    pvm_context *instance = instantiate(another, regions, 2);
    check_rounds(instance);
    pvm_instance_destroy(instance);
    pvm_module_release(another);
    CHECK_EQ(writable_and_executable_maps(), 0);
}

/* ---- Each operation ---- */

static bool engine_step(int fail_at, bool persistent) {
    pvm_engine_config config = {.flags = flags, .code_arena_bytes = 1 << 20};
    pvm_error error = {0};
    engine = NULL;
    arm(fail_at, persistent);
    int32_t result = pvm_engine_create(&config, &engine, &error);
    bool met = disarm();
    if (fine(result, &error)) {
        check_engine();
        destroy_engine(engine);
    } else {
        CHECK(engine == NULL);
    }
    return met;
}

static bool compile_step(int fail_at, bool persistent) {
    pvm_error error = {0};
    uint64_t length;
    uint8_t *blob = guest_blob(&guest, &length);
    pvm_statistics before = statistics();
    module = NULL;
    arm(fail_at, persistent);
    int32_t result = pvm_module_compile(engine, blob, length, &module, &error);
    bool met = disarm();
    free(blob);
    if (fine(result, &error)) {
        pvm_module_release(module);
    } else {
        CHECK(module == NULL);
    }
    CHECK_EQ(statistics().code_bytes_used, before.code_bytes_used);
    CHECK_EQ(statistics().modules_alive, before.modules_alive);
    check_engine();
    return met;
}

/* Of a new slot: every step has an engine of its own. */
static bool instantiate_step(int fail_at, bool persistent) {
    pvm_error error = {0};
    engine = make_engine(flags, PVM_REVISION_NEXT);
    module = compile(engine, &guest);
    context = NULL;
    arm(fail_at, persistent);
    int32_t result = pvm_instance_create(module, regions, 2, &context, &error);
    bool met = disarm();
    if (fine(result, &error)) {
        check_rounds(context);
        pvm_instance_destroy(context);
    } else {
        CHECK(context == NULL);
    }
    CHECK_EQ(statistics().instances_alive, 0);
    check_engine();
    pvm_module_release(module);
    destroy_engine(engine);
    return met;
}

/* Of a pooled slot of another layout, dirty. */
static bool reuse_step(int fail_at, bool persistent) {
    static const pvm_region other = {.first_page = 0x1F, .page_count = 0x20, .access = PVM_ACCESS_WRITE};
    pvm_error error = {0};
    pvm_engine_config config = {.flags = flags, .instance_limit = 1};
    CHECK_EQ(pvm_engine_create(&config, &engine, NULL), PVM_OK);
    module = compile(engine, &guest);
    context = instantiate(module, &other, 1);
    memset(context->memory + 0x1F000, 0xEE, 0x20 * PVM_PAGE_SIZE);
    pvm_instance_destroy(context);
    context = NULL;
    arm(fail_at, persistent);
    int32_t result = pvm_instance_create(module, regions, 2, &context, &error);
    bool met = disarm();
    if (fine(result, &error)) {
        check_rounds(context);
        pvm_instance_destroy(context);
    }
    check_engine();
    CHECK_EQ(statistics().instances_alive, 0);
    pvm_module_release(module);
    destroy_engine(engine);
    return met;
}

/* Of a pooled slot of the same layout, dirty. */
static bool same_layout_step(int fail_at, bool persistent) {
    pvm_error error = {0};
    context = instantiate(module, regions, 2);
    memset(context->memory + 0x30000, 0xEE, 3 * PVM_PAGE_SIZE);
    pvm_instance_destroy(context);
    context = NULL;
    arm(fail_at, persistent);
    int32_t result = pvm_instance_create(module, regions, 2, &context, &error);
    bool met = disarm();
    if (fine(result, &error)) {
        check_rounds(context);
        pvm_instance_destroy(context);
    }
    check_engine();
    CHECK_EQ(statistics().instances_alive, 0);
    return met;
}

/* Of a pooled slot of a layout with much RAM, some of it dirty. */
static bool clearing_step(int fail_at, bool persistent) {
    static const pvm_region much = {.first_page = 0x30, .page_count = 500, .access = PVM_ACCESS_WRITE};
    pvm_error error = {0};
    context = instantiate(module, &much, 1);
    memset(context->memory + 0x50000, 0xEE, 100 * PVM_PAGE_SIZE);
    pvm_instance_destroy(context);
    context = NULL;
    arm(fail_at, persistent);
    int32_t result = pvm_instance_create(module, &much, 1, &context, &error);
    bool met = disarm();
    if (fine(result, &error)) {
        for (uint32_t n = 0; n < 500 * PVM_PAGE_SIZE; n += 64) {
            CHECK_EQ(context->memory[0x30000 + n], 0);
        }
        pvm_instance_destroy(context);
    }
    check_engine();
    CHECK_EQ(statistics().instances_alive, 0);
    return met;
}

/* Pages that an instance asks for: over its regions, or behind them. */
static uint32_t more_pages;
/* Of the instance; without the first one it has no window. */
static uint32_t skipped_regions;
static bool take_regions;

/* The next instance that asks for these pages finds them zero, behind its regions at least. */
static void check_more_pages(void) {
    context = instantiate(module, regions + skipped_regions, 2 - skipped_regions);
    CHECK_EQ(pvm_memory_protect(context, more_pages, 0x20, PVM_ACCESS_WRITE, more_pages % 2, NULL), PVM_OK);
    for (uint32_t n = more_pages < 0x34 ? 0x34 : more_pages; n < more_pages + 0x20; n++) {
        CHECK_EQ(*(uint64_t *)(void *)(context->memory + n * (uint64_t)PVM_PAGE_SIZE), 0);
    }
    pvm_instance_destroy(context);
}

/* A slot that cannot be wiped when its instance ends must not show its contents to the next one. */
static bool destroy_step(int fail_at, bool persistent) {
    context = instantiate(module, regions + skipped_regions, 2 - skipped_regions);
    CHECK_EQ(pvm_memory_protect(context, more_pages, 0x20, PVM_ACCESS_WRITE, 0, NULL), PVM_OK);
    memset(context->memory + more_pages * (uint64_t)PVM_PAGE_SIZE, 0xEE, 0x20 * PVM_PAGE_SIZE);
    arm(fail_at, persistent);
    pvm_instance_destroy(context);
    bool met = disarm();
    CHECK_EQ(statistics().instances_alive, 0);
    check_more_pages();
    check_engine();
    return met;
}

/* Nor may it when it cannot be wiped for the next one either: the one after that has no page that it has not asked for. */
static bool take_step(int fail_at, bool persistent) {
    pvm_engine_config config = {.flags = flags, .instance_limit = 1};
    CHECK_EQ(pvm_engine_create(&config, &engine, NULL), PVM_OK);
    module = compile(engine, &guest);
    context = instantiate(module, regions, 2);
    for (uint32_t page = 0x20; page < 0x40; page += 2) {
        CHECK_EQ(pvm_memory_protect(context, page, 1, PVM_ACCESS_WRITE, 0, NULL), PVM_OK);
        memset(context->memory + page * (uint64_t)PVM_PAGE_SIZE, 0xEE, PVM_PAGE_SIZE);
    }
    arm(fail_at, persistent);
    pvm_instance_destroy(context);
    bool met = disarm();
    pvm_context *none = NULL;
    for (int n = 1; n < 6; n++) {
        arm(n, true);
        if (pvm_instance_create(module, take_regions ? regions : NULL, take_regions ? 2 : 0, &none, NULL) == PVM_OK) {
            disarm();
            pvm_instance_destroy(none);
            break;
        }
        disarm();
    }
    context = instantiate(module, NULL, 0);
    for (uint32_t page = 0x1F; page < 0x42; page++) {
        check_page(context, page);
    }
    pvm_instance_destroy(context);
    check_engine();
    pvm_module_release(module);
    destroy_engine(engine);
    return met;
}

static bool release_step(int fail_at, bool persistent) {
    uint64_t used = statistics().code_bytes_used;
    pvm_module *released = compile(engine, &guest);
    arm(fail_at, persistent);
    pvm_module_release(released);
    bool met = disarm();
    CHECK_EQ(statistics().code_bytes_used, used);
    check_engine();
    return met;
}

static uint32_t protect_access, protect_zero;

/* Why a run was a failure, until the next run. */
static void check_failure(const char *reason) {
    pvm_error error;
    pvm_failure(context, &error);
    CHECK_EQ(error.status, PVM_RESOURCE_LIMIT);
    CHECK_EQ(context->exit_argument, PVM_RESOURCE_LIMIT);
    if (strstr(error.message, reason) == NULL) {
        CHECK_FAIL("\"%s\" does not say \"%s\"", error.message, reason);
    }
}

/* After a failure the instance may be given up: then no page may be touched, whatever the hardware still grants. */
static void check_pages(bool fine_so_far) {
    bool given_up = !fine_so_far && pvm_run(context) == PVM_EXIT_FAILURE;
    for (uint32_t page = 0x1F; page < 0x34; page++) {
        if (given_up) {
            CHECK_EQ(context->page_access[page], PVM_ACCESS_NONE);
        } else {
            check_page(context, page);
        }
    }
}

/* Access of pages that hold something, of all kinds, changed to one kind. */
static bool protect_step(int fail_at, bool persistent) {
    pvm_error error = {0};
    context = instantiate(module, regions, 2);
    arm(fail_at, persistent);
    int32_t result = pvm_memory_protect(context, 0x21, 0x10, protect_access, protect_zero, &error);
    bool met = disarm();
    if (fine(result, &error)) {
        for (uint32_t page = 0x21; page < 0x31; page++) {
            CHECK_EQ(context->page_access[page], protect_access);
        }
    }
    check_pages(result == PVM_OK);
    /* A second try does all of it; or the instance is given up, and says so. */
    if (fine(pvm_memory_protect(context, 0x21, 0x10, protect_access, protect_zero, &error), &error)) {
        CHECK_EQ(pvm_memory_protect(context, 0x21, 0x10, PVM_ACCESS_READ, 0, &error), PVM_OK);
        for (uint32_t page = 0x1F; page < 0x34; page++) {
            check_page(context, page);
        }
        CHECK_EQ(context->memory[0x21000], protect_zero ? 0 : contents[PVM_PAGE_SIZE]);
        CHECK_EQ(context->memory[0x20000], contents[0]);
    } else {
        CHECK_EQ(pvm_run(context), PVM_EXIT_FAILURE);
        check_failure("the instance cannot be used any more");
    }
    pvm_instance_destroy(context);
    check_engine();
    return met;
}

/* A machine that asks for other pages than those that its slot kept for it, and runs. */
static bool kept_pages_step(int fail_at, bool persistent) {
    pvm_error error = {0};
    context = instantiate(module, NULL, 0);
    CHECK_EQ(pvm_memory_protect(context, 0x20, 0x20, PVM_ACCESS_WRITE, 1, NULL), PVM_OK);
    memset(context->memory + 0x20000, 0xEE, 0x20 * PVM_PAGE_SIZE);
    pvm_instance_destroy(context);
    context = instantiate(module, NULL, 0);
    arm(fail_at, persistent);
    CHECK_EQ(pvm_memory_protect(context, 0x24, 8, PVM_ACCESS_WRITE, 1, &error), PVM_OK);
    int32_t result = pvm_memory_protect(context, 0x1F, 4, PVM_ACCESS_READ, 0, &error);
    uint32_t kind = result == PVM_OK ? pvm_run(context) : PVM_EXIT_FAILURE;
    bool met = disarm();
    if (kind != PVM_EXIT_FAILURE) {
        CHECK_EQ(context->page_access[0x24], PVM_ACCESS_WRITE);
        CHECK_EQ(context->page_access[0x30], PVM_ACCESS_NONE);
    }
    CHECK(result == PVM_OK || pvm_memory_protect(context, 0x24, 8, PVM_ACCESS_WRITE, 1, NULL) != PVM_OK);
    check_pages(kind != PVM_EXIT_FAILURE);
    if (fine(pvm_memory_protect(context, 0x1F, 0x30, PVM_ACCESS_READ, 0, &error), &error)) {
        for (uint32_t n = 0x1F000; n < 0x4F000; n += 64) {
            CHECK_EQ(context->memory[n], 0);
        }
    }
    pvm_instance_destroy(context);
    check_engine();
    return met;
}

static bool fill_step(int fail_at, bool persistent) {
    pvm_error error = {0};
    uint8_t ones[PVM_PAGE_SIZE];
    memset(ones, 1, sizeof ones);
    context = instantiate(module, regions, 2);
    CHECK_EQ(pvm_memory_protect(context, 0x22, 1, PVM_ACCESS_WRITE, 0, NULL), PVM_OK);
    arm(fail_at, persistent);
    int32_t result = pvm_memory_fill(context, 0x21800, ones, sizeof ones, &error);
    bool met = disarm();
    if (fine(result, &error)) {
        CHECK_BYTES(context->memory + 0x21800, ones, sizeof ones);
    }
    check_pages(result == PVM_OK);
    if (fine(pvm_memory_fill(context, 0x21800, ones, sizeof ones, &error), &error)) {
        CHECK_BYTES(context->memory + 0x21800, ones, sizeof ones);
        CHECK_EQ(context->memory[0x21000], contents[PVM_PAGE_SIZE]);
        CHECK_EQ(context->memory[0x22800], 0);
    } else {
        CHECK_EQ(pvm_run(context), PVM_EXIT_FAILURE);
        check_failure("the instance cannot be used any more");
    }
    pvm_instance_destroy(context);
    check_engine();
    return met;
}

/* The first run of a checked instance compiles the checked code. */
static bool run_step(int fail_at, bool persistent) {
    pvm_error error;
    pvm_engine_config config = {.flags = flags, .maps_per_instance = 2};
    CHECK_EQ(pvm_engine_create(&config, &engine, NULL), PVM_OK);
    module = compile(engine, &guest);
    context = instantiate(module, regions, 2);
    context->gas = 1000000;
    context->registers[7] = 77;
    arm(fail_at, persistent);
    uint32_t kind = pvm_run(context);
    bool met = disarm();
    if (kind == PVM_EXIT_FAILURE) {
        check_failure("memory");
        CHECK_EQ(context->exit_kind, PVM_EXIT_FAILURE);
        CHECK_EQ(context->pc, 0);
        CHECK_EQ(context->gas, 1000000);
        CHECK_EQ(context->gas_charged, 0);
        CHECK_EQ(context->registers[7], 77);
        kind = pvm_run(context);
    }
    CHECK_EQ(kind, PVM_EXIT_HOST_CALL);
    pvm_failure(context, &error);
    CHECK_EQ(error.status, PVM_OK);
    CHECK_STR(error.message, "");
    CHECK_EQ(pvm_instance_is_checked(context), 1);
    pvm_instance_destroy(context);
    check_engine();
    pvm_module_release(module);
    destroy_engine(engine);
    return met;
}

/* An interrupt that cannot be sent stays: the next run stops for it. */
static bool interrupt_step(int fail_at, bool persistent) {
    pvm_error error = {0};
    context = instantiate(module, regions, 2);
    context->gas = 1000000;
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    trouble.only_signals = true;
    arm(fail_at, persistent);
    int32_t result = fail_at % 2 == 0 ? pvm_interrupt(context, &error) : pvm_interrupt_all(engine, &error);
    bool met = disarm();
    trouble.only_signals = false;
    fine(result, &error);
    CHECK_EQ(pvm_run(context), PVM_EXIT_INTERRUPTED);
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    pvm_instance_destroy(context);
    check_engine();
    return met;
}

/* What cannot be unmapped stays mapped, and nothing else is amiss: the next engine works. */
static bool close_step(int fail_at, bool persistent) {
    pvm_error error = {0};
    engine = make_engine(flags, PVM_REVISION_NEXT);
    check_engine();
    arm(fail_at, persistent);
    int32_t result = pvm_engine_destroy(engine, &error);
    bool met = disarm();
    CHECK(fine(result, &error));
    engine = make_engine(flags, PVM_REVISION_NEXT);
    check_engine();
    destroy_engine(engine);
    return met;
}

/* ---- The tests, each in every configuration that matters to it ---- */

static const uint32_t flag_sets[] = {0, PVM_FLAG_SINGLE_MAPPING, PVM_FLAG_ALWAYS_CHECKED | HARDENED};

static void with_flags(bool (*step)(int fail_at, bool persistent), bool engine_alive) {
    put_program();
    for (size_t n = 0; n < sizeof flag_sets / sizeof *flag_sets; n++) {
        flags = flag_sets[n];
        if (engine_alive) {
            engine = make_engine(flags, PVM_REVISION_NEXT);
            module = compile(engine, &guest);
        }
        pvm_module *kept = module;
        with_every_failure(step);
        if (engine_alive) {
            pvm_module_release(kept);
            destroy_engine(engine);
        }
    }
}

TEST(engine_create) {
    with_flags(engine_step, false);
}

TEST(module_compile) {
    put_program();
    for (size_t n = 0; n < sizeof flag_sets / sizeof *flag_sets; n++) {
        flags = flag_sets[n];
        engine = make_engine(flags, PVM_REVISION_NEXT);
        with_every_failure(compile_step);
        destroy_engine(engine);
    }
}

/* So much that the machine code is emitted into pages of its own. */
TEST(module_compile_of_much_code) {
    put_program();
    while (guest.length < 180000) {
        put_opcode(&guest, OP_fallthrough);
    }
    put_opcode(&guest, OP_trap);
    for (size_t n = 0; n < sizeof flag_sets / sizeof *flag_sets; n++) {
        flags = flag_sets[n];
        engine = make_engine(flags, PVM_REVISION_NEXT);
        with_every_failure(compile_step);
        destroy_engine(engine);
    }
}

TEST(module_release) {
    put_program();
    for (size_t n = 0; n < sizeof flag_sets / sizeof *flag_sets; n++) {
        flags = flag_sets[n];
        engine = make_engine(flags, PVM_REVISION_NEXT);
        with_every_failure(release_step);
        destroy_engine(engine);
    }
}

TEST(instance_create) {
    with_flags(instantiate_step, false);
}

TEST(instance_create_in_a_used_slot) {
    with_flags(reuse_step, false);
}

TEST(instance_create_in_a_slot_of_its_layout) {
    with_flags(same_layout_step, true);
}

TEST(instance_create_in_a_slot_that_kept_pages) {
    with_flags(kept_pages_step, true);
}

TEST(instance_create_in_a_slot_of_much_RAM) {
    with_flags(clearing_step, true);
}

/* One-time contents of a read-only region cost no call of the system once the slot knows its layout: only copying. */
TEST(instance_create_without_a_call) {
    put_program();
    for (size_t n = 0; n < sizeof flag_sets / sizeof *flag_sets; n++) {
        engine = make_engine(flag_sets[n], PVM_REVISION_NEXT);
        module = compile(engine, &guest);
        for (int round = 0; round < 3; round++) {
            arm(INT_MAX, false);
            context = instantiate(module, regions, 2);
            disarm();
            CHECK(round == 0 || trouble.calls == 0);
            check_rounds(context);
            pvm_instance_destroy(context);
        }
        pvm_module_release(module);
        destroy_engine(engine);
    }
}

/* Nor do the pages of a machine, up to 256 KiB, that asks for what the one before it had. */
TEST(pages_without_a_call) {
    put_program();
    engine = make_engine(0, PVM_REVISION_NEXT);
    module = compile(engine, &guest);
    for (int round = 0; round < 3; round++) {
        arm(INT_MAX, false);
        context = instantiate(module, NULL, 0);
        CHECK_EQ(pvm_memory_protect(context, 0x20, 8, PVM_ACCESS_WRITE, 1, NULL), PVM_OK);
        CHECK_EQ(pvm_memory_protect(context, 0x30, 64, PVM_ACCESS_WRITE, 1, NULL), PVM_OK);
        context->gas = 1000000;
        CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
        pvm_instance_destroy(context);
        disarm();
        CHECK(round == 0 || trouble.calls == 0);
    }
    pvm_module_release(module);
    destroy_engine(engine);
}

/* A heap that has grown costs three: one for each time that its access changes, one for its memory. */
TEST(heaps_cost_three_calls) {
    put_program();
    engine = make_engine(0, PVM_REVISION_NEXT);
    module = compile(engine, &guest);
    for (int round = 0; round < 4; round++) {
        arm(INT_MAX, false);
        context = instantiate(module, regions, 2);
        CHECK_EQ(pvm_memory_protect(context, 0x40, 8, PVM_ACCESS_WRITE, 1, NULL), PVM_OK);
        memset(context->memory + 0x40000, 0xEE, 8 * PVM_PAGE_SIZE);
        check_rounds(context);
        pvm_instance_destroy(context);
        disarm();
        CHECK(round == 0 || trouble.calls == 3);
    }
    pvm_module_release(module);
    destroy_engine(engine);
}

TEST(instance_destroy) {
    for (skipped_regions = 0; skipped_regions < 2; skipped_regions++) {
        for (more_pages = 0x1F; more_pages < 0x80; more_pages += 0x20) {
            with_flags(destroy_step, true);
        }
    }
}

TEST(instance_create_in_a_slot_that_could_not_be_wiped) {
    for (int n = 0; n < 2; n++) {
        take_regions = n != 0;
        with_flags(take_step, false);
    }
}

TEST(memory_protect) {
    for (protect_access = PVM_ACCESS_NONE; protect_access <= PVM_ACCESS_WRITE; protect_access++) {
        for (protect_zero = 0; protect_zero < 2; protect_zero++) {
            with_flags(protect_step, true);
        }
    }
}

TEST(interrupt) {
    with_flags(interrupt_step, true);
}

TEST(engine_destroy) {
    with_flags(close_step, false);
}

TEST(memory_fill) {
    with_flags(fill_step, true);
}

TEST(first_run) {
    put_program();
    flags = 0;
    with_every_failure(run_step);
}

/* A variant that a run asks for, the checked one or spare code whose room is not there as it should be, finds the arena full: the
 * exit says so. Once there is room the run goes on. */
static void run_without_room(bool checked) {
    pvm_engine_config config = {.code_arena_bytes = 1 << 16, .maps_per_instance = checked ? 2 : 0};
    struct filling filling;
    CHECK_EQ(pvm_engine_create(&config, &engine, NULL), PVM_OK);
    put_program();
    module = compile(engine, &guest);
    context = instantiate(module, regions, 2);
    CHECK_EQ(pvm_instance_is_checked(context), checked);
    uint64_t gas = context->gas = checked ? 1000000 : cost_at(module, 0);
    CHECK(checked || !engine->use_gs || links_variant(&module->links, 0, VARIANT_FAST)->margin > 0);
    arena_shorten(&engine->arena, &module->room, 0);
    fill_arena(&filling, &engine->arena);
    if (checked || engine->use_gs) {
        CHECK_EQ(pvm_run(context), PVM_EXIT_FAILURE);
        check_failure("the code arena of 65536 octets has no room");
    }
    CHECK_EQ(context->gas, gas);
    empty_arena(&filling, &engine->arena);
    CHECK(pvm_run(context) != PVM_EXIT_FAILURE);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    destroy_engine(engine);
}

TEST(first_run_without_room_for_its_code) {
    run_without_room(true);
    run_without_room(false);
}

/* ---- Installing the signal handlers; only the first engine of a process does, so each try has a process ---- */

static void previous_handler(int number, siginfo_t *info, void *unused) {
    (void)number, (void)info, (void)unused;
    _exit(42);
}

/* In the child: creation fails, the next one succeeds; then a fault that is not a guest's must reach the handler
 * that was there at first. */
static void child_of_sigaction(int fail_at) {
    struct sigaction action = {.sa_sigaction = previous_handler, .sa_flags = SA_SIGINFO};
    __real_sigaction(SIGSEGV, &action, NULL);
    __real_sigaction(SIGBUS, &action, NULL);
    alarm(10); /* a handler that passes on to itself would never end */
    trouble.only_signals = true;
    arm(fail_at, false);
    int32_t result = pvm_engine_create(NULL, &engine, NULL);
    bool met = disarm();
    if (!met) {
        _exit(43);
    }
    if (result != PVM_UNSUPPORTED || pvm_engine_create(NULL, &engine, NULL) != PVM_OK) {
        _exit(44);
    }
    static uint8_t *volatile nowhere = (uint8_t *)64;
    *nowhere = 1;
    _exit(45);
}

TEST(handlers_that_cannot_be_installed) {
    for (int fail_at = 1;; fail_at++) {
        fflush(stdout);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            child_of_sigaction(fail_at);
        }
        int state;
        CHECK_EQ(waitpid(child, &state, 0), child);
        if (WIFEXITED(state) && WEXITSTATUS(state) == 43) {
            CHECK(fail_at > 1);
            return;
        }
        if (!WIFEXITED(state) || WEXITSTATUS(state) != 42) {
            CHECK_FAIL("with call %d of sigaction failing: exit status %d, signal %d", fail_at, WEXITSTATUS(state),
                       WIFSIGNALED(state) ? WTERMSIG(state) : 0);
        }
    }
}

int main(void) {
    RUN(handlers_that_cannot_be_installed);
    RUN(engine_create);
    RUN(module_compile);
    RUN(module_compile_of_much_code);
    RUN(module_release);
    RUN(instance_create);
    RUN(instance_create_in_a_used_slot);
    RUN(instance_create_in_a_slot_of_its_layout);
    RUN(instance_create_in_a_slot_that_kept_pages);
    RUN(instance_create_in_a_slot_of_much_RAM);
    RUN(instance_create_without_a_call);
    RUN(pages_without_a_call);
    RUN(heaps_cost_three_calls);
    RUN(instance_destroy);
    RUN(instance_create_in_a_slot_that_could_not_be_wiped);
    RUN(memory_protect);
    RUN(memory_fill);
    RUN(interrupt);
    RUN(engine_destroy);
    RUN(first_run);
    RUN(first_run_without_room_for_its_code);
    return check_finish();
}
