/* RAM of instances as the host sees it: regions, access, filling. */
#include "check.h"
#include "host.h"

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

int main(void) {
    RUN(regions_are_checked);
    RUN(protect_checks_its_arguments);
    RUN(fill_checks_its_arguments);
    RUN(regions_are_laid_out);
    RUN(contents_outlive_changes_of_access);
    RUN(read_only_pages_are_filled_and_stay_read_only);
    return check_finish();
}
