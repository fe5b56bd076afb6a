/* Processes that have used up what the system gives them: descriptors, address space, maps. Every call answers with a status,
 * programs that run do so as ever, and with room again everything works. */
#include "check.h"
#include "child.h"
#include "guest.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define SPARE_MAPS 24
#define ROUNDS 8

static struct guest guest;
static const uint8_t contents[] = {1, 2, 3, 4};
static const pvm_region regions[] = {
    {.first_page = 0x20, .page_count = 1, .access = PVM_ACCESS_READ, .contents = contents, .contents_length = 4},
    {.first_page = 0x30, .page_count = 4, .access = PVM_ACCESS_WRITE},
};

/* Adds what the read-only page holds to what it stored, and calls the host. */
static void put_adding(void) {
    guest_clear(&guest);
    put_reg_imm(&guest, OP_load_u32, 2, 0x20000);
    put_reg_imm(&guest, OP_load_u64, 3, 0x30008);
    put_reg_reg_reg(&guest, OP_add_64, 3, 3, 2);
    put_reg_imm(&guest, OP_store_u64, 3, 0x30008);
    put_imm(&guest, OP_ecalli, 9);
    put_off(&guest, OP_jump, 0);
}

/* Whether it ran; else that was refused, with a reason, and the gas is still there. Anything else is wrong. */
static bool works(pvm_context *context) {
    for (uint64_t round = 1; round < 4; round++) {
        context->gas = 1000000;
        if (pvm_run(context) == PVM_EXIT_FAILURE) {
            pvm_error error;
            pvm_failure(context, &error);
            require(error.status == PVM_RESOURCE_LIMIT && strlen(error.message) > 10 && context->gas == 1000000);
            return false;
        }
        require(context->exit_kind == PVM_EXIT_HOST_CALL && context->registers[3] == round * 0x04030201);
    }
    return true;
}

/* One life of a module: whatever can be refused may be, with a status and a reason; what was made works. How far it got. */
static int live(pvm_engine *engine) {
    pvm_error error = {0};
    uint64_t length;
    pvm_module *module = NULL;
    pvm_context *context = NULL;
    uint8_t *blob = guest_blob(&guest, &length);
    int32_t result = pvm_module_compile(engine, blob, length, &module, &error);
    free(blob);
    if (result == PVM_OK) {
        result = pvm_instance_create(module, regions, 2, &context, &error);
    }
    if (result != PVM_OK) {
        require(result == PVM_RESOURCE_LIMIT && strlen(error.message) > 10);
        pvm_module_release(module);
        return module == NULL ? 0 : 1;
    }
    bool ran = works(context);
    /* So many ranges that an instance that may not have them is checked from here on. */
    for (uint32_t page = 0x100; result == PVM_OK && page < 0x120; page += 2) {
        result = pvm_memory_protect(context, page, 1, PVM_ACCESS_WRITE, 1, &error);
        require(result == PVM_OK || result == PVM_RESOURCE_LIMIT);
        if (result == PVM_OK) {
            context->memory[page * PVM_PAGE_SIZE] = 7;
        }
    }
    context->gas = 1000000;
    uint32_t exit = pvm_run(context);
    require(exit == PVM_EXIT_HOST_CALL || ((!ran || result != PVM_OK) && exit == PVM_EXIT_FAILURE));
    pvm_instance_destroy(context);
    pvm_module_release(module);
    return ran && exit == PVM_EXIT_HOST_CALL ? 2 : 1;
}

static pvm_engine *usual_engine(uint32_t flags) {
    pvm_engine *engine = NULL;
    pvm_engine_config config = {.flags = flags, .revision = PVM_REVISION_NEXT, .code_arena_bytes = 1 << 20};
    require(pvm_engine_create(&config, &engine, NULL) == PVM_OK);
    return engine;
}

static void limit(__rlimit_resource_t resource, rlim_t value) {
    struct rlimit both = {.rlim_cur = value, .rlim_max = RLIM_INFINITY};
    require(getrlimit(resource, &both) == 0);
    both.rlim_cur = value;
    require(setrlimit(resource, &both) == 0);
}

/* Without descriptors there are no memory files: an engine with one mapping needs none. */
static void no_descriptors(void) {
    pvm_error error = {0};
    pvm_engine *before = usual_engine(0), *engine = NULL;
    int next = open("/dev/null", O_RDONLY);
    struct rlimit old;
    require(next >= 0 && getrlimit(RLIMIT_NOFILE, &old) == 0);
    limit(RLIMIT_NOFILE, (rlim_t)next);
    require(live(before) == 2); /* arguments without a file of their own */
    require(pvm_engine_create(NULL, &engine, &error) == PVM_RESOURCE_LIMIT && strlen(error.message) > 10);
    engine = usual_engine(PVM_FLAG_SINGLE_MAPPING);
    require(live(engine) == 2);
    require(pvm_engine_destroy(engine, NULL) == PVM_OK);
    limit(RLIMIT_NOFILE, old.rlim_cur);
    engine = usual_engine(0);
    require(live(engine) == 2 && live(before) == 2);
    require(pvm_engine_destroy(engine, NULL) == PVM_OK && pvm_engine_destroy(before, NULL) == PVM_OK);
    _exit(FINE);
}

