/* Executable memory: spans are handed out, taken back and merged; freed code is overwritten; nothing is ever
 * writable and executable; threads may compile, run and release at once. */
#include "check.h"
#include "arena.h"
#include "guest.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARENA_BYTES (256 * 1024)
#define PAGE 4096

static struct arena arena;
static bool single;

static void open_arena(void) {
    pvm_error error = {0};
    if (arena_create(&arena, ARENA_BYTES, single ? ARENA_MAPPED_ONCE : ARENA_MAPPED_TWICE, 0xCC, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
    CHECK_EQ(arena.file < 0, single);
}

static uint8_t *publish(uint64_t size, uint8_t octet) {
    static uint8_t code[ARENA_BYTES + PAGE];
    pvm_error error = {0};
    uint8_t *executable = NULL;
    memset(code, octet, size);
    status result = arena_publish(&arena, code, size, UINT64_MAX, &executable, &error);
    if (result != PVM_OK) {
        CHECK_EQ(result, PVM_RESOURCE_LIMIT);
        CHECK_EQ(error.status, PVM_RESOURCE_LIMIT);
        CHECK(executable == NULL);
    }
    return executable;
}

static uint64_t rounded(uint64_t size) {
    uint64_t unit = single ? PAGE : 64;
    return (size + unit - 1) / unit * unit;
}

/* Nobody who knows where code runs knows where it is written. */
static void views_are_placed_independently(void) {
    int64_t distances[3];
    for (int n = 0; n < 3; n++) {
        open_arena();
        distances[n] = (int64_t)(arena.writable - arena.executable);
        arena_destroy(&arena);
    }
    CHECK(single ? distances[0] == 0 : distances[0] != distances[1] && distances[1] != distances[2]);
}

/* The whole arena is free. */
static void check_empty(void) {
    CHECK_EQ(arena.used, 0);
    check_counts(&arena);
}

static void published_code(void) {
    static const uint64_t sizes[] = {1, 63, 64, 65, 4095, 4096, 4097, 100000};
    uint8_t *made[8];
    open_arena();
    for (uint8_t n = 0; n < 8; n++) {
        made[n] = publish(sizes[n], n);
        CHECK(made[n] != NULL);
        CHECK_EQ((uint64_t)made[n] % 64, 0);
        CHECK(made[n] >= arena.executable && made[n] + sizes[n] <= arena.executable + ARENA_BYTES);
        CHECK_EQ(mapped_access(made[n]), MAPPED_READ | MAPPED_EXECUTE);
    }
    uint64_t used = 0;
    for (uint8_t n = 0; n < 8; n++) {
        check_filled(made[n], sizes[n], n);
        check_filled(made[n] + sizes[n], rounded(sizes[n]) - sizes[n], 0xCC);
        used += rounded(sizes[n]);
    }
    CHECK_EQ(arena.used, used);
    CHECK_EQ(writable_and_executable_maps(), 0);
    for (uint8_t n = 0; n < 8; n++) {
        arena_release(&arena, made[n * 3 % 8], sizes[n * 3 % 8]);
    }
    check_empty();
    arena_destroy(&arena);
}

static void publications_are_synchronized_together(void) {
    open_arena();
    CHECK_EQ(arena_publication(&arena), 0);
    uint8_t *first = publish(1, 1);
    uint64_t publication = arena_publication(&arena);
    uint8_t *second = publish(1, 2);
    CHECK(publication > 0 && publication < arena_publication(&arena));
    CHECK_EQ(arena.synchronized, 0);
    arena_synchronize(&arena, publication);
    CHECK_EQ(arena.synchronized, arena_publication(&arena));
    uint8_t *third = publish(1, 3);
    arena_synchronize(&arena, publication);
    CHECK(arena.synchronized < arena_publication(&arena)); /* this one has been */
    arena_synchronize(&arena, arena_publication(&arena));
    CHECK_EQ(arena.synchronized, arena_publication(&arena));
    arena_release(&arena, first, 1);
    arena_release(&arena, second, 1);
    arena_release(&arena, third, 1);
    check_empty();
    arena_destroy(&arena);
}

/* Three spans released in every order leave one. */
static void spans_are_merged(void) {
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    open_arena();
    for (int order = 0; order < 6; order++) {
        uint8_t *made[3];
        for (int n = 0; n < 3; n++) {
            made[n] = publish(ARENA_BYTES / 4, 1);
            CHECK(made[n] != NULL);
        }
        for (int n = 0; n < 3; n++) {
            arena_release(&arena, made[orders[order][n]], ARENA_BYTES / 4);
        }
        check_empty();
        uint8_t *whole = publish(ARENA_BYTES, 2);
        CHECK(whole == arena.executable);
        arena_release(&arena, whole, ARENA_BYTES);
    }
    arena_destroy(&arena);
}

static void exhaustion(void) {
    open_arena();
    CHECK(publish(ARENA_BYTES + 1, 1) == NULL);
    uint8_t *whole = publish(ARENA_BYTES, 1);
    CHECK(whole != NULL);
    CHECK(publish(1, 1) == NULL);
    CHECK_EQ(arena.used, ARENA_BYTES);
    arena_release(&arena, whole, ARENA_BYTES);
    uint8_t *made[ARENA_BYTES / PAGE];
    for (int n = 0; n < ARENA_BYTES / PAGE; n++) {
        made[n] = publish(PAGE, (uint8_t)n);
        CHECK(made[n] != NULL);
    }
    CHECK(publish(1, 1) == NULL);
    for (int n = 0; n < ARENA_BYTES / PAGE; n += 2) {
        arena_release(&arena, made[n], PAGE); /* half of it is free, in pieces */
    }
    CHECK(publish(2 * PAGE, 1) == NULL);
    uint8_t *first = publish(PAGE, 9);
    CHECK(first == made[0]);
    for (int n = 1; n < ARENA_BYTES / PAGE; n += 2) {
        check_filled(made[n], PAGE, (uint8_t)n);
        arena_release(&arena, made[n], PAGE);
    }
    arena_release(&arena, first, PAGE);
    check_empty();
    arena_destroy(&arena);
}

/* Freed code is int3: a stray jump does not run what was there. */
static void freed_code(void) {
    open_arena();
    for (uint64_t size = 64; size <= 128 * 1024; size *= 4) {
        uint8_t *before = publish(64, 0x90), *code = publish(size, 0x90), *behind = publish(64, 0x90);
        arena_release(&arena, code, size);
        check_filled(code, size, 0xCC);
        check_filled(before, 64, 0x90);
        check_filled(behind, 64, 0x90);
        arena_release(&arena, before, 64);
        arena_release(&arena, behind, 64);
    }
    check_empty();
    arena_destroy(&arena);
}

static uint64_t resident_pages(uint8_t *from, uint64_t size) {
    unsigned char pages[ARENA_BYTES / PAGE];
    uint64_t count = 0;
    CHECK_EQ(mincore(from, size, pages), 0);
    for (uint64_t n = 0; n < size / PAGE; n++) {
        count += pages[n] & 1;
    }
    return count;
}

/* Free spans have memory up to a limit, in which the next code finds it; a span that needs more than there is in one piece
 * takes what is next to it, too. */
static void freed_memory(void) {
    open_arena();
    uint8_t *code = publish(ARENA_BYTES / 2, 0x90);
    CHECK_EQ(arena.kept, 0);
    arena_release(&arena, code, ARENA_BYTES / 2);
    CHECK_EQ(arena.kept, ARENA_BYTES / 2);
    CHECK_EQ(resident_pages(code, ARENA_BYTES), ARENA_BYTES / 2 / PAGE);
    CHECK(publish(ARENA_BYTES / 4, 0x90) == code);
    CHECK_EQ(arena.kept, ARENA_BYTES / 4);
    uint8_t *large = publish(ARENA_BYTES / 4 * 3, 0x91);
    CHECK(large == code + ARENA_BYTES / 4);
    CHECK_EQ(arena.kept, 0);
    check_filled(code, ARENA_BYTES / 4, 0x90);
    arena_release(&arena, code, ARENA_BYTES / 4);
    arena_release(&arena, large, ARENA_BYTES / 4 * 3);
    check_empty();
    arena_destroy(&arena);
}

/* What is beyond the limit goes back, page by page: those that code shares with what is free stay. */
static void memory_goes_back(void) {
    open_arena();
    uint8_t *code[8];
    uint64_t size = PAGE + 192;
    for (int n = 0; n < 8; n++) {
        code[n] = publish(size, (uint8_t)n);
    }
    arena.may_keep = 0;
    for (int n = 1; n < 8; n += 2) {
        arena_release(&arena, code[n], size);
    }
    for (int n = 0; n < 8; n += 2) {
        check_filled(code[n], size, (uint8_t)n);
        arena_release(&arena, code[n], size);
    }
    CHECK_EQ(arena.kept, 0);
    CHECK_EQ(resident_pages(arena.executable, ARENA_BYTES), 0);
    check_empty();
    arena_destroy(&arena);
}

/* Code and freed code by turns are one map of the kernel, what was never used another. */
static void maps_of_alternating_spans(void) {
    enum { SPANS = ARENA_BYTES / PAGE / 2 };
    uint8_t *made[SPANS];
    open_arena();
    for (int n = 0; n < SPANS; n++) {
        made[n] = publish(PAGE, (uint8_t)n);
        CHECK(made[n] != NULL);
    }
    for (int n = 0; n < SPANS; n += 2) {
        arena_release(&arena, made[n], PAGE);
    }
    CHECK(maps_in(arena.executable, ARENA_BYTES) <= 2);
    for (int n = 0; n < SPANS; n += 4) {
        made[n] = publish(PAGE, (uint8_t)n);
        CHECK(made[n] != NULL);
    }
    CHECK(maps_in(arena.executable, ARENA_BYTES) <= 2);
    for (int n = 0; n < SPANS; n++) {
        if (n % 2 == 1 || n % 4 == 0) {
            check_filled(made[n], PAGE, (uint8_t)n);
            arena_release(&arena, made[n], PAGE);
        }
    }
    check_empty();
    arena_destroy(&arena);
}

/* Random sizes, published and released in random order, against a map of what is in use. */
static void random_spans(void) {
    enum { ALIVE = 64 };
    static struct {
        uint8_t *code, octet;
        uint64_t size;
    } alive[ALIVE];
    uint64_t seed = 99, used = 0;
    open_arena();
    memset(alive, 0, sizeof alive);
    for (uint32_t step = 0; step < (SANITIZED ? 3000 : 20000); step++) {
        uint32_t n = random_below(&seed, ALIVE);
        if (alive[n].code != NULL) {
            check_filled(alive[n].code, alive[n].size, alive[n].octet);
            arena_release(&arena, alive[n].code, alive[n].size);
            used -= rounded(alive[n].size);
            alive[n].code = NULL;
        } else {
            alive[n].size = 1 + random_below(&seed, 1u << random_below(&seed, 15));
            alive[n].octet = (uint8_t)step;
            alive[n].code = publish(alive[n].size, alive[n].octet);
            used += alive[n].code == NULL ? 0 : rounded(alive[n].size);
        }
        CHECK_EQ(arena.used, used);
    }
    for (uint32_t n = 0; n < ALIVE; n++) {
        if (alive[n].code != NULL) {
            arena_release(&arena, alive[n].code, alive[n].size);
        }
    }
    check_empty();
    arena_destroy(&arena);
}

/* ---- Through the interface: threads compile, run and release, so code comes to stand where other code was ---- */

static pvm_engine *engine;

/* A module that answers with its own number, over a length that varies. */
static void put_number(struct guest *g, uint64_t number) {
    guest_clear(g);
    for (uint64_t n = 0; n < 1 + number % 50; n++) {
        put_reg_imm64(g, OP_load_imm_64, 5, number);
    }
    put_imm(g, OP_ecalli, (int32_t)(number & 0xFFFF));
    put_opcode(g, OP_trap);
}

static void *compile_and_run(void *argument) {
    uint64_t wrong = 0, seed = (uint64_t)(uintptr_t)argument, kept_number[4] = {0};
    pvm_module *kept[4] = {NULL};
    struct guest *g = malloc(sizeof *g);
    for (int round = 0; g != NULL && round < (SANITIZED ? 400 : 3000); round++) {
        uint64_t number = random64(&seed), length;
        int n = round % 4;
        if (kept[n] != NULL) {
            pvm_module_release(kept[n]);
        }
        put_number(g, number);
        uint8_t *blob = guest_blob(g, &length);
        wrong += pvm_module_compile(engine, blob, length, &kept[n], NULL) != PVM_OK;
        free(blob);
        kept_number[n] = number;
        for (int m = 0; m < 4 && kept[m] != NULL; m++) {
            pvm_context *context;
            if (pvm_instance_create(kept[m], NULL, 0, &context, NULL) != PVM_OK) {
                wrong++;
                continue;
            }
            context->gas = 10000;
            wrong += pvm_run(context) != PVM_EXIT_HOST_CALL || context->registers[5] != kept_number[m] ||
                     context->exit_argument != (uint64_t)(int64_t)(int32_t)(kept_number[m] & 0xFFFF);
            pvm_instance_destroy(context);
        }
    }
    for (int n = 0; n < 4; n++) {
        if (kept[n] != NULL) {
            pvm_module_release(kept[n]);
        }
    }
    free(g);
    return (void *)(uintptr_t)wrong;
}

static void threads_compile_and_run(void) {
    pthread_t threads[4];
    engine = make_engine(single ? PVM_FLAG_SINGLE_MAPPING : 0, PVM_REVISION_NEXT);
    for (uintptr_t n = 0; n < 4; n++) {
        CHECK_EQ(pthread_create(&threads[n], NULL, compile_and_run, (void *)n), 0);
    }
    for (int n = 0; n < 10; n++) {
        CHECK_EQ(writable_and_executable_maps(), 0);
        usleep(1000);
    }
    for (int n = 0; n < 4; n++) {
        void *wrong;
        CHECK_EQ(pthread_join(threads[n], &wrong), 0);
        CHECK_EQ((uintptr_t)wrong, 0);
    }
    pvm_statistics s;
    pvm_engine_statistics(engine, &s);
    CHECK_EQ(s.code_bytes_used, 0);
    CHECK_EQ(s.modules_alive, 0);
    destroy_engine(engine);
}

/* Programs that fill the arena are refused, and room comes back with release. */
static void modules_fill_the_arena(void) {
    static pvm_module *made[5000];
    static struct guest guest;
    pvm_engine_config config = {.code_arena_bytes = ARENA_BYTES, .flags = single ? PVM_FLAG_SINGLE_MAPPING : 0};
    pvm_error error = {0};
    CHECK_EQ(pvm_engine_create(&config, &engine, &error), PVM_OK);
    put_number(&guest, 7);
    for (int round = 0; round < 3; round++) {
        uint64_t length, count = 0;
        uint8_t *blob = guest_blob(&guest, &length);
        while (count < 5000 && pvm_module_compile(engine, blob, length, &made[count], &error) == PVM_OK) {
            count++;
        }
        free(blob);
        CHECK(count >= ARENA_BYTES / PAGE && count < 5000);
        CHECK_EQ(error.status, PVM_RESOURCE_LIMIT);
        while (count > 0) {
            pvm_module_release(made[--count]);
        }
    }
    destroy_engine(engine);
}

static const struct {
    const char *name;
    void (*test)(void);
} tests[] = {
    {"views_are_placed_independently", views_are_placed_independently},
    {"published_code", published_code},
    {"publications_are_synchronized_together", publications_are_synchronized_together},
    {"spans_are_merged", spans_are_merged},
    {"exhaustion", exhaustion},
    {"freed_code", freed_code},
    {"freed_memory", freed_memory},
    {"memory_goes_back", memory_goes_back},
    {"maps_of_alternating_spans", maps_of_alternating_spans},
    {"random_spans", random_spans},
    {"threads_compile_and_run", threads_compile_and_run},
    {"modules_fill_the_arena", modules_fill_the_arena},
};

int main(void) {
    char name[64];
    for (size_t n = 0; n < 2 * sizeof tests / sizeof *tests; n++) {
        single = n % 2 == 1;
        snprintf(name, sizeof name, "%s%s", tests[n / 2].name, single ? "_in_one_mapping" : "");
        check_run(name, tests[n / 2].test);
    }
    return check_finish();
}
