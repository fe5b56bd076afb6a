/* Machine code that is written straight into the arena, before its length is known. */
#include "check.h"
#include "arena.h"
#include "code/output.h"
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_BYTES (4 << 20)

/* How often fallocate is interrupted before it does anything, and whether it has no memory to give. Linked with --wrap for it. */
static int interruptions;
static bool no_memory;

/* clang-format off */
int __real_fallocate(int file, int mode, off_t offset, off_t length);
int __wrap_fallocate(int file, int mode, off_t offset, off_t length);
/* clang-format on */

static struct arena arena;
static struct pieces pieces;

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
    }
    if (no_memory && (mode & FALLOC_FL_PUNCH_HOLE) == 0) {
        errno = ENOSPC;
        return -1;
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
    check_counts(&arena);
    arena_release(&arena, code, 69999);
    CHECK_EQ(arena.used, 0);
    check_counts(&arena);
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
    check_counts(&arena);
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

static void *publish_little(void *unused) {
    (void)unused;
    return publish(64, 5);
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
        check_counts(&arena);
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

/* Room is kept from others until it is given back; what is written is written into it, and what is dropped is of it again. */
TEST(rooms_are_reserved) {
    static const uint64_t size = ARENA_BYTES / 4 * 3;
    struct arena_room room = {0}, other;
    struct arena_draft draft;
    open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
    CHECK(arena_reserve(&arena, size, false, true, &room));
    CHECK_EQ(room.size, size);
    CHECK_EQ(arena.used, size);
    CHECK(!arena_reserve(&arena, size, false, true, &other));
    CHECK(!arena_draft_open(&arena, size, &draft));
    uint8_t *codes[3];
    for (int n = 0; n < 3; n++) {
        const uint64_t before = room.offset;
        for (int published = 0; published < 2; published++) {
            draft = arena_draft_from(&arena, &room, n == 2 ? 100000 : UINT64_MAX);
            CHECK(room.start == NULL);
            CHECK_EQ(draft.offset, before);
            CHECK(arena_draft_grow(&arena, &draft, 4000));
            memset(draft.start, n + 1, 4000);
            if (published) {
                codes[n] = arena_draft_publish(&arena, &draft, 4000);
                CHECK_EQ(codes[n] - arena.executable, before);
            } else {
                arena_draft_drop(&arena, &draft, 4000);
                check_filled(room.start, 4000, 0xCC);
                CHECK_EQ(room.offset, before);
            }
        }
        CHECK_EQ(room.offset, before + 4032);
        CHECK(room.start == arena.writable + room.offset);
        CHECK_EQ(room.size, n == 2 ? 100032 : size - (uint64_t)(n + 1) * 4032);
        CHECK(room.ready > 0 && room.ready <= room.size);
        CHECK_EQ(arena.used, n == 2 ? 3 * 4032 + 100032 : size);
        CHECK_EQ(arena.drafts, 0);
        check_counts(&arena);
    }
    /* All of it: there is none any more. */
    draft = arena_draft_from(&arena, &room, UINT64_MAX);
    CHECK(arena_draft_grow(&arena, &draft, 100032));
    memset(draft.start, 4, 100032);
    uint8_t *last = arena_draft_publish(&arena, &draft, 100032);
    CHECK(room.start == NULL);
    arena_shorten(&arena, &room, 0);
    check_filled(last, 100032, 4);
    arena_release(&arena, last, 100032);
    for (int n = 0; n < 3; n++) {
        check_filled(codes[n], 4000, (uint8_t)(n + 1));
        arena_release(&arena, codes[n], 4000);
    }
    CHECK_EQ(arena.used, 0);
    CHECK(arena_reserve(&arena, size, false, true, &room));
    arena_shorten(&arena, &room, 0);
    CHECK(room.start == NULL);
    CHECK_EQ(arena.used, 0);
    check_counts(&arena);
    arena_destroy(&arena);
    open_arena(ARENA_BYTES, ARENA_MAPPED_ONCE);
    CHECK(!arena_reserve(&arena, 64, false, true, &room));
    arena_destroy(&arena);
}

/* What a draft takes beside its room it has for its own time only, in which others wait for it; and not at all while
 * somebody waits. */
TEST(drafts_outgrow_their_room_for_a_time) {
    struct arena_room room = {0};
    for (int published = 0; published < 3; published++) {
        open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
        CHECK(arena_reserve(&arena, 8192, false, true, &room));
        const uint64_t offset = room.offset;
        struct arena_draft draft = arena_draft_from(&arena, &room, UINT64_MAX);
        CHECK(arena_draft_grow(&arena, &draft, 8192));
        CHECK_EQ(arena.drafts, 0);
        CHECK(arena_draft_grow(&arena, &draft, 20000));
        CHECK_EQ(arena.drafts, 1);
        CHECK(arena_draft_grow(&arena, &draft, ARENA_BYTES));
        CHECK_EQ(arena.drafts, 1);
        CHECK_EQ(arena.used, ARENA_BYTES);
        pthread_t thread;
        void *code;
        CHECK_EQ(pthread_create(&thread, NULL, publish_little, NULL), 0);
        while (!somebody_waits()) {
            usleep(1000);
        }
        memset(draft.start, 1, 9000);
        const uint64_t size = published == 2 ? 9000 : 1000;
        uint8_t *made = NULL;
        if (published != 0) {
            made = arena_draft_publish(&arena, &draft, size);
        } else {
            arena_draft_drop(&arena, &draft, 9000);
        }
        CHECK_EQ(pthread_join(thread, &code), 0);
        CHECK(code != NULL);
        arena_release(&arena, code, 64);
        CHECK_EQ(arena.drafts, 0);
        if (published == 2) {
            CHECK(room.start == NULL);
            CHECK_EQ(arena.used, 9024);
        } else {
            CHECK_EQ(room.offset, offset + (published ? 1024 : 0));
            CHECK_EQ(room.size, 8192 - (published ? 1024 : 0));
            CHECK_EQ(arena.used, 8192);
        }
        check_counts(&arena);
        if (made != NULL) {
            check_filled(made, size, 1);
            arena_release(&arena, made, size);
        }
        arena_shorten(&arena, &room, 0);
        CHECK_EQ(arena.used, 0);
        /* While somebody waits. */
        CHECK(arena_reserve(&arena, 8192, false, true, &room));
        arena.waiting = 1;
        draft = arena_draft_from(&arena, &room, UINT64_MAX);
        CHECK(!arena_draft_grow(&arena, &draft, 8193));
        CHECK(arena_draft_grow(&arena, &draft, 8192));
        arena.waiting = 0;
        arena_draft_drop(&arena, &draft, 0);
        CHECK_EQ(arena.drafts, 0);
        CHECK_EQ(arena.used, 8192);
        arena_shorten(&arena, &room, 0);
        arena_destroy(&arena);
    }
}

/* Code that was to be much is written into a buffer, and comes into its room where it fits; else elsewhere, if there is. */
TEST(outputs_come_into_their_room) {
    struct maps maps = {.limit = 1000};
    memset(&pieces, 0, sizeof pieces);
    CHECK(pieces_open(&pieces, &maps));
    for (int full = 0; full < 2; full++) {
        for (int fits = 0; fits < 2; fits++) {
            open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
            struct arena_room room = {0};
            CHECK(arena_reserve(&arena, 10000, false, true, &room));
            const uint64_t offset = room.offset, size = fits ? 10048 : 10049;
            uint8_t *behind = full ? publish(ARENA_BYTES - 10048, 2) : NULL;
            struct output output;
            CHECK_EQ(output_open(&output, &arena, &room, UINT64_MAX, &pieces, 100, 80000, 1 << 20, NULL), PVM_OK);
            CHECK_EQ(output.draft.offset, offset);
            CHECK_EQ(output_grow(&output, 0, 100000, NULL), PVM_OK);
            CHECK_EQ(output.draft.start == NULL, full);
            fill(output.start, 0, size, 9);
            uint8_t *code = NULL;
            pvm_error error = {0};
            status result = output_publish(&output, size, &code, &error);
            CHECK_EQ(result, full && !fits ? PVM_RESOURCE_LIMIT : PVM_OK);
            if (result == PVM_OK) {
                check_filled(code, size, 9);
                CHECK_EQ(code - arena.executable, offset);
                CHECK(room.start == NULL);
                arena_release(&arena, code, size);
            } else {
                CHECK_EQ(room.offset, offset);
                CHECK_EQ(room.size, 10048);
                check_filled(room.start, DRAFT_SLACK, 0xCC);
            }
            arena_shorten(&arena, &room, 0);
            if (behind != NULL) {
                check_filled(behind, ARENA_BYTES - 10048, 2);
                arena_release(&arena, behind, ARENA_BYTES - 10048);
            }
            CHECK_EQ(arena.used, 0);
            check_counts(&arena);
            arena_destroy(&arena);
        }
    }
    pieces_close(&pieces);
}

/* Code for whose room there is no memory stands where there is; no more is left of the room than if it stood there. */
TEST(outputs_without_memory_go_elsewhere) {
    struct maps maps = {.limit = 1000};
    memset(&pieces, 0, sizeof pieces);
    CHECK(pieces_open(&pieces, &maps));
    open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
    struct arena_room room = {0};
    uint8_t *other = publish(20000, 1), *code = NULL;
    CHECK(arena_reserve(&arena, 10000, false, true, &room));
    const uint64_t offset = room.offset;
    arena_release(&arena, other, 20000);
    no_memory = true;
    struct output output;
    CHECK_EQ(output_open(&output, &arena, &room, 5000, &pieces, 8000, 8000, 1 << 20, NULL), PVM_OK);
    CHECK(output.draft.start == NULL);
    fill(output.start, 0, 6000, 9);
    CHECK_EQ(output_publish(&output, 6000, &code, NULL), PVM_OK);
    no_memory = false;
    check_filled(code, 6000, 9);
    CHECK(code == other);
    CHECK_EQ(room.offset, offset);
    CHECK_EQ(room.size, 5056);
    CHECK_EQ(arena.used, 6016 + 5056);
    check_counts(&arena);
    arena_release(&arena, code, 6000);
    arena_shorten(&arena, &room, 0);
    CHECK_EQ(arena.used, 0);
    pieces_close(&pieces);
    arena_destroy(&arena);
}

/* Who can do with less neither waits for drafts nor takes what others wait for. */
TEST(rooms_are_reserved_without_waiting) {
    struct arena_draft draft;
    struct arena_room room = {0};
    open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
    CHECK(arena_draft_open(&arena, ARENA_BYTES - 8192, &draft));
    CHECK(!arena_reserve(&arena, 8193, false, false, &room));
    arena.waiting = 1;
    CHECK(!arena_reserve(&arena, 64, false, false, &room));
    arena.waiting = 0;
    CHECK(arena_reserve(&arena, 8192, false, false, &room));
    arena_shorten(&arena, &room, 100);
    CHECK_EQ(room.size, 128);
    arena_shorten(&arena, &room, 128);
    CHECK_EQ(room.size, 128);
    CHECK_EQ(arena.used, ARENA_BYTES - 8192 + 128);
    arena_shorten(&arena, &room, 0);
    CHECK(room.start == NULL);
    arena_shorten(&arena, &room, 0);
    arena_draft_drop(&arena, &draft, 0);
    CHECK_EQ(arena.used, 0);
    check_counts(&arena);
    arena_destroy(&arena);
}

/* Where a page begins, if there is such a span; what is in front of it stays for others; what has been given back is taken again,
 * as long as it is enough; and the first, while much is in use, or with no other. */
TEST(rooms_begin_with_pages) {
    struct arena_room room = {0}, next = {0}, last = {0};
    open_arena(ARENA_BYTES, ARENA_MAPPED_TWICE);
    const uint64_t page = arena.page, half = ARENA_BYTES / 2;
    uint8_t *code = publish(64, 1);
    CHECK(arena_reserve(&arena, 2 * page, true, true, &room));
    CHECK_EQ(room.offset, page);
    CHECK(arena_reserve(&arena, 3 * page + 64, true, true, &next));
    CHECK_EQ(next.offset, 3 * page);
    CHECK_EQ(arena.used, 64 + 5 * page + 64);
    uint8_t *between = publish(page - 64, 2);
    CHECK_EQ((uint64_t)(between - code), 64);
    arena_shorten(&arena, &room, 0);
    CHECK(arena_reserve(&arena, 2 * page, true, true, &room));
    CHECK_EQ(room.offset, page);
    arena_release(&arena, between, page - 64);
    arena_shorten(&arena, &room, 0);
    CHECK(arena_reserve(&arena, 2 * page + 64, true, true, &room)); /* with what is in front it would be enough */
    CHECK_EQ(room.offset, 7 * page);
    CHECK_EQ(arena.used, 64 + 5 * page + 128);
    arena_shorten(&arena, &room, 0);
    CHECK(arena_reserve(&arena, half - 3 * page - 128, false, true, &last)); /* half of it is in use now */
    CHECK_EQ(arena.used, half);
    CHECK(arena_reserve(&arena, half - 4 * page, true, true, &room));
    CHECK_EQ(room.offset, half + 3 * page);
    arena_shorten(&arena, &room, 0);
    uint8_t *more = publish(64, 3);
    CHECK(arena_reserve(&arena, 2 * page, true, true, &room));
    CHECK_EQ(room.offset, 128);
    arena_shorten(&arena, &room, 0);
    arena_release(&arena, more, 64);
    uint8_t *rest = publish(half - 4 * page, 3);
    arena_shorten(&arena, &last, 0);
    CHECK(arena_reserve(&arena, half - 3 * page - 128, true, true, &last));
    CHECK_EQ(last.offset, 6 * page + 64);
    CHECK_EQ(arena.used, ARENA_BYTES - 4 * page);
    check_counts(&arena);
    arena_shorten(&arena, &next, 0);
    arena_shorten(&arena, &last, 0);
    arena_release(&arena, rest, half - 4 * page);
    arena_release(&arena, code, 64);
    CHECK_EQ(arena.used, 0);
    check_counts(&arena);
    arena_destroy(&arena);
}

/* With room in the arena, with room that ends at other code, without, and in an arena that is mapped once. */
TEST(outputs_go_on_in_a_buffer) {
    for (int kind = 0; kind < 4; kind++) {
        for (int published = 0; published < 2; published++) {
            open_arena(ARENA_BYTES, kind == 3 ? ARENA_MAPPED_ONCE : ARENA_MAPPED_TWICE);
            struct maps maps = {.limit = 1000};
            memset(&pieces, 0, sizeof pieces);
            CHECK(pieces_open(&pieces, &maps));
            uint8_t *other = kind == 2 ? publish(ARENA_BYTES - 8192, 2) : NULL;
            struct output output;
            CHECK_EQ(output_open(&output, &arena, NULL, 0, &pieces, 100, 4096, 1 << 20, NULL), PVM_OK);
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
            check_counts(&arena);
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
        check_counts(&arena);
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
    check_counts(&arena);
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
        check_counts(&arena);
    }
    CHECK(most_at_once > 0);
    CHECK(most_at_once <= 1 << 20);
    CHECK(most_under_lock <= 2 * PVM_PAGE_SIZE);
    struct stat status;
    CHECK_EQ(fstat(arena.file, &status), 0);
    CHECK((uint64_t)status.st_blocks * 512 <= arena.may_keep);
    arena_destroy(&arena);
}

/* What is free is one piece, whichever of its pages have memory; and memory that there is serves again. */
TEST(free_pages_are_together_whether_they_have_memory) {
    enum { PART = 1 << 18 };
    struct arena_room rooms[4];
    uint8_t *codes[4];
    open_arena(8 * PART, ARENA_MAPPED_TWICE);
    for (int n = 0; n < 4; n++) {
        codes[n] = publish(PART - 64, 1);
        CHECK(arena_reserve(&arena, PART + 64, false, true, &rooms[n]));
    }
    CHECK_EQ(arena.used, arena.size);
    for (int n = 0; n < 4; n++) {
        arena_release(&arena, codes[n], PART - 64);
        arena_shorten(&arena, &rooms[n], 0);
        check_counts(&arena);
    }
    CHECK_EQ(arena.kept, 4 * PART);
    struct arena_draft draft;
    CHECK(arena_draft_open(&arena, 8 * PART, &draft));
    CHECK_EQ(arena.kept, 0);
    CHECK(arena_draft_grow(&arena, &draft, PART));
    CHECK_EQ(resident_count(&arena.resident, 0, 8 * PART / arena.page) * arena.page, 4 * PART);
    CHECK(arena_draft_grow(&arena, &draft, 8 * PART));
    memset(draft.start, 2, 8 * PART);
    arena_draft_drop(&arena, &draft, 8 * PART);
    CHECK_EQ(arena.kept, arena.size);
    check_counts(&arena);
    arena_destroy(&arena);
}

int main(void) {
    RUN(only_what_is_written_stays_reserved);
    RUN(a_draft_grows_where_it_is_or_not_at_all);
    RUN(memory_of_freed_code_is_found_again);
    RUN(others_wait_for_drafts);
    RUN(nobody_waits_for_drafts_to_come);
    RUN(rooms_are_reserved);
    RUN(drafts_outgrow_their_room_for_a_time);
    RUN(outputs_come_into_their_room);
    RUN(outputs_without_memory_go_elsewhere);
    RUN(rooms_are_reserved_without_waiting);
    RUN(rooms_begin_with_pages);
    RUN(outputs_go_on_in_a_buffer);
    RUN(signals_refuse_nothing);
    RUN(memory_goes_back_without_the_lock);
    RUN(free_pages_are_together_whether_they_have_memory);
    RUN(random_drafts);
    return check_finish();
}
