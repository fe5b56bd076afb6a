/* Machine code that is written straight into the arena, before its length is known. */
#include "check.h"
#include "code/output.h"
#include "guest.h"
#include "spans.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_BYTES (4 << 20)

/* How often fallocate is interrupted before it does anything. Linked with --wrap for it. */
static int interruptions;

/* clang-format off */
int __real_fallocate(int file, int mode, off_t offset, off_t length);
int __wrap_fallocate(int file, int mode, off_t offset, off_t length);
/* clang-format on */

static struct arena arena;
static struct pieces pieces;

/* What others do while memory is given back without the lock; once. */
static void (*meanwhile)(void);

/* What was given back while others waited for the lock, in octets, and at once. */
static uint64_t most_under_lock, most_at_once;

static void note_given_back(uint64_t octets) {
    bool locked = pthread_mutex_trylock(&arena.mutex) != 0;
    if (!locked) {
        pthread_mutex_unlock(&arena.mutex);
    }
    most_under_lock = locked && octets > most_under_lock ? octets : most_under_lock;
    most_at_once = octets > most_at_once ? octets : most_at_once;
}

int __wrap_fallocate(int file, int mode, off_t offset, off_t length) {
    if ((mode & FALLOC_FL_PUNCH_HOLE) != 0) {
        note_given_back((uint64_t)length);
        void (*now)(void) = meanwhile;
        meanwhile = NULL;
        if (now != NULL) {
            now();
        }
    }
    if (interruptions > 0) {
        interruptions--;
        errno = EINTR;
        return -1;
    }
    return __real_fallocate(file, mode, offset, length);
}

