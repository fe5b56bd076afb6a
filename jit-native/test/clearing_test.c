/* RAM of a slot that is used again: all of it zero, whatever pattern of pages the last instance touched; the touched ones
 * of a middling region stay in memory, those of a large one go back. */
#include "check.h"
#include "guest.h"

#include <sys/mman.h>

#define FIRST 0x100
#define MOST (8 * 1024)

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;

static pvm_context *make(uint32_t pages) {
    const pvm_region region = {.first_page = FIRST, .page_count = pages, .access = PVM_ACCESS_WRITE};
    return instantiate(module, &region, 1);
}

static uint8_t *page_of(const pvm_context *context, uint32_t page) {
    return context->memory + (uint64_t)(FIRST + page) * PVM_PAGE_SIZE;
}

static uint32_t resident_pages(const pvm_context *context, uint32_t pages) {
    uint8_t resident[MOST];
    uint32_t count = 0;
    CHECK_EQ(mincore(page_of(context, 0), (uint64_t)pages * PVM_PAGE_SIZE, resident), 0);
    for (uint32_t page = 0; page < pages; page++) {
        count += resident[page] & 1;
    }
    return count;
}

/* Patterns of touched pages: all, every second, in the middle, at random, none. */
static bool touched(int pattern, uint32_t page, uint32_t pages, uint64_t *seed) {
    switch (pattern) {
    case 0: return true;
    case 1: return page % 2 == 0;
    case 2: return page > pages / 3 && page < pages / 2;
    case 3: return random_below(seed, 50) == 0;
    default: return false;
    }
}

TEST(all_is_zero) {
    static const uint32_t sizes[] = {1, 31, 33, 200, 4095, 4096, 4097, MOST};
    uint64_t seed = 1;
    for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
        uint32_t pages = sizes[size];
        for (int pattern = 0; pattern < 25; pattern++) {
            pvm_context *context = make(pages);
            for (uint32_t page = 0; page < pages; page++) {
                const uint64_t *words = (const uint64_t *)(void *)page_of(context, page);
                uint64_t any = 0;
                for (uint32_t n = 0; n < PVM_PAGE_SIZE / 8 && pattern > 0; n++) {
                    any |= words[n];
                }
                CHECK_EQ(any, 0);
            }
            for (uint32_t page = 0; page < pages; page++) {
                if (touched(pattern % 5, page, pages, &seed)) {
                    page_of(context, page)[random_below(&seed, PVM_PAGE_SIZE)] = 0xEE;
                }
            }
            pvm_instance_destroy(context);
        }
    }
}

TEST(touched_pages_stay) {
    static const struct { uint32_t pages, touched, stay; } cases[] = {{200, 77, 77}, {1000, 900, 900}, {MOST, 900, 0}};
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        pvm_context *context = make(cases[n].pages);
        for (uint32_t page = 0; page < cases[n].touched; page++) {
            page_of(context, page + 50)[7] = 1;
        }
        CHECK_EQ(resident_pages(context, cases[n].pages), cases[n].touched);
        pvm_instance_destroy(context);
        context = make(cases[n].pages);
        CHECK_EQ(resident_pages(context, cases[n].pages), cases[n].stay);
        CHECK_EQ(page_of(context, 50)[7], 0);
        pvm_instance_destroy(context);
    }
}

static void with_engine(const char *name, void (*test)(void)) {
    engine = make_engine(0, PVM_REVISION_NEXT);
    guest_clear(&guest);
    put_opcode(&guest, OP_trap);
    module = compile(engine, &guest);
    check_run(name, test);
    pvm_module_release(module);
    destroy_engine(engine);
}

int main(void) {
    with_engine("all_is_zero", test_all_is_zero);
    with_engine("touched_pages_stay", test_touched_pages_stay);
    return check_finish();
}
