/* Read-only contents that change from one instance to the next: written through a second mapping, right in every way that
 * pages of a region have to be, and gone for the next instance. */
#include "check.h"
#include "guest.h"
#include "memory/window.h"

#include <sys/stat.h>
#include <unistd.h>

/* Where arguments are. */
#define FIRST 0xFEFF0
#define ADDRESS ((uint64_t)FIRST * PVM_PAGE_SIZE)

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;
static pvm_context *context;
static uint8_t octets[2 * WINDOW_PAGES * PVM_PAGE_SIZE];

static void open_engine(const pvm_engine_config *config) {
    pvm_error error = {0};
    if (pvm_engine_create(config, &engine, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
    /* ecalli 0 ; load_ind_u64 r2 := [r1] ; store_ind_u64 [r3] := r2 ; again */
    guest_clear(&guest);
    put_imm(&guest, OP_ecalli, 0);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 2, 1, 0);
    put_reg_reg_imm(&guest, OP_store_ind_u64, 2, 3, 0);
    put_off(&guest, OP_jump, 0);
    module = compile(engine, &guest);
    for (size_t n = 0; n < sizeof octets; n++) {
        octets[n] = (uint8_t)(n % 251 + 1);
    }
}

/* One slot, so that it is used again. */
static void open_small(uint32_t maps_per_instance, uint64_t pool_bytes) {
    pvm_engine_config config = {.instance_limit = 1,
                                .code_arena_bytes = 1 << 20,
                                .maps_per_instance = maps_per_instance,
                                .pool_bytes = pool_bytes};
    open_engine(&config);
}

static void close_engine(void) {
    pvm_module_release(module);
    destroy_engine(engine);
}

static bool has_window(void) {
    return instance_of(context)->window.page_count != 0;
}

/* An instance with a stack and arguments. */
static void make(uint32_t pages, uint64_t length, uint64_t id) {
    const pvm_region regions[] = {
        {.first_page = FIRST - 0x20, .page_count = 2, .access = PVM_ACCESS_WRITE},
        {.first_page = FIRST,
         .page_count = pages,
         .access = PVM_ACCESS_READ,
         .contents = octets,
         .contents_length = length,
         .contents_id = id},
    };
    context = instantiate(module, regions, 2);
}

/* RAM holds the octets and zeros behind; the guest reads them and may not write. */
static void check_arguments(uint32_t pages, uint64_t length) {
    const uint8_t *ram = context->memory + ADDRESS;
    CHECK_BYTES(ram, octets, length);
    for (uint64_t n = length; n < (uint64_t)pages * PVM_PAGE_SIZE; n++) {
        if (ram[n] != 0) {
            CHECK_FAIL("octet %" PRIu64 " behind %" PRIu64 " is 0x%02x", n, length, ram[n]);
        }
    }
    for (uint32_t page = FIRST - 1; page <= FIRST + pages; page++) {
        check_page(context, page);
    }
    context->pc = 5;
    context->gas_charged = 0;
    context->gas = 1000;
    context->registers[1] = ADDRESS;
    context->registers[3] = ADDRESS - 0x20 * PVM_PAGE_SIZE;
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    CHECK_BYTES(context->memory + ADDRESS - 0x20 * PVM_PAGE_SIZE, ram, 8);
    context->registers[3] = ADDRESS + (uint64_t)pages * PVM_PAGE_SIZE - 8;
    CHECK_EQ(pvm_run(context), PVM_EXIT_PAGE_FAULT);
    CHECK_EQ(context->exit_argument, ADDRESS + (uint64_t)(pages - 1) * PVM_PAGE_SIZE);
}

/* Lengths and ids that change; one page or a few, up to the most and beyond. */
TEST(arguments_of_all_lengths) {
    uint64_t seed = 12;
    for (int pool = 0; pool < 2; pool++) {
        open_small(0, pool == 0 ? 1 : 0);
        for (uint32_t round = 0; round < (SANITIZED ? 150 : 400); round++) {
            uint32_t most = round % 10 == 9 ? 2 * WINDOW_PAGES : round % 3 == 0 ? 4 : 1;
            uint32_t pages = 1 + random_below(&seed, most);
            uint64_t length = random_below(&seed, pages * PVM_PAGE_SIZE + 1);
            octets[0] = (uint8_t)round;
            make(pages, length, random_below(&seed, 2) * (round + 1));
            check_arguments(pages, length);
            pvm_instance_destroy(context);
        }
        close_engine();
    }
}

/* Id 0 makes a window at once, changing ids do when they change. */
TEST(what_makes_a_window) {
    open_small(0, 0);
    make(1, 9, 5);
    CHECK(!has_window());
    pvm_instance_destroy(context);
    make(1, 9, 5);
    CHECK(!has_window());
    pvm_instance_destroy(context);
    make(1, 7, 6);
    CHECK(has_window());
    check_arguments(1, 7);
    pvm_instance_destroy(context);
    make(2, 7, 0);
    CHECK(has_window());
    pvm_instance_destroy(context);
    make(WINDOW_PAGES + 1, 7, 0);
    CHECK(!has_window());
    pvm_instance_destroy(context);
    make(WINDOW_PAGES, sizeof octets / 2, 0);
    CHECK(has_window());
    check_arguments(WINDOW_PAGES, sizeof octets / 2);
    pvm_instance_destroy(context);
    close_engine();
}

/* The host fills read-only pages: in the window, across its ends. */
TEST(filling) {
    static const uint8_t ones[4 * PVM_PAGE_SIZE] = {1, 1, 1, 1};
    const pvm_region regions[] = {
        {.first_page = 0x20, .page_count = 1, .access = PVM_ACCESS_READ, .contents_id = 1},
        {.first_page = 0x21, .page_count = 2, .access = PVM_ACCESS_READ},
        {.first_page = 0x23, .page_count = 1, .access = PVM_ACCESS_READ, .contents_id = 2},
    };
    open_small(0, 0);
    for (int round = 0; round < 3; round++) {
        context = instantiate(module, regions, 3);
        CHECK_EQ(instance_of(context)->window.first_page, 0x21);
        for (uint32_t n = 0; n < 4 * PVM_PAGE_SIZE; n++) {
            CHECK_EQ(context->memory[0x20000 + n], 0);
        }
        CHECK_EQ(pvm_memory_fill(context, 0x21800, octets, PVM_PAGE_SIZE, NULL), PVM_OK);
        CHECK_BYTES(context->memory + 0x21800, octets, PVM_PAGE_SIZE);
        CHECK_EQ(context->memory[0x217FF], 0);
        CHECK_EQ(context->memory[0x22800], 0);
        CHECK_EQ(pvm_memory_fill(context, 0x20000, ones, sizeof ones, NULL), PVM_OK);
        CHECK_BYTES(context->memory + 0x20000, ones, sizeof ones);
        CHECK(has_window());
        for (uint32_t page = 0x1F; page < 0x25; page++) {
            check_page(context, page);
        }
        pvm_instance_destroy(context);
    }
    close_engine();
}

/* What changes access closes the window and keeps what it holds, or makes it zero. */
TEST(changes_of_access) {
    pvm_error error = {0};
    for (uint32_t access = PVM_ACCESS_NONE; access <= PVM_ACCESS_WRITE; access++) {
        for (uint32_t zero = 0; zero < 2; zero++) {
            open_small(0, 0);
            for (int round = 0; round < 3; round++) {
                make(3, 2 * PVM_PAGE_SIZE + 5, 0);
                CHECK(has_window());
                CHECK_EQ(pvm_memory_protect(context, FIRST + 3, 1, PVM_ACCESS_READ, 0, &error), PVM_OK);
                CHECK_EQ(pvm_memory_protect(context, FIRST - 1, 1, PVM_ACCESS_READ, 0, &error), PVM_OK);
                CHECK(has_window());
                CHECK_EQ(pvm_memory_protect(context, FIRST + 1, 1, access, zero, &error), PVM_OK);
                CHECK(!has_window());
                for (uint32_t page = FIRST - 2; page < FIRST + 5; page++) {
                    check_page(context, page);
                }
                CHECK_EQ(pvm_memory_protect(context, FIRST + 1, 1, PVM_ACCESS_WRITE, 0, &error), PVM_OK);
                for (uint32_t n = 0; n < PVM_PAGE_SIZE; n++) {
                    CHECK_EQ(context->memory[ADDRESS + PVM_PAGE_SIZE + n], zero ? 0 : octets[PVM_PAGE_SIZE + n]);
                }
                CHECK_BYTES(context->memory + ADDRESS, octets, PVM_PAGE_SIZE);
                CHECK_BYTES(context->memory + ADDRESS + 2 * PVM_PAGE_SIZE, octets + 2 * PVM_PAGE_SIZE, 5);
                memset(context->memory + ADDRESS + PVM_PAGE_SIZE, 0xEE, PVM_PAGE_SIZE);
                pvm_instance_destroy(context);
                make(3, 1, 0);
                check_arguments(3, 1);
                pvm_instance_destroy(context);
            }
            close_engine();
        }
    }
}

/* An instance that goes over to software checks takes its arguments along. */
TEST(becoming_checked) {
    open_small(10, 0);
    for (int round = 0; round < 3; round++) {
        make(2, 2 * PVM_PAGE_SIZE - 1, 0);
        CHECK(has_window());
        for (uint32_t n = 0; !pvm_instance_is_checked(context); n++) {
            CHECK(n < 10);
            CHECK_EQ(pvm_memory_protect(context, 0x100 + 2 * n, 1, PVM_ACCESS_READ, 0, NULL), PVM_OK);
        }
        CHECK(!has_window());
        CHECK_EQ(pvm_memory_fill(context, ADDRESS, octets, 1, NULL), PVM_OK);
        check_arguments(2, 2 * PVM_PAGE_SIZE - 1);
        pvm_instance_destroy(context);
    }
    close_engine();
}

static uint64_t kept_octets(void) {
    uint64_t octets = 0;
    for (int n = 0; n < POOL_OWNERS; n++) {
        octets += engine->pool.owners[n].bytes;
    }
    return octets;
}

static uint64_t file_octets(void) {
    struct stat state;
    CHECK_EQ(fstat(engine->pool.windows.file, &state), 0);
    return (uint64_t)state.st_blocks * 512;
}

/* The file's memory is bounded as the pool is. */
TEST(memory_goes_back) {
    for (int full = 0; full < 2; full++) {
        open_small(0, full ? 10 * PVM_PAGE_SIZE : 0);
        for (int round = 0; round < 3; round++) {
            make(8, 8 * PVM_PAGE_SIZE, 0);
            CHECK_EQ(file_octets(), 8 * PVM_PAGE_SIZE);
            pvm_instance_destroy(context);
            CHECK_EQ(file_octets(), full ? 0 : 8 * PVM_PAGE_SIZE);
            CHECK(kept_octets() >= file_octets());
            make(1, 1, 0);
            CHECK(file_octets() <= 8 * PVM_PAGE_SIZE);
            pvm_instance_destroy(context);
        }
        close_engine();
    }
}

/* Instances that are alive at once have windows of their own. */
TEST(many_windows) {
    enum { COUNT = 50 };
    static pvm_context *made[COUNT];
    open_engine(&(pvm_engine_config){.code_arena_bytes = 1 << 20});
    for (int round = 0; round < 3; round++) {
        for (uint32_t n = 0; n < COUNT; n++) {
            memset(octets, (int)(n + 1), 2 * PVM_PAGE_SIZE);
            make(2, PVM_PAGE_SIZE + n, 0);
            CHECK(has_window());
            made[n] = context;
        }
        for (uint32_t n = 0; n < COUNT; n++) {
            memset(octets, (int)(n + 1), 2 * PVM_PAGE_SIZE);
            context = made[n];
            check_arguments(2, PVM_PAGE_SIZE + n);
            pvm_instance_destroy(context);
        }
    }
    close_engine();
}

/* Where memory files are not to be had, all is as with them. */
TEST(without_a_file) {
    open_small(0, 0);
    window_file_close(&engine->pool.windows);
    engine->pool.windows.file = -1;
    for (uint32_t round = 0; round < 4; round++) {
        make(3, 3 * PVM_PAGE_SIZE - 5000 * (round % 2), 0);
        CHECK(!has_window());
        check_arguments(3, 3 * PVM_PAGE_SIZE - 5000 * (round % 2));
        pvm_instance_destroy(context);
    }
    close_engine();
}

/* Whose read-only page differs from what the next one asks for in one octet, or in what is behind the contents. */
TEST(pages_that_hold_nearly_what_is_asked_for) {
    static uint8_t page[PVM_PAGE_SIZE], expected[PVM_PAGE_SIZE];
    for (int id = 0; id < 2; id++) {
        open_small(64, UINT64_C(1) << 30);
        for (uint32_t length = 0; length <= PVM_PAGE_SIZE; length += PVM_PAGE_SIZE / 8) {
            for (uint32_t place = 0; place <= 16; place++) {
                for (uint32_t fill = 0; fill < 2; fill++) {
                    memset(page, fill == 0 ? 0 : 0xAA, sizeof page);
                    if (place < 16) { /* else in none */
                        page[place / 2 * 512 + place % 2 * 511] ^= 0x11;
                    }
                    pvm_region region = {.first_page = FIRST,
                                         .page_count = 1,
                                         .access = PVM_ACCESS_READ,
                                         .contents = page,
                                         .contents_length = sizeof page};
                    context = instantiate(module, &region, 1);
                    CHECK_BYTES(context->memory + ADDRESS, page, sizeof page);
                    pvm_instance_destroy(context);
                    memset(expected, 0, sizeof expected);
                    memset(expected, fill == 0 ? 0 : 0xAA, length);
                    region.contents = expected;
                    region.contents_length = length;
                    region.contents_id = (uint64_t)id * (1 + length);
                    context = instantiate(module, &region, 1);
                    CHECK_BYTES(context->memory + ADDRESS, expected, sizeof expected);
                    pvm_instance_destroy(context);
                }
            }
        }
        close_engine();
    }
}

int main(void) {
    RUN(arguments_of_all_lengths);
    RUN(what_makes_a_window);
    RUN(filling);
    RUN(changes_of_access);
    RUN(becoming_checked);
    RUN(memory_goes_back);
    RUN(many_windows);
    RUN(without_a_file);
    RUN(pages_that_hold_nearly_what_is_asked_for);
    return check_finish();
}