static void open_arena(uint64_t size, enum arena_mapping mapping) {
    pvm_error error = {0};
    if (arena_create(&arena, size, mapping, 0xCC, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
}

static void fill(uint8_t *start, uint64_t from, uint64_t end, uint8_t octet) {
    memset(start + from, octet, end - from);
}

static void check_filled(const uint8_t *from, uint64_t size, uint8_t octet) {
    for (uint64_t n = 0; n < size; n++) {
        if (from[n] != octet) {
            CHECK_FAIL("octet %" PRIu64 " is 0x%02x, not 0x%02x", n, from[n], octet);
        }
    }
}

/* Each octet of the arena is in use, kept or free. */
static void check_sums(void) {
    CHECK_EQ(octets_of(&arena.kept_spans), arena.kept);
    CHECK_EQ(octets_of(&arena.free_spans) + arena.kept + arena.used, arena.size);
}

static uint8_t *publish(uint64_t size, uint8_t octet) {
    static uint8_t code[ARENA_BYTES];
    uint8_t *executable = NULL;
    memset(code, octet, size);
    return arena_publish(&arena, code, size, UINT64_MAX, &executable, NULL) == PVM_OK ? executable : NULL;
}

TEST(only_what_is_written_stays_reserved) {
    open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
    struct arena_draft draft;
    CHECK(arena_draft_open(&arena, 1000000, &draft));
    CHECK_EQ(arena.used, 1000000 / 64 * 64);
    CHECK_EQ(draft.ready, 0);
    CHECK(arena_draft_grow(&arena, &draft, 70000));
    CHECK(draft.ready >= 70000 && draft.ready < 200000);
    fill(draft.start, 0, 70000, 1);
    uint8_t *code = arena_draft_publish(&arena, &draft, 69999);
    check_filled(code, 69999, 1);
    check_filled(code + 69999, DRAFT_SLACK, 0xCC);
    CHECK_EQ(arena.used, 70016);
    check_sums();
    arena_release(&arena, code, 69999);
    CHECK_EQ(arena.used, 0);
    check_sums();
    arena_destroy(&arena);
}

TEST(a_draft_grows_where_it_is_or_not_at_all) {
    open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
    struct arena_draft draft;
    CHECK(arena_draft_open(&arena, 640, &draft));
    CHECK(arena_draft_grow(&arena, &draft, 640));
    fill(draft.start, 0, 640, 1);
    CHECK(arena_draft_grow(&arena, &draft, 300000));
    check_filled(draft.start, 640, 1);
    uint8_t *behind = publish(64, 2);
    while (arena_draft_grow(&arena, &draft, draft.reserved + 64)) {
        CHECK(draft.reserved < ARENA_BYTES);
    }
    CHECK_EQ(arena.executable + draft.offset + draft.reserved - behind, 0);
    check_filled(behind, 64, 2);
    fill(draft.start, 640, draft.ready, 3);
    arena_draft_drop(&arena, &draft, draft.ready);
    check_filled(arena.executable + draft.offset, draft.ready, 0xCC);
    CHECK_EQ(arena.used, 64);
    check_sums();
    CHECK(!arena_draft_open(&arena, ARENA_BYTES, &draft));
    arena_destroy(&arena);
    open_arena(ARENA_BYTES, ARENA_MAPPED_ONCE);
    CHECK(!arena_draft_open(&arena, 640, &draft));
    arena_destroy(&arena);
}

/* Code of the same length again takes no new memory. */
TEST(memory_of_freed_code_is_found_again) {
    open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
    int64_t blocks = 0;
    for (int round = 0; round < 20; round++) {
        struct arena_draft draft;
        struct stat state;
        CHECK(arena_draft_open(&arena, 400000, &draft));
        CHECK(arena_draft_grow(&arena, &draft, 250000));
        fill(draft.start, 0, 250000, 7);
        uint8_t *code = arena_draft_publish(&arena, &draft, 250000);
        CHECK_EQ(fstat(arena.file, &state), 0);
        CHECK(round == 0 || state.st_blocks == blocks);
        blocks = state.st_blocks;
        arena_release(&arena, code, 250000);
    }
    arena_destroy(&arena);
}

static void *publish_half(void *unused) {
    (void)unused;
    return publish(ARENA_BYTES / 2, 5);
}

/* Who finds no room because a draft has reserved more than it will need waits for it, and is not refused. */
TEST(others_wait_for_drafts) {
    for (int drop = 0; drop < 2; drop++) {
        open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
        struct arena_draft draft;
        pthread_t thread;
        void *code;
        CHECK(arena_draft_open(&arena, ARENA_BYTES, &draft));
        CHECK(arena_draft_grow(&arena, &draft, 100));
        CHECK_EQ(pthread_create(&thread, NULL, publish_half, NULL), 0);
        fill(draft.start, 0, 100, 1);
        usleep(20000);
        if (drop) {
            arena_draft_drop(&arena, &draft, 100);
        } else {
            arena_draft_publish(&arena, &draft, 100);
        }
        CHECK_EQ(pthread_join(thread, &code), 0);
        CHECK(code != NULL);
        check_filled(code, ARENA_BYTES / 2, 5);
        CHECK(publish(ARENA_BYTES, 5) == NULL);
        arena_destroy(&arena);
    }
}

static void *publish_all(void *unused) {
    (void)unused;
    return publish(ARENA_BYTES, 5);
}

static bool somebody_waits(void) {
    pthread_mutex_lock(&arena.mutex);
    bool waits = arena.waiting != 0;
    pthread_mutex_unlock(&arena.mutex);
    return waits;
}

/* However many drafts come one after the other: who waits waits for those that there are, and knows then whether there is room. */
TEST(nobody_waits_for_drafts_to_come) {
    for (int full = 0; full < 2; full++) {
        open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
        struct arena_draft draft, next;
        pthread_t thread;
        void *code;
        uint8_t *other = full ? publish(64, 2) : NULL;
        CHECK(arena_draft_open(&arena, 640, &draft));
        CHECK_EQ(pthread_create(&thread, NULL, publish_all, NULL), 0);
        while (!somebody_waits()) {
            usleep(1000);
        }
        CHECK(!arena_draft_open(&arena, 640, &next));
        CHECK(arena_draft_grow(&arena, &draft, 700));
        arena_draft_drop(&arena, &draft, 0);
        CHECK_EQ(pthread_join(thread, &code), 0);
        CHECK_EQ(code == NULL, full);
        CHECK_EQ(arena_draft_open(&arena, 640, &next), full);
        if (full) {
            arena_draft_drop(&arena, &next, 0);
            check_filled(other, 64, 2);
        }
        check_sums();
        arena_destroy(&arena);
    }
}

static void close_output(struct output *output, uint64_t size, bool published) {
    pvm_error error = {0};
    uint8_t *code;
    if (!published) {
        output_drop(output, size);
    } else if (output_publish(output, size, &code, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    } else {
        check_filled(code, size, 9);
        arena_release(&arena, code, size);
    }
}

/* Room is kept from others until its draft is published, or was given up. */
TEST(rooms_are_reserved) {
    static const uint64_t size = ARENA_BYTES / 4 * 3;
    for (int published = 0; published < 2; published++) {
        struct arena_draft room = {0}, other;
        open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
        CHECK(arena_reserve(&arena, size, &room));
        CHECK(room.reserved >= size);
        CHECK_EQ(arena.used, room.reserved);
        CHECK(!arena_reserve(&arena, size, &other));
        CHECK(!arena_draft_open(&arena, size, &other));
        arena_draft_begin(&arena);
        if (published) {
            CHECK(arena_draft_grow(&arena, &room, 4096));
            memset(room.start, 1, 4096);
            uint8_t *code = arena_draft_publish(&arena, &room, 4096);
            CHECK_EQ(arena.used, 4096);
            arena_release(&arena, code, 4096);
        } else {
            arena_draft_drop(&arena, &room, 0);
        }
        CHECK_EQ(arena.used, 0);
        CHECK_EQ(arena.drafts, 0);
        CHECK(arena_draft_open(&arena, size, &other));
        arena_draft_drop(&arena, &other, 0);
        arena_destroy(&arena);
    }
    open_arena(ARENA_BYTES, ARENA_MAPPED_ONCE);
    struct arena_draft room;
    CHECK(!arena_reserve(&arena, 64, &room));
    arena_destroy(&arena);
}

/* With room in the arena, with room that ends at other code, without, and in an arena that is mapped once. */
TEST(outputs_go_on_in_a_buffer) {
    struct arena_draft none = {0};
    for (int kind = 0; kind < 4; kind++) {
        for (int published = 0; published < 2; published++) {
            open_arena(ARENA_BYTES, kind == 3 ? ARENA_MAPPED_ONCE : ARENA_MAPPED_TWICE);
            struct maps maps = {.limit = 1000};
            memset(&pieces, 0, sizeof pieces);
            CHECK(pieces_open(&pieces, &maps));
            uint8_t *other = kind == 2 ? publish(ARENA_BYTES - 8192, 2) : NULL;
            struct output output;
            CHECK_EQ(output_open(&output, &arena, &none, &pieces, 100, 4096, 1 << 20, NULL), PVM_OK);
            CHECK(output.room >= 100);
            CHECK_EQ(output.draft.start != NULL, kind < 3);
            uint8_t *behind = kind == 1 ? publish(64, 3) : NULL;
            uint64_t written = 0;
            for (uint64_t size = 100; size <= 6400; size *= 2) {
                CHECK_EQ(output_grow(&output, written, size, NULL), PVM_OK);
                CHECK(output.room >= size);
                fill(output.start, written, size, 9);
                written = size;
                check_filled(output.start, written, 9);
            }
            CHECK_EQ(output.draft.start != NULL, kind == 0 || kind == 2);
            close_output(&output, written, published);
            if (behind != NULL) {
                check_filled(behind, 64, 3);
                arena_release(&arena, behind, 64);
            }
            if (other != NULL) {
                arena_release(&arena, other, ARENA_BYTES - 8192);
            }
            CHECK_EQ(arena.used, 0);
            check_sums();
            pieces_close(&pieces);
            arena_destroy(&arena);
        }
    }
}

/* Signals cut the kernel's allocating short: nobody is refused for that. */
TEST(signals_refuse_nothing) {
    struct arena_draft draft;
    open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
    interruptions = 3;
    CHECK(publish(ARENA_BYTES / 2, 1) != NULL);
    CHECK_EQ(interruptions, 0);
    interruptions = 3;
    CHECK(arena_draft_open(&arena, ARENA_BYTES / 4, &draft));
    CHECK(arena_draft_grow(&arena, &draft, ARENA_BYTES / 4));
    CHECK_EQ(interruptions, 0);
    arena_draft_drop(&arena, &draft, 0);
    arena_destroy(&arena);
}

/* Drafts, published code and releases in any order: no code changes, and nothing is lost. */
TEST(random_drafts) {
    enum { ALIVE = 24 };
    static struct {
        struct arena_draft draft;
        uint8_t *code;
        uint64_t size;
        bool open;
    } all[ALIVE];
    uint64_t state = 3, refused = 0;
    open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
    memset(all, 0, sizeof all);
    for (int step = 0; step < 4000; step++) {
        uint32_t n = random_below(&state, ALIVE);
        uint8_t octet = (uint8_t)(n + 1);
        if (all[n].code != NULL) {
            check_filled(all[n].code, all[n].size, octet);
            arena_release(&arena, all[n].code, all[n].size);
            all[n].code = NULL;
        } else if (!all[n].open) {
            all[n].size = 0;
            all[n].open =
                arena_draft_open(&arena, 1 + random_below(&state, 1u << random_below(&state, 21)), &all[n].draft);
            refused += !all[n].open;
        } else {
            uint64_t size = all[n].size + 1 + random_below(&state, 1u << random_below(&state, 18));
            check_filled(all[n].draft.start, all[n].size, octet);
            if (arena_draft_grow(&arena, &all[n].draft, size)) {
                fill(all[n].draft.start, all[n].size, size, octet);
                all[n].size = size;
            } else {
                refused++;
            }
            if (random_below(&state, 3) == 0) {
                all[n].open = false;
                if (all[n].size != 0 && random_below(&state, 4) != 0) {
                    all[n].code = arena_draft_publish(&arena, &all[n].draft, all[n].size);
                } else {
                    arena_draft_drop(&arena, &all[n].draft, all[n].size);
                }
            }
        }
        check_sums();
    }
    CHECK(refused > 10);
    for (uint32_t n = 0; n < ALIVE; n++) {
        if (all[n].open) {
            arena_draft_drop(&arena, &all[n].draft, all[n].size);
        } else if (all[n].code != NULL) {
            check_filled(all[n].code, all[n].size, (uint8_t)(n + 1));
            arena_release(&arena, all[n].code, all[n].size);
        }
    }
    CHECK_EQ(arena.used, 0);
    check_sums();
    arena_destroy(&arena);
}

/* Giving much back takes the kernel long: nobody waits for that. And no page of what is free keeps its memory. */
TEST(memory_goes_back_without_the_lock) {
    enum { SIZE = 24 << 20 };
    struct arena_draft draft;
    open_arena(4 * SIZE, ARENA_MAPPED_TWICE);
    most_under_lock = most_at_once = 0;
    for (int drops = 0; drops < 2; drops++) {
        CHECK(arena_draft_open(&arena, SIZE + 64, &draft));
        CHECK(arena_draft_grow(&arena, &draft, SIZE));
        uint64_t at = draft.ready - 1;
        uint8_t *code = NULL;
        draft.start[at] = 1;
        if (drops == 0) {
            code = arena_draft_publish(&arena, &draft, SIZE - 64);
            arena_release(&arena, code, SIZE - 64);
        } else {
            arena_draft_drop(&arena, &draft, SIZE);
        }
        CHECK_EQ(arena.used, 0);
        check_sums();
    }
    CHECK(most_at_once > 0);
    CHECK(most_at_once <= 1 << 20);
    CHECK(most_under_lock <= 2 * PVM_PAGE_SIZE);
    struct stat status;
    CHECK_EQ(fstat(arena.file, &status), 0);
    CHECK((uint64_t)status.st_blocks * 512 <= arena_may_keep(&arena));
    arena_destroy(&arena);
}

/* What is free is in two pieces, because one of them has memory: that goes back without the lock, too. */
TEST(free_spans_are_together_again) {
    enum { KEPT = 3 << 19, WHOLE = 20 << 20 };
    static uint8_t code[WHOLE];
    uint8_t *executable;
    open_arena(WHOLE, ARENA_MAPPED_TWICE);
    CHECK_EQ(arena_publish(&arena, code, KEPT, UINT64_MAX, &executable, NULL), PVM_OK);
    arena_release(&arena, executable, KEPT);
    CHECK_EQ(arena.kept, KEPT);
    most_under_lock = most_at_once = 0;
    CHECK_EQ(arena_publish(&arena, code, WHOLE, UINT64_MAX, &executable, NULL), PVM_OK);
    CHECK_EQ(arena.kept, 0);
    CHECK(most_at_once > 0);
    CHECK(most_under_lock <= 2 * PVM_PAGE_SIZE);
    arena_release(&arena, executable, WHOLE);
    check_sums();
    arena_destroy(&arena);
}

static pthread_t other;
static atomic_int other_ended;
static uint8_t *of_other;

static void *publish_little(void *unused) {
    static uint8_t octets[64];
    CHECK_EQ(arena_publish(&arena, octets, sizeof octets, UINT64_MAX, &of_other, NULL), PVM_OK);
    other_ended = 1;
    return unused;
}

/* Lets another thread look for room, until it has found some, or waits. */
static void start_other(void) {
    CHECK_EQ(pthread_create(&other, NULL, publish_little, NULL), 0);
    for (uint32_t waiting = 0; waiting == 0 && !other_ended;) {
        usleep(100);
        pthread_mutex_lock(&arena.mutex);
        waiting = (uint32_t)arena.waiting;
        pthread_mutex_unlock(&arena.mutex);
    }
}

/* While all that is free is on its way from one tree to the other, others do not take the arena to be full. */
TEST(others_wait_for_free_spans) {
    enum { KEPT = 3 << 19, WHOLE = 4 << 20 };
    static uint8_t code[WHOLE];
    uint8_t *first, *rest;
    open_arena(WHOLE, ARENA_MAPPED_TWICE);
    CHECK_EQ(arena_publish(&arena, code, KEPT, UINT64_MAX, &first, NULL), PVM_OK);
    CHECK_EQ(arena_publish(&arena, code, WHOLE - KEPT, UINT64_MAX, &rest, NULL), PVM_OK);
    arena_release(&arena, first, KEPT);
    meanwhile = start_other;
    CHECK_EQ(arena_publish(&arena, code, WHOLE, UINT64_MAX, &first, NULL), PVM_RESOURCE_LIMIT);
    CHECK(meanwhile == NULL);
    CHECK_EQ(pthread_join(other, NULL), 0);
    arena_release(&arena, of_other, 64);
    arena_release(&arena, rest, WHOLE - KEPT);
    CHECK_EQ(arena.used, 0);
    check_sums();
    arena_destroy(&arena);
}

int main(void) {
    RUN(only_what_is_written_stays_reserved);
    RUN(a_draft_grows_where_it_is_or_not_at_all);
    RUN(memory_of_freed_code_is_found_again);
    RUN(others_wait_for_drafts);
    RUN(nobody_waits_for_drafts_to_come);
    RUN(rooms_are_reserved);
    RUN(outputs_go_on_in_a_buffer);
    RUN(signals_refuse_nothing);
    RUN(memory_goes_back_without_the_lock);
    RUN(free_spans_are_together_again);
    RUN(others_wait_for_free_spans);
    RUN(random_drafts);
    return check_finish();
}