static void no_address_space(void) {
    pvm_error error = {0};
    pvm_engine *before = usual_engine(0), *engine = NULL;
    limit(RLIMIT_AS, (rlim_t)1 << 30); /* less than there is */
    require(live(before) == 1);        /* code finds its room in the arena, a slot none */
    require(pvm_engine_create(NULL, &engine, &error) == PVM_RESOURCE_LIMIT && strlen(error.message) > 10);
    limit(RLIMIT_AS, RLIM_INFINITY);
    require(live(before) == 2);
    require(pvm_engine_destroy(before, NULL) == PVM_OK);
    _exit(FINE);
}

/* Takes maps until there are none, and gives some back, in single pages two apart, `spare` of them. */
static uint8_t *take_maps(uint32_t spare, uint64_t *size) {
    static uint8_t *taken;
    uint64_t pages = 0, most = 140000;
    taken = mmap(NULL, most * PVM_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(taken != MAP_FAILED);
    while (pages < most && mprotect(taken + pages * PVM_PAGE_SIZE, PVM_PAGE_SIZE, PROT_READ) == 0) {
        pages += 2;
    }
    require(pages < most && pages > 2 * spare);
    for (uint64_t page = pages - 2 * spare; page < pages; page += 2) {
        require(mprotect(taken + page * PVM_PAGE_SIZE, PVM_PAGE_SIZE, PROT_NONE) == 0);
    }
    *size = most * PVM_PAGE_SIZE;
    return taken;
}

static void no_maps(void) {
    uint64_t size;
    int reached[3] = {0};
    for (uint32_t spare = 0; spare <= SPARE_MAPS; spare += 3) {
        pvm_engine *engine = usual_engine(spare % 2 == 0 ? 0 : PVM_FLAG_SINGLE_MAPPING), *other = NULL;
        uint8_t *taken = take_maps(spare, &size);
        for (int round = 0; round < ROUNDS; round++) {
            reached[live(engine)]++;
        }
        if (pvm_engine_create(NULL, &other, NULL) == PVM_OK) {
            require(pvm_engine_destroy(other, NULL) == PVM_OK);
        }
        require(munmap(taken, size) == 0);
        require(live(engine) == 2);
        require(pvm_engine_destroy(engine, NULL) == PVM_OK);
    }
    require(reached[0] + reached[1] > 0 && reached[2] > 0);
    _exit(FINE);
}

/* RAM that was to become one map, and became part of it: an instance that is checked needs 4 GiB of data. */
static void no_data(void) {
    pvm_error error = {0};
    pvm_engine *engine = NULL;
    pvm_engine_config config = {.maps_per_instance = 4, .instance_limit = 1};
    require(pvm_engine_create(&config, &engine, NULL) == PVM_OK);
    for (int round = 0; round < 2; round++) {
        limit(RLIMIT_DATA, (rlim_t)3 << 30);
        require(live(engine) == 1);
        pvm_module *module = compile(engine, &guest);
        pvm_context *context = NULL;
        if (round == 1) {
            limit(RLIMIT_DATA, RLIM_INFINITY);
        }
        require(pvm_instance_create(module, regions, 2, &context, &error) == PVM_OK);
        uint32_t pages[] = {0, 1, 15, 0x1F, 0x20, 0x21, 0x30, 0x33, 0x34, 0x100, 0x11F, 0x200, 0x40000, 0xFFFFF};
        for (size_t n = 0; n < sizeof pages / sizeof *pages; n++) {
            check_page(context, pages[n]);
        }
        require(works(context));
        pvm_instance_destroy(context);
        pvm_module_release(module);
    }
    limit(RLIMIT_DATA, RLIM_INFINITY);
    require(live(engine) == 2);
    require(pvm_engine_destroy(engine, NULL) == PVM_OK);
    _exit(FINE);
}

/* Files may not become as long as an arena is: the kernel would end the process that makes one longer. */
static void no_long_files(void) {
    pvm_error error = {0};
    pvm_engine *engine = NULL;
    limit(RLIMIT_FSIZE, 100000);
    require(pvm_engine_create(NULL, &engine, &error) == PVM_RESOURCE_LIMIT && strlen(error.message) > 10);
    engine = usual_engine(PVM_FLAG_SINGLE_MAPPING);
    require(live(engine) == 2 && live(engine) == 2);
    require(pvm_engine_destroy(engine, NULL) == PVM_OK);
    limit(RLIMIT_FSIZE, RLIM_INFINITY);
    engine = usual_engine(0);
    require(live(engine) == 2 && live(engine) == 2);
    require(pvm_engine_destroy(engine, NULL) == PVM_OK);
    _exit(FINE);
}

TEST(descriptors) {
    put_adding();
    check_exits_fine(no_descriptors);
}

/* What the sanitizers reserve is beyond any limit, and they need maps of their own. */
TEST(address_space) {
    if (!SANITIZED) {
        check_exits_fine(no_address_space);
    }
}

TEST(maps) {
    if (!SANITIZED) {
        check_exits_fine(no_maps);
    }
}

TEST(data) {
    if (!SANITIZED) {
        check_exits_fine(no_data);
    }
}

TEST(long_files) {
    check_exits_fine(no_long_files);
}

int main(void) {
    RUN(descriptors);
    RUN(long_files);
    RUN(address_space);
    RUN(data);
    RUN(maps);
    return check_finish();
}
