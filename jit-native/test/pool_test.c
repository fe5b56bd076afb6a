/* The pool of slots, from which no instance may see what another one left. */
#include "check.h"
#include "host.h"

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

static void (*const dirty[])(pvm_context *c) = {dirty_writable, dirty_through_guest, dirty_read_only, dirty_protected,
                                                dirty_hidden,   dirty_restored,      scatter};
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
    for (size_t c = 0; c < CONFIGURATIONS_OF_WHOLES; c++) {
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
    for (size_t c = 0; c < CONFIGURATIONS_OF_WHOLES; c++) {
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
    for (size_t c = 0; c < CONFIGURATIONS_OF_WHOLES; c++) {
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

/* Programs with the same pages and contents of any length, one after the other in one slot, and machines in between: what
 * was cleared when the last one ended is what the next one does not fill. */
TEST(contents_of_any_length) {
    enum { PAGES = 70, ROUNDS = SANITIZED ? 150 : 600 };
    static uint8_t octets[PAGES * PVM_PAGE_SIZE];
    uint64_t seed = 5, filled_less = 0;
    memset(octets, 0xEE, sizeof octets);
    for (size_t c = 0; c < CONFIGURATIONS_OF_WHOLES; c++) {
        pvm_engine_config config = {.flags = configurations[c].flags, .instance_limit = 1};
        open_engine(&config);
        uint64_t last = 0;
        for (uint32_t round = 0; round < ROUNDS; round++) {
            uint64_t most = random_below(&seed, 2) == 0 ? 2 : PAGES;
            uint64_t length = random_below(&seed, (uint32_t)most * PVM_PAGE_SIZE + 1);
            pvm_region regions[] = {{.first_page = 0x20,
                                     .page_count = PAGES,
                                     .access = PVM_ACCESS_WRITE,
                                     .contents = octets,
                                     .contents_length = length},
                                    {.first_page = 0x20 + PAGES, .page_count = 3, .access = PVM_ACCESS_WRITE},
                                    {.first_page = 0x28 + PAGES,
                                     .page_count = 2,
                                     .access = PVM_ACCESS_READ,
                                     .contents = octets,
                                     .contents_length = 9}};
            context = instantiate(module, regions, 3);
            const uint8_t *memory = page_of(context, 0x20);
            CHECK(memcmp(memory, octets, length) == 0);
            for (uint64_t octet = length; octet < (PAGES + 3) * PVM_PAGE_SIZE; octet++) {
                CHECK_EQ(memory[octet], 0);
            }
            for (uint64_t page = 0; page < PAGES + 3; page += 1 + random_below(&seed, 9)) {
                page_of(context, 0x20 + (uint32_t)page)[random_below(&seed, PVM_PAGE_SIZE)] = 0xDD;
            }
            if (random_below(&seed, 6) == 0) {
                protect(context, 0x300, 2, PVM_ACCESS_WRITE, 0); /* a heap, which the slot is rid of */
                memset(page_of(context, 0x300), 0xDD, 2 * PVM_PAGE_SIZE);
            }
            filled_less += length < last;
            last = length;
            pvm_instance_destroy(context);
            /* What a guest has written is not there any more when its instance is gone. */
            for (uint64_t octet = (length + PVM_PAGE_SIZE - 1) / PVM_PAGE_SIZE * PVM_PAGE_SIZE;
                 octet < (PAGES + 3) * PVM_PAGE_SIZE; octet++) {
                CHECK_EQ(memory[octet], 0);
            }
            if (random_below(&seed, 8) == 0) {
                context = instantiate(module, NULL, 0);
                protect(context, 0x20, PAGES + 3, PVM_ACCESS_WRITE, random_below(&seed, 2));
                check_octets(context, 0x20, PAGES + 3, 0);
                memset(page_of(context, 0x20), 0xDD, PAGES * PVM_PAGE_SIZE);
                pvm_instance_destroy(context);
            }
        }
        close_engine();
    }
    CHECK(filled_less > ROUNDS);
}

int main(void) {
    RUN(pooled_slots_show_nothing);
    RUN(contents_of_any_length);
    RUN(contents_by_id);
    RUN(contents_ids_change_places);
    RUN(layouts_of_many_regions);
    return check_finish();
}
