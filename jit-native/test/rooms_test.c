/* Threads that reserve rooms, write drafts in them and beside them, publish, release and return, in an arena that keeps little
 * memory: no code changes, nothing is lost, and each octet and page is counted once. */
#include "check.h"
#include "arena.h"
#include "guest.h"

#include <pthread.h>
#include <stdlib.h>

#define ARENA_BYTES (UINT64_C(640) << 10)
#define KEPT (UINT64_C(64) << 10)
#define THREADS 4
#define HELD 10   /* by each thread, of rooms and what is in them */
#define CODES 4   /* in a room */
#define STEPS 300 /* between two times that all is counted */
#define ROUNDS (SANITIZED ? 20 : 60)

struct held {
    bool used;
    struct arena_room room;
    uint8_t *codes[CODES];
    uint64_t sizes[CODES];
    uint32_t count;
};

struct worker {
    uint64_t state;
    uint8_t octet; /* of its first code */
    struct held held[HELD];
};

static struct arena arena;
static pthread_barrier_t barrier;
static struct worker workers[THREADS];

static void check_idle_arena(void) {
    check_counts(&arena);
    CHECK(arena.kept <= KEPT + UINT64_C(2) * THREADS * HELD * CODES * arena.page); /* and pages at edges */
    CHECK_EQ(arena.drafts, 0);
    CHECK_EQ(arena.waiting, 0);
}

static uint64_t some_size(struct worker *worker) {
    return 1 + random_below(&worker->state, 1u << random_below(&worker->state, 17));
}

static void add_code(struct held *held, uint8_t *code, uint64_t size) {
    held->used = true;
    held->codes[held->count] = code;
    held->sizes[held->count++] = size;
}

/* Writes a draft in pieces, and publishes it, or drops it. */
static void write_draft(struct worker *worker, struct held *held, struct arena_draft *draft, uint8_t octet) {
    uint64_t written = 0;
    for (uint32_t n = random_below(&worker->state, 4); n > 0; n--) {
        uint64_t size = written + some_size(worker);
        if (!arena_draft_grow(&arena, draft, size)) {
            break;
        }
        memset(draft->start + written, octet, size - written);
        written = size;
    }
    if (written > 0 && random_below(&worker->state, 3) != 0) {
        add_code(held, arena_draft_publish(&arena, draft, written), written);
    } else {
        arena_draft_drop(&arena, draft, written);
    }
}

static void begin(struct worker *worker, struct held *held, uint8_t octet) {
    struct arena_draft draft;
    switch (random_below(&worker->state, 3)) {
    case 0:
        held->used = arena_reserve(&arena, some_size(worker), random_below(&worker->state, 2), true, &held->room);
        break;
    case 1:
        if (arena_draft_open(&arena, some_size(worker), &draft)) {
            write_draft(worker, held, &draft, octet);
        }
        break;
    default: {
        uint64_t size = some_size(worker);
        uint8_t *code = malloc(size), *executable;
        CHECK(code != NULL);
        memset(code, octet, size);
        if (arena_publish(&arena, code, size, UINT64_MAX, &executable, NULL) == PVM_OK) {
            add_code(held, executable, size);
        }
        free(code);
    }
    }
}

static void release(struct held *held, uint8_t octet) {
    for (uint32_t n = 0; n < held->count; n++) {
        check_filled(held->codes[n], held->sizes[n], octet);
        arena_release(&arena, held->codes[n], held->sizes[n]);
    }
    arena_shorten(&arena, &held->room, 0);
    *held = (struct held){0};
}

static void step(struct worker *worker) {
    uint32_t n = random_below(&worker->state, HELD);
    struct held *held = &worker->held[n];
    uint8_t octet = (uint8_t)(worker->octet + n);
    if (!held->used) {
        begin(worker, held, octet);
    } else if (held->room.start != NULL && held->count < CODES && random_below(&worker->state, 3) != 0) {
        uint64_t left = random_below(&worker->state, 2) == 0 ? some_size(worker) : UINT64_MAX;
        struct arena_draft draft = arena_draft_from(&arena, &held->room, left);
        write_draft(worker, held, &draft, octet);
    } else {
        release(held, octet);
    }
}

static void *work(void *argument) {
    struct worker *worker = argument;
    for (int round = 0; round < ROUNDS; round++) {
        for (int n = 0; n < STEPS; n++) {
            step(worker);
        }
        pthread_barrier_wait(&barrier);
        if (worker == workers) {
            check_idle_arena();
        }
        pthread_barrier_wait(&barrier);
    }
    for (uint32_t n = 0; n < HELD; n++) {
        release(&worker->held[n], (uint8_t)(worker->octet + n));
    }
    return NULL;
}

static void share_an_arena(enum arena_mapping mapping) {
    pthread_t threads[THREADS];
    pvm_error error = {0};
    if (arena_create(&arena, ARENA_BYTES, mapping, 0xCC, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
    arena.may_keep = KEPT;
    CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (uint32_t n = 0; n < THREADS; n++) {
        workers[n] = (struct worker){.state = 100 + n, .octet = (uint8_t)(1 + n * HELD)};
        CHECK_EQ(pthread_create(&threads[n], NULL, work, &workers[n]), 0);
    }
    for (uint32_t n = 0; n < THREADS; n++) {
        CHECK_EQ(pthread_join(threads[n], NULL), 0);
    }
    CHECK_EQ(arena.used, 0);
    check_idle_arena();
    pthread_barrier_destroy(&barrier);
    arena_destroy(&arena);
}

TEST(threads_share_an_arena) {
    share_an_arena(ARENA_MAPPED_TWICE);
}

TEST(threads_share_an_arena_that_is_mapped_once) {
    share_an_arena(ARENA_MAPPED_ONCE);
}

int main(void) {
    RUN(threads_share_an_arena);
    RUN(threads_share_an_arena_that_is_mapped_once);
    return check_finish();
}
