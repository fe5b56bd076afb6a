/* RAM of instances as the host sees it: regions, access, filling; the pool, from which no instance may see what
 * another one left; limits of instances and maps, and instances that run checked because of them. */
#include "check.h"
#include "guest.h"

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;
static pvm_context *context;

/* ecalli 0 ; load_ind_u64 r2 := [r1] ; store_ind_u64 [r3] := r2 ; again */
static void put_program(void) {
    guest_clear(&guest);
    put_imm(&guest, OP_ecalli, 0);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 2, 1, 0);
    put_reg_reg_imm(&guest, OP_store_ind_u64, 2, 3, 0);
    put_off(&guest, OP_jump, 0);
}

static void open_engine(const pvm_engine_config *config) {
    pvm_error error = {0};
    if (pvm_engine_create(config, &engine, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
    put_program();
    module = compile(engine, &guest);
}

static void open_with_flags(uint32_t flags) {
    pvm_engine_config config = {.flags = flags, .code_arena_bytes = 1 << 20};
    open_engine(&config);
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

static uint8_t *page_of(const pvm_context *c, uint32_t page) {
    return c->memory + (uint64_t)page * PVM_PAGE_SIZE;
}

static void protect(pvm_context *c, uint32_t first, uint32_t count, uint32_t access, uint32_t zero) {
    pvm_error error = {0};
    if (pvm_memory_protect(c, first, count, access, zero, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
}

/* Pages that can be read hold nothing but `octet`. */
static void check_octets(const pvm_context *c, uint32_t first, uint32_t count, uint8_t octet) {
    for (uint32_t page = first; page < first + count; page++) {
        for (uint32_t n = 0; n < PVM_PAGE_SIZE; n++) {
            if (page_of(c, page)[n] != octet) {
                CHECK_FAIL("page 0x%x holds 0x%02x at %u, not 0x%02x", page, page_of(c, page)[n], n, octet);
            }
        }
    }
}

/* Makes all RAM readable and looks for anything that is not zero, in the pages that this file uses. */
static void check_all_zero(pvm_context *c) {
    protect(c, 0x10, 0x400, PVM_ACCESS_READ, 0);
    check_octets(c, 0x10, 0x400, 0);
    protect(c, 0xFFFF0, 0x10, PVM_ACCESS_READ, 0);
    check_octets(c, 0xFFFF0, 0x10, 0);
}

/* The guest copies 8 octets from one address to another; returns its exit. */
static uint32_t guest_copies(pvm_context *c, uint64_t from, uint64_t to) {
    c->pc = 5;
    c->gas_charged = 0;
    c->gas = 1000;
    c->registers[1] = from;
    c->registers[3] = to;
    return pvm_run(c);
}

/* ---- Arguments ---- */

TEST(regions_are_checked) {
    static const uint8_t octets[1] = {0};
    static const struct {
        uint32_t count;
        pvm_region regions[2];
    } wrong[] = {
        {1, {{.first_page = 15, .page_count = 1, .access = PVM_ACCESS_READ}}},
        {1, {{.first_page = 0, .page_count = 100, .access = PVM_ACCESS_READ}}},
        {1, {{.first_page = 16, .page_count = 0, .access = PVM_ACCESS_READ}}},
        {1, {{.first_page = 16, .page_count = 1, .access = PVM_ACCESS_NONE}}},
        {1, {{.first_page = 16, .page_count = 1, .access = 3}}},
        {1, {{.first_page = 16, .page_count = PVM_PAGE_COUNT - 15, .access = PVM_ACCESS_READ}}},
        {1, {{.first_page = PVM_PAGE_COUNT - 1, .page_count = 2, .access = PVM_ACCESS_READ}}},
        {1, {{.first_page = PVM_PAGE_COUNT, .page_count = 1, .access = PVM_ACCESS_READ}}},
        {1, {{.first_page = UINT32_MAX, .page_count = 1, .access = PVM_ACCESS_READ}}},
        {1, {{.first_page = UINT32_MAX, .page_count = UINT32_MAX, .access = PVM_ACCESS_READ}}},
        {1, {{.first_page = 16, .page_count = UINT32_MAX, .access = PVM_ACCESS_READ}}},
        {1,
         {{.first_page = 16, .page_count = 1, .access = PVM_ACCESS_READ, .contents = octets, .contents_length = 4097}}},
        {1,
         {{.first_page = 16,
           .page_count = 1,
           .access = PVM_ACCESS_READ,
           .contents = octets,
           .contents_length = UINT64_MAX}}},
        {1, {{.first_page = 16, .page_count = 1, .access = PVM_ACCESS_READ, .contents_length = 1}}},
        {2,
         {{.first_page = 20, .page_count = 5, .access = PVM_ACCESS_READ},
          {.first_page = 24, .page_count = 1, .access = PVM_ACCESS_READ}}},
        {2,
         {{.first_page = 20, .page_count = 5, .access = PVM_ACCESS_READ},
          {.first_page = 18, .page_count = 1, .access = PVM_ACCESS_READ}}},
    };
    open_with_flags(0);
    for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
        pvm_error error = {0};
        context = NULL;
        CHECK_EQ(pvm_instance_create(module, wrong[n].regions, wrong[n].count, &context, &error), PVM_INVALID_ARGUMENT);
        CHECK_EQ(error.status, PVM_INVALID_ARGUMENT);
        CHECK(context == NULL && strlen(error.message) > 10);
    }
    CHECK_EQ(statistics().instances_alive, 0);
    close_engine();
}

TEST(protect_checks_its_arguments) {
    static const struct {
        uint32_t first, count, access;
        int32_t result;
    } cases[] = {
        {15, 1, PVM_ACCESS_READ, PVM_INVALID_ARGUMENT},
        {0, 1, PVM_ACCESS_WRITE, PVM_INVALID_ARGUMENT},
        {15, 2, PVM_ACCESS_WRITE, PVM_INVALID_ARGUMENT},
        {0, PVM_PAGE_COUNT, PVM_ACCESS_READ, PVM_INVALID_ARGUMENT},
        {16, 1, 3, PVM_INVALID_ARGUMENT},
        {16, 0, 3, PVM_INVALID_ARGUMENT},
        {16, 1, UINT32_MAX, PVM_INVALID_ARGUMENT},
        {16, PVM_PAGE_COUNT - 15, PVM_ACCESS_NONE, PVM_INVALID_ARGUMENT},
        {PVM_PAGE_COUNT, 1, PVM_ACCESS_NONE, PVM_INVALID_ARGUMENT},
        {PVM_PAGE_COUNT + 1, 0, PVM_ACCESS_NONE, PVM_INVALID_ARGUMENT},
        {UINT32_MAX, UINT32_MAX, PVM_ACCESS_NONE, PVM_INVALID_ARGUMENT},
        {16, UINT32_MAX, PVM_ACCESS_NONE, PVM_INVALID_ARGUMENT},
        {PVM_PAGE_COUNT, 0, PVM_ACCESS_READ, PVM_OK},
        {0, 0, PVM_ACCESS_READ, PVM_OK},
        {0, PVM_PAGE_COUNT, PVM_ACCESS_NONE, PVM_OK},
        {0, 16, PVM_ACCESS_NONE, PVM_OK},
        {16, PVM_PAGE_COUNT - 16, PVM_ACCESS_READ, PVM_OK},
        {16, PVM_PAGE_COUNT - 16, PVM_ACCESS_WRITE, PVM_OK},
        {PVM_PAGE_COUNT - 1, 1, PVM_ACCESS_WRITE, PVM_OK},
    };
    for (size_t c = 0; c < CONFIGURATIONS; c++) {
        open_with_flags(configurations[c].flags);
        context = instantiate(module, NULL, 0);
        for (uint32_t n = 0; n < 2 * sizeof cases / sizeof *cases; n++) {
            pvm_error error = {0};
            CHECK_EQ(
                pvm_memory_protect(context, cases[n / 2].first, cases[n / 2].count, cases[n / 2].access, n % 2, &error),
                cases[n / 2].result);
            CHECK_EQ(error.status, cases[n / 2].result);
        }
        pvm_instance_destroy(context);
        close_engine();
    }
}

TEST(fill_checks_its_arguments) {
    static const uint8_t octets[2 * PVM_PAGE_SIZE] = {1};
    static const struct {
        uint64_t address, length;
        int32_t result;
    } cases[] = {
        {0x20000, 0, PVM_OK},
        {0, 0, PVM_OK},
        {GUEST_MEMORY_BYTES, 0, PVM_OK},
        {0x20000, 2 * PVM_PAGE_SIZE, PVM_OK},
        {0x20FFF, 2, PVM_OK},
        {0xFFFFFFFF, 1, PVM_OK},
        {0xFFFFFFFF, 2, PVM_INVALID_ARGUMENT},
        {GUEST_MEMORY_BYTES, 1, PVM_INVALID_ARGUMENT},
        {GUEST_MEMORY_BYTES + 1, 0, PVM_INVALID_ARGUMENT},
        {UINT64_MAX, 1, PVM_INVALID_ARGUMENT},
        {UINT64_MAX, UINT64_MAX, PVM_INVALID_ARGUMENT},
        {0x20000, UINT64_MAX, PVM_INVALID_ARGUMENT},
        {1, GUEST_MEMORY_BYTES, PVM_INVALID_ARGUMENT},
        {0x1FFFF, 2, PVM_INVALID_ARGUMENT},
        {0x21FFF, 2, PVM_INVALID_ARGUMENT},
        {0x1FFFF, 1, PVM_INVALID_ARGUMENT},
        {0, 1, PVM_INVALID_ARGUMENT},
    };
    static const pvm_region regions[] = {
        {.first_page = 0x20, .page_count = 1, .access = PVM_ACCESS_READ},
        {.first_page = 0x21, .page_count = 1, .access = PVM_ACCESS_WRITE},
        {.first_page = 0xFFFFF, .page_count = 1, .access = PVM_ACCESS_READ},
    };
    for (size_t c = 0; c < CONFIGURATIONS; c++) {
        open_with_flags(configurations[c].flags);
        context = instantiate(module, regions, 3);
        for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
            pvm_error error = {0};
            CHECK_EQ(pvm_memory_fill(context, cases[n].address, octets, cases[n].length, &error), cases[n].result);
            CHECK_EQ(error.status, cases[n].result);
        }
        CHECK_EQ(page_of(context, 0x20)[0], 1);
        CHECK_EQ(page_of(context, 0x20)[0xFFF], 1);
        CHECK_EQ(page_of(context, 0xFFFFF)[0xFFF], 1);
        for (uint32_t page = 0x1E; page < 0x24; page++) {
            check_page(context, page);
        }
        pvm_instance_destroy(context);
        close_engine();
    }
}

/* ---- Access and contents ---- */

TEST(regions_are_laid_out) {
    static uint8_t octets[3 * PVM_PAGE_SIZE];
    memset(octets, 0x5A, sizeof octets);
    const pvm_region regions[] = {
        {.first_page = 0x10, .page_count = 1, .access = PVM_ACCESS_READ, .contents = octets, .contents_length = 1},
        {.first_page = 0x11,
         .page_count = 1,
         .access = PVM_ACCESS_WRITE,
         .contents = octets,
         .contents_length = PVM_PAGE_SIZE},
        {.first_page = 0x12,
         .page_count = 3,
         .access = PVM_ACCESS_READ,
         .contents = octets,
         .contents_length = 2 * PVM_PAGE_SIZE + 1},
        {.first_page = 0x20, .page_count = 2, .access = PVM_ACCESS_READ},
        {.first_page = 0xFFFFF,
         .page_count = 1,
         .access = PVM_ACCESS_WRITE,
         .contents = octets,
         .contents_length = PVM_PAGE_SIZE},
    };
    for (size_t c = 0; c < CONFIGURATIONS; c++) {
        open_with_flags(configurations[c].flags);
        for (int round = 0; round < 3; round++) {
            context = instantiate(module, regions, 5);
            for (uint32_t page = 0; page < PVM_PAGE_COUNT; page++) {
                uint32_t access = PVM_ACCESS_NONE;
                for (size_t n = 0; n < 5; n++) {
                    access = page >= regions[n].first_page && page < regions[n].first_page + regions[n].page_count
                                 ? regions[n].access
                                 : access;
                }
                CHECK_EQ(context->page_access[page], access);
            }
            CHECK_EQ(page_of(context, 0x10)[0], 0x5A);
            CHECK_EQ(page_of(context, 0x10)[1], 0);
            check_octets(context, 0x11, 3, 0x5A);
            CHECK_EQ(page_of(context, 0x14)[0], 0x5A);
            CHECK_EQ(page_of(context, 0x14)[1], 0);
            check_octets(context, 0x20, 2, 0);
            check_octets(context, 0xFFFFF, 1, 0x5A);
            for (uint32_t page = 0xE; page < 0x24; page++) {
                check_page(context, page);
            }
            memset(page_of(context, 0x11), round, PVM_PAGE_SIZE);
            pvm_instance_destroy(context);
        }
        close_engine();
    }
}

TEST(contents_outlive_changes_of_access) {
    for (size_t c = 0; c < CONFIGURATIONS; c++) {
        open_with_flags(configurations[c].flags);
        context = instantiate(module, NULL, 0);
        protect(context, 0x20, 4, PVM_ACCESS_WRITE, 0);
        check_octets(context, 0x20, 4, 0);
        memset(page_of(context, 0x20), 7, 4 * PVM_PAGE_SIZE);
        protect(context, 0x20, 4, PVM_ACCESS_NONE, 0);
        protect(context, 0x20, 4, PVM_ACCESS_READ, 0);
        check_octets(context, 0x20, 4, 7);
        protect(context, 0x21, 1, PVM_ACCESS_WRITE, 1); /* zeroed */
        check_octets(context, 0x21, 1, 0);
        check_octets(context, 0x22, 2, 7);
        protect(context, 0x22, 1, PVM_ACCESS_NONE, 1); /* zeroed out of sight */
        protect(context, 0x22, 1, PVM_ACCESS_READ, 0);
        check_octets(context, 0x22, 1, 0);
        protect(context, 0x23, 1, PVM_ACCESS_NONE, 0);
        protect(context, 0x23, 1, PVM_ACCESS_WRITE, 1); /* zeroed while it is hidden */
        check_octets(context, 0x23, 1, 0);
        check_octets(context, 0x20, 1, 7);
        protect(context, 0x10, 0x1000, PVM_ACCESS_READ, 1);
        check_octets(context, 0x20, 4, 0);
        pvm_instance_destroy(context);
        close_engine();
    }
}

TEST(read_only_pages_are_filled_and_stay_read_only) {
    static const pvm_region regions[] = {
        {.first_page = 0x20, .page_count = 2, .access = PVM_ACCESS_READ},
        {.first_page = 0x22, .page_count = 1, .access = PVM_ACCESS_WRITE},
        {.first_page = 0x23, .page_count = 1, .access = PVM_ACCESS_READ},
    };
    static uint8_t octets[4 * PVM_PAGE_SIZE];
    for (size_t n = 0; n < sizeof octets; n++) {
        octets[n] = (uint8_t)(n * 13 + 1);
    }
    for (size_t c = 0; c < CONFIGURATIONS; c++) {
        open_with_flags(configurations[c].flags);
        context = instantiate(module, regions, 3);
        CHECK_EQ(pvm_memory_fill(context, 0x20004, octets, 4 * PVM_PAGE_SIZE - 4, NULL), PVM_OK);
        CHECK_BYTES(context->memory + 0x20004, octets, 4 * PVM_PAGE_SIZE - 4);
        CHECK_EQ(*(uint32_t *)(void *)(context->memory + 0x20000), 0);
        CHECK_EQ(guest_copies(context, 0x20000, 0x21000), PVM_EXIT_PAGE_FAULT);
        CHECK_EQ(context->exit_argument, 0x21000);
        CHECK_EQ(guest_copies(context, 0x23FF0, 0x22000), PVM_EXIT_HOST_CALL);
        CHECK_BYTES(context->memory + 0x22000, octets + 4 * PVM_PAGE_SIZE - 0x14, 8);
        CHECK_EQ(guest_copies(context, 0x22000, 0x23000), PVM_EXIT_PAGE_FAULT);
        CHECK_EQ(context->exit_argument, 0x23000);
        pvm_instance_destroy(context);
        close_engine();
    }
}

/* ---- The pool: nothing of one instance is seen by the next ---- */

static const pvm_region two_regions[] = {
    {.first_page = 0x20, .page_count = 2, .access = PVM_ACCESS_READ},
    {.first_page = 0x30, .page_count = 0x100, .access = PVM_ACCESS_WRITE},
};

/* Ways to leave something behind. */
static void dirty_writable(pvm_context *c) {
    memset(page_of(c, 0x30), 0xEE, 0x100 * PVM_PAGE_SIZE);
}

static void dirty_through_guest(pvm_context *c) {
    memset(page_of(c, 0x30), 0xEE, 8);
    CHECK_EQ(guest_copies(c, 0x30000, 0x12FFF8), PVM_EXIT_HOST_CALL);
}

static void dirty_read_only(pvm_context *c) {
    uint8_t octets[2 * PVM_PAGE_SIZE];
    memset(octets, 0xEE, sizeof octets);
    CHECK_EQ(pvm_memory_fill(c, 0x20000, octets, sizeof octets, NULL), PVM_OK);
}

static void dirty_protected(pvm_context *c) {
    protect(c, 0x10, 0x400, PVM_ACCESS_WRITE, 0);
    memset(page_of(c, 0x10), 0xEE, 0x400 * PVM_PAGE_SIZE);
    protect(c, 0xFFFFF, 1, PVM_ACCESS_WRITE, 0);
    memset(page_of(c, 0xFFFFF), 0xEE, PVM_PAGE_SIZE);
}

static void dirty_hidden(pvm_context *c) {
    dirty_protected(c);
    protect(c, 0, PVM_PAGE_COUNT, PVM_ACCESS_NONE, 0);
}

static void dirty_restored(pvm_context *c) {
    dirty_protected(c);
    protect(c, 0, PVM_PAGE_COUNT, PVM_ACCESS_NONE, 0);
    protect(c, 0x20, 2, PVM_ACCESS_READ, 0);
    protect(c, 0x30, 0x100, PVM_ACCESS_WRITE, 0);
}

/* Many maps: past the budget, so that the instance runs checked. */
static void dirty_scattered(pvm_context *c) {
    for (uint32_t page = 0x10; page < 0x210; page += 2) {
        protect(c, page, 1, PVM_ACCESS_WRITE, 0);
        memset(page_of(c, page), 0xEE, PVM_PAGE_SIZE);
    }
    CHECK_EQ(pvm_instance_is_checked(c), 1);
}

static void (*const dirty[])(pvm_context *c) = {dirty_writable, dirty_through_guest, dirty_read_only, dirty_protected,
                                                dirty_hidden,   dirty_restored,      dirty_scattered};
#define WAYS (sizeof dirty / sizeof *dirty)

static void check_fresh(pvm_context *c) {
    for (int n = 0; n < PVM_REGISTER_COUNT; n++) {
        CHECK_EQ(c->registers[n], 0);
    }
    CHECK_EQ(c->gas, 0);
    CHECK_EQ(c->pc, 0);
    CHECK_EQ(c->gas_charged, 0);
    CHECK_EQ(c->exit_argument, 0);
}

TEST(pooled_slots_show_nothing) {
    static const pvm_region other[] = {{.first_page = 0x28, .page_count = 0x200, .access = PVM_ACCESS_READ}};
    static const struct {
        const pvm_region *regions;
        uint32_t count;
    } layouts[] = {{two_regions, 2}, {other, 1}, {NULL, 0}};
    for (size_t c = 0; c < CONFIGURATIONS; c++) {
        for (int give_back = 0; give_back < 2; give_back++) {
            /* One slot, so that it is the one that is used again; with and without RAM kept in the pool. */
            pvm_engine_config config = {
                .flags = configurations[c].flags, .instance_limit = 1, .pool_bytes = (uint64_t)give_back};
            open_engine(&config);
            for (size_t way = 0; way < WAYS; way++) {
                for (size_t layout = 0; layout < 3; layout++) {
                    context = instantiate(module, two_regions, 2);
                    check_fresh(context);
                    uint8_t *memory = context->memory;
                    for (int n = 0; n < PVM_REGISTER_COUNT; n++) {
                        context->registers[n] = 0xEE;
                    }
                    dirty[way](context);
                    pvm_instance_destroy(context);
                    CHECK_EQ(statistics().instances_pooled, 1);
                    context = instantiate(module, layouts[layout].regions, layouts[layout].count);
                    CHECK(context->memory == memory);
                    check_fresh(context);
                    CHECK_EQ(pvm_instance_is_checked(context),
                             (configurations[c].flags & PVM_FLAG_ALWAYS_CHECKED) != 0);
                    for (uint32_t page = 0x1E; page < 0x32; page++) {
                        check_page(context, page);
                    }
                    check_all_zero(context);
                    pvm_instance_destroy(context);
                }
            }
            close_engine();
        }
    }
}

/* Contents of read-only regions: given again they are there again, kept by their id or copied. */
TEST(contents_by_id) {
    static uint8_t one[PVM_PAGE_SIZE + 1], two[PVM_PAGE_SIZE];
    memset(one, 1, sizeof one);
    memset(two, 2, sizeof two);
    for (size_t c = 0; c < CONFIGURATIONS; c++) {
        pvm_engine_config config = {.flags = configurations[c].flags, .instance_limit = 1};
        open_engine(&config);
        pvm_region regions[] = {
            {.first_page = 0x20,
             .page_count = 2,
             .access = PVM_ACCESS_READ,
             .contents = one,
             .contents_length = sizeof one,
             .contents_id = 11},
            {.first_page = 0x22,
             .page_count = 1,
             .access = PVM_ACCESS_WRITE,
             .contents = two,
             .contents_length = sizeof two,
             .contents_id = 12},
            {.first_page = 0x24,
             .page_count = 1,
             .access = PVM_ACCESS_READ,
             .contents = two,
             .contents_length = sizeof two,
             .contents_id = 13},
        };
        for (int round = 0; round < 14; round++) {
            context = instantiate(module, regions, 3);
            check_octets(context, 0x20, 1, regions[0].contents == one ? 1 : 2);
            CHECK_EQ(page_of(context, 0x21)[0], regions[0].contents == one ? 1 : 0);
            CHECK_EQ(page_of(context, 0x21)[1], 0);
            check_octets(context, 0x22, 1, 2);
            check_octets(context, 0x24, 1, 2);
            memset(page_of(context, 0x22), 9, PVM_PAGE_SIZE);
            switch (round) {
            case 1: /* other contents, other id; shorter, so that the rest is zero again */
                regions[0].contents = two;
                regions[0].contents_length = sizeof two;
                regions[0].contents_id = 14;
                break;
            case 3: /* no promise */
                regions[0].contents = one;
                regions[0].contents_length = sizeof one;
                regions[0].contents_id = 0;
                break;
            case 5: regions[0].contents_id = 11; break;
            case 6: /* the host writes into pages whose contents the slot knew */
                CHECK_EQ(pvm_memory_fill(context, 0x20000, two, 1, NULL), PVM_OK);
                break;
            case 7: /* the guest does, after a change of access */
                protect(context, 0x20, 2, PVM_ACCESS_WRITE, 0);
                memset(page_of(context, 0x20), 9, 2 * PVM_PAGE_SIZE);
                break;
            case 8: /* the same, and back */
                protect(context, 0x20, 2, PVM_ACCESS_WRITE, 0);
                memset(page_of(context, 0x20), 9, 2 * PVM_PAGE_SIZE);
                protect(context, 0x20, 2, PVM_ACCESS_READ, 0);
                break;
            case 9: /* zeroed */ protect(context, 0x20, 2, PVM_ACCESS_READ, 1); break;
            case 10: /* another layout in between */
                pvm_instance_destroy(context);
                context = instantiate(module, two_regions, 2);
                check_octets(context, 0x20, 2, 0);
                break;
            default: break;
            }
            pvm_instance_destroy(context);
        }
        close_engine();
    }
}

/* The same id on regions that changed places: the promise is about the region, not the slot. */
TEST(contents_ids_change_places) {
    static uint8_t one[PVM_PAGE_SIZE], two[PVM_PAGE_SIZE];
    memset(one, 1, sizeof one);
    memset(two, 2, sizeof two);
    pvm_engine_config config = {.instance_limit = 1};
    open_engine(&config);
    for (int round = 0; round < 6; round++) {
        uint8_t *first = round % 2 == 0 ? one : two, *second = round % 2 == 0 ? two : one;
        const pvm_region regions[] = {
            {.first_page = 0x20,
             .page_count = 1,
             .access = PVM_ACCESS_READ,
             .contents = first,
             .contents_length = PVM_PAGE_SIZE,
             .contents_id = first[0]},
            {.first_page = 0x21,
             .page_count = 1,
             .access = PVM_ACCESS_READ,
             .contents = second,
             .contents_length = PVM_PAGE_SIZE,
             .contents_id = second[0]},
        };
        context = instantiate(module, regions, 2);
        check_octets(context, 0x20, 1, first[0]);
        check_octets(context, 0x21, 1, second[0]);
        pvm_instance_destroy(context);
    }
    close_engine();
}

/* More regions than a slot remembers. */
TEST(layouts_of_many_regions) {
    static uint8_t octets[PVM_PAGE_SIZE];
    for (size_t c = 0; c < CONFIGURATIONS; c++) {
        for (uint32_t count = 7; count < 40; count += count < 10 ? 1 : 29) {
            pvm_engine_config config = {.flags = configurations[c].flags, .instance_limit = 1};
            open_engine(&config);
            pvm_region regions[40];
            for (uint32_t round = 0; round < 3; round++) {
                memset(octets, (int)round + 1, sizeof octets);
                for (uint32_t n = 0; n < count; n++) {
                    regions[n] = (pvm_region){.first_page = 0x20 + 3 * n,
                                              .page_count = 2,
                                              .access = 1 + n % 2,
                                              .contents = octets,
                                              .contents_length = sizeof octets,
                                              .contents_id = round + 1};
                }
                context = instantiate(module, regions, count);
                for (uint32_t n = 0; n < count; n++) {
                    check_octets(context, 0x20 + 3 * n, 1, (uint8_t)(round + 1));
                    check_octets(context, 0x21 + 3 * n, 1, 0);
                    if (n % 2 == 1) {
                        memset(page_of(context, 0x20 + 3 * n), 0xEE, 2 * PVM_PAGE_SIZE);
                    }
                }
                for (uint32_t page = 0x1E; page < 0x20 + 3 * count; page++) {
                    check_page(context, page);
                }
                pvm_instance_destroy(context);
            }
            context = instantiate(module, NULL, 0);
            check_all_zero(context);
            pvm_instance_destroy(context);
            close_engine();
        }
    }
}

/* ---- Limits ---- */

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
    dirty_scattered(context);
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
    RUN(engine_configurations_are_checked);
    RUN(regions_are_checked);
    RUN(protect_checks_its_arguments);
    RUN(fill_checks_its_arguments);
    RUN(regions_are_laid_out);
    RUN(contents_outlive_changes_of_access);
    RUN(read_only_pages_are_filled_and_stay_read_only);
    RUN(pooled_slots_show_nothing);
    RUN(contents_by_id);
    RUN(contents_ids_change_places);
    RUN(layouts_of_many_regions);
    RUN(map_budget);
    RUN(becoming_checked_in_mid_block);
    RUN(map_limit_of_the_engine);
    RUN(checked_instances_are_counted);
    RUN(always_checked_without_regions);
    RUN(instance_limit);
    RUN(many_slots);
    RUN(engines_with_something_alive_are_not_destroyed);
    return check_finish();
}
