/* Executable memory: one address range per engine, cut into spans. Code is written through one view and run from another,
 * so that no page is ever writable and executable in the same view. */
#include "code/arena.h"

#include "base/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPAN_ALIGNMENT 64
#define USER_ADDRESS_BITS 47

/* Code is copied in parts of this size. */
#define COPY_BYTES (UINT64_C(1) << 20)

/* Freed spans keep their memory for the code that comes next, as long as all that do have no more than 16 MiB, or this part of
 * the arena: of 1 GiB, what 4 MB of the densest code take. */
#define KEPT_BYTES (UINT64_C(16) << 20)
#define KEPT_PART 10

static uint64_t round_up(uint64_t value, uint64_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

/* Addresses that are tried for the writable view before the kernel chooses: in a process that has taken an eighth of all,
 * one in 16 million views is where the kernel puts it. */
#define PLACEMENTS 8

/* Maps the writable view at an address unrelated to anything that a guest could learn of the executable one. */
static void *map_writable(const struct arena *arena) {
    for (int n = 0; n < PLACEMENTS; n++) {
        uint64_t random;
        if (getrandom(&random, sizeof random, GRND_NONBLOCK) == (ssize_t)sizeof random) {
            void *address = (void *)(uintptr_t)(random >> (64 - USER_ADDRESS_BITS) & ~(uint64_t)0xFFF);
            void *view = mmap(address, arena->size, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_NORESERVE | MAP_FIXED_NOREPLACE, arena->file, 0);
            if (view != MAP_FAILED) {
                return view;
            }
        }
    }
    return mmap(NULL, arena->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, arena->file, 0);
}

/* Maps the file twice; false, with errno, when the kernel forbids it (executable memory files can be forbidden). */
static bool map_twice(struct arena *arena) {
    arena->file = memory_file_create("pvmjit-code", arena->size);
    if (arena->file < 0) {
        return false;
    }
    if (ftruncate(arena->file, (off_t)arena->size) == 0) {
        void *writable = map_writable(arena);
        void *executable = mmap(NULL, arena->size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_NORESERVE, arena->file, 0);
        if (writable != MAP_FAILED && executable != MAP_FAILED) {
            arena->writable = writable;
            arena->executable = executable;
            return true;
        }
        int cause = errno;
        if (writable != MAP_FAILED) {
            munmap(writable, arena->size);
        }
        if (executable != MAP_FAILED) {
            munmap(executable, arena->size);
        }
        errno = cause;
    }
    int cause = errno;
    close(arena->file);
    arena->file = -1;
    errno = cause;
    return false;
}

/* One mapping. What was ever used stays executable, free or not, and the rest inaccessible: together two maps of the kernel,
 * which merges them because they have one anon_vma, made by writing while all is one map. */
static bool map_once(struct arena *arena) {
    arena->file = -1;
    uint8_t *range = mmap(NULL, arena->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) {
        return false;
    }
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    bool ready = mprotect(range, page, PROT_READ | PROT_WRITE) == 0;
    if (ready) {
        *(volatile uint8_t *)range = arena->filler;
        ready = mprotect(range, page, PROT_NONE) == 0;
    }
    if (!ready) {
        munmap(range, arena->size);
        return false;
    }
    arena->writable = arena->executable = range;
    return true;
}

/* Frees all but what threads wait with. */
static void free_parts(struct arena *arena) {
    munmap(arena->executable, arena->size);
    if (arena->file >= 0) {
        munmap(arena->writable, arena->size);
        close(arena->file);
    }
    while (arena->unused.root != NULL) {
        spans_cut(&arena->unused, arena->unused.root->offset, UINT64_MAX);
    }
    resident_close(&arena->resident);
}

status arena_create(struct arena *arena, uint64_t size, enum arena_mapping mapping, uint8_t filler, pvm_error *error) {
    bool once = mapping == ARENA_MAPPED_ONCE;
    memset(arena, 0, sizeof *arena);
    arena->filler = filler;
    arena->size = round_up(size, (uint64_t)sysconf(_SC_PAGESIZE));
    if (once ? !map_once(arena) : !map_twice(arena)) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "a code arena of %llu octets cannot be mapped%s: %s",
                    (unsigned long long)size, once ? "" : " twice", strerror(errno));
    }
    arena->page = (uint64_t)sysconf(_SC_PAGESIZE);
    arena->may_keep = arena->size / KEPT_PART > KEPT_BYTES ? arena->size / KEPT_PART : KEPT_BYTES;
    /* Where the arena lies nobody can foresee. */
    arena->unused.state = (uintptr_t)arena->writable;
    bool parts =
        spans_add(&arena->unused, 0, arena->size) && resident_open(&arena->resident, arena->size / arena->page);
    bool mutex = parts && pthread_mutex_init(&arena->mutex, NULL) == 0;
    if (!mutex || pthread_cond_init(&arena->draft_ended, NULL) != 0) {
        if (mutex) {
            pthread_mutex_destroy(&arena->mutex);
        }
        free_parts(arena);
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for a code arena");
    }
    /* Code may come to stand where other code was: processors that run our threads drop what they had fetched. */
    arena->sync_core = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0;
    return PVM_OK;
}

void arena_destroy(struct arena *arena) {
    free_parts(arena);
    pthread_cond_destroy(&arena->draft_ended);
    pthread_mutex_destroy(&arena->mutex);
}

/* ---- Spans and their memory ---- */

static uint64_t span_size(const struct arena *arena, uint64_t size) {
    return round_up(size, arena->file >= 0 ? SPAN_ALIGNMENT : arena->page);
}

/* Octets of the pages that begin in a span and have memory. */
static uint64_t resident_octets(const struct arena *arena, uint64_t offset, uint64_t size) {
    uint64_t first = round_up(offset, arena->page) / arena->page;
    return resident_count(&arena->resident, first, round_up(offset + size, arena->page) / arena->page) * arena->page;
}

/* Takes up to so many octets from where an unused span begins; how many. */
static uint64_t take_at(struct arena *arena, uint64_t offset, uint64_t octets) {
    uint64_t taken = spans_cut(&arena->unused, offset, octets);
    arena->kept -= resident_octets(arena, offset, taken);
    arena->used += taken;
    return taken;
}

/* Fills a span. */
static void erase(struct arena *arena, uint64_t offset, uint64_t whole) {
    bool single = arena->file < 0;
    if (!single || mprotect(arena->writable + offset, whole, PROT_READ | PROT_WRITE) == 0) {
        memset(arena->writable + offset, arena->filler, whole);
    }
    if (single) {
        /* Executable again, in one map with its neighbours; were this to fail, the span would be a map more. */
        (void)mprotect(arena->writable + offset, whole, PROT_READ | PROT_EXEC);
    }
}

/* Lets the system have the memory of whole pages, which read as zeros then: in parts, for who allocates meanwhile waits for the
 * kernel to be done with the file. */
static void drop_pages(const struct arena *arena, uint64_t first, uint64_t end) {
    for (uint64_t at = first; at < end; at += COPY_BYTES) {
        uint64_t octets = end - at < COPY_BYTES ? end - at : COPY_BYTES;
        if (resident_octets(arena, at, octets) == 0) {
            continue;
        }
        /* Neither can fail for a range of the arena; were it to, the pages would stay resident. */
        if (arena->file < 0) {
            (void)madvise(arena->writable + at, octets, MADV_DONTNEED);
        } else {
            (void)fallocate(arena->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)octets);
        }
    }
}

/* A span is unused from now on. Without memory to note it here it is lost to later code, never handed out twice. */
static bool add_unused(struct arena *arena, uint64_t offset, uint64_t size) {
    bool added = spans_add(&arena->unused, offset, size);
    arena->kept += added ? resident_octets(arena, offset, size) : 0;
    return added;
}

/* Lets the system have the page that an octet of an unused span is in, if nothing else is in it. */
static void drop_page_of(struct arena *arena, uint64_t octet) {
    const struct span *span = spans_at(&arena->unused, octet);
    uint64_t number = octet / arena->page, at = number * arena->page;
    bool alone = span->offset <= at && at + arena->page <= span->offset + span->size;
    if (alone && resident_octets(arena, at, arena->page) != 0) {
        drop_pages(arena, at, at + arena->page);
        resident_set(&arena->resident, number, number + 1, false);
        arena->kept -= arena->page;
    }
}

/* Gives a span and its memory back, which takes the kernel 0.25 ms for each MiB: without the lock. Nobody waits for the span
 * meanwhile, as nobody waits for code that is being filled: who always does may wait for ever. */
static void give_back(struct arena *arena, uint64_t offset, uint64_t size) {
    uint64_t first = round_up(offset, arena->page), end = (offset + size) / arena->page * arena->page;
    if (first < end) {
        pthread_mutex_unlock(&arena->mutex);
        drop_pages(arena, first, end);
        pthread_mutex_lock(&arena->mutex);
        resident_set(&arena->resident, first / arena->page, end / arena->page, false);
    }
    if (add_unused(arena, offset, size)) {
        drop_page_of(arena, offset);
        drop_page_of(arena, offset + size - 1);
    }
}

/* Takes back a span, of which the first octets are filled and the others were not written. */
static void return_span(struct arena *arena, uint64_t offset, uint64_t size) {
    arena->used -= size;
    if (arena->kept + resident_octets(arena, offset, size) <= arena->may_keep) {
        (void)add_unused(arena, offset, size);
    } else {
        give_back(arena, offset, size);
    }
}

/* Octets to the next page, if that is asked for. */
static uint64_t octets_to_page(const struct arena *arena, uint64_t offset, bool asked) {
    return asked ? round_up(offset, arena->page) - offset : 0;
}

/* The first span that has room, which is where most code has been, or one that has it where a page begins, while no more than half
 * of the arena is in use: then spans are packed. SPANS_NONE when there is none. */
static uint64_t take_span(struct arena *arena, uint64_t size, bool at_page) {
    uint64_t offset = spans_find(&arena->unused, size);
    if (offset == SPANS_NONE) {
        return offset;
    }
    uint64_t skip = octets_to_page(arena, offset, at_page && arena->used <= arena->size / 2);
    if (skip + size > spans_at(&arena->unused, offset)->size) {
        uint64_t longer = spans_find(&arena->unused, size + arena->page);
        offset = longer != SPANS_NONE ? longer : offset;
        skip = octets_to_page(arena, offset, longer != SPANS_NONE);
    }
    (void)take_at(arena, offset, skip + size);
    if (skip != 0) {
        return_span(arena, offset, skip);
    }
    return offset + skip;
}

/* Copies code to its place, and lets the system have its pages from octet `kept` on, as far as they are whole. */
static void copy_part(uint8_t *to, uint8_t *code, uint64_t octets, bool keep) {
    memcpy(to, code, octets);
    if (!keep && octets == COPY_BYTES) {
        /* Were it to fail, the pages would stay until the caller gives them back. */
        (void)madvise(code, octets, MADV_DONTNEED);
    }
}

/* With one mapping, a span is writable for a moment: whole pages, under the lock, so that no more than one is, and so that
 * what was used stays in one piece. */
static bool write_by_protection(struct arena *arena, uint64_t offset, uint8_t *code, uint64_t size, uint64_t whole,
                                uint64_t kept) {
    uint8_t *to = arena->writable + offset;
    if (mprotect(to, whole, PROT_READ | PROT_WRITE) != 0) {
        return false;
    }
    for (uint64_t at = 0; at < size; at += COPY_BYTES) {
        copy_part(to + at, code + at, size - at < COPY_BYTES ? size - at : COPY_BYTES, at < kept);
    }
    memset(to + size, arena->filler, whole - size);
    resident_set(&arena->resident, offset / arena->page, (offset + whole) / arena->page, true);
    return mprotect(to, whole, PROT_READ | PROT_EXEC) == 0;
}

/* Notes that pages have memory, which are in use at least in part. */
static void note_memory(struct arena *arena, uint64_t first, uint64_t end) {
    pthread_mutex_lock(&arena->mutex);
    /* The first may begin in what is unused in front of them. */
    uint64_t at = first * arena->page;
    const struct span *front = spans_at(&arena->unused, at);
    if (front != NULL && at < front->offset + front->size && resident_count(&arena->resident, first, first + 1) == 0) {
        arena->kept += arena->page;
    }
    resident_set(&arena->resident, first, end, true);
    pthread_mutex_unlock(&arena->mutex);
}

/* Gives the pages of a span that is in use memory, now, so that running out of it is an error here and not a SIGBUS later; false,
 * with errno, where there is none. */
static bool allocate(struct arena *arena, uint64_t offset, uint64_t octets) {
    uint64_t end = round_up(offset + octets, arena->page) / arena->page;
    uint64_t first = resident_skip(&arena->resident, offset / arena->page, end);
    int result = 0;
    if (first == end) {
        return true;
    }
    do { /* a signal may cut it short, whatever SA_RESTART says */
        result = fallocate(arena->file, 0, (off_t)(first * arena->page), (off_t)((end - first) * arena->page));
    } while (result != 0 && errno == EINTR);
    if (result == 0) {
        note_memory(arena, first, end);
    }
    return result == 0;
}

static bool write_through_view(struct arena *arena, uint64_t offset, uint8_t *code, uint64_t size, uint64_t whole,
                               uint64_t kept) {
    uint8_t *to = arena->writable + offset;
    for (uint64_t at = 0; at < size; at += COPY_BYTES) {
        bool last = size - at <= COPY_BYTES;
        if (!allocate(arena, offset + at, last ? whole - at : COPY_BYTES)) {
            return false;
        }
        copy_part(to + at, code + at, last ? size - at : COPY_BYTES, at < kept);
    }
    memset(to + size, arena->filler, whole - size);
    return true;
}

static void count_publication(struct arena *arena) {
    __atomic_add_fetch(&arena->published, 1, __ATOMIC_RELEASE);
}

uint64_t arena_publication(const struct arena *arena) {
    return __atomic_load_n(&arena->published, __ATOMIC_RELAXED);
}

void arena_synchronize(struct arena *arena, uint64_t publication) {
    if (__atomic_load_n(&arena->synchronized, __ATOMIC_ACQUIRE) >= publication) {
        return;
    }
    uint64_t published = __atomic_load_n(&arena->published, __ATOMIC_ACQUIRE);
    if (arena->sync_core) {
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
    }
    uint64_t before = __atomic_load_n(&arena->synchronized, __ATOMIC_RELAXED);
    while (before < published && !__atomic_compare_exchange_n(&arena->synchronized, &before, published, true,
                                                              __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
}

/* The same as take_span, once drafts have ended if need be. */
static uint64_t await_span(struct arena *arena, uint64_t size, bool at_page) {
    uint64_t offset = take_span(arena, size, at_page);
    arena->waiting++;
    while (offset == SPANS_NONE && arena->drafts != 0) {
        pthread_cond_wait(&arena->draft_ended, &arena->mutex);
        offset = take_span(arena, size, at_page);
    }
    arena->waiting--;
    return offset;
}

status arena_publish(struct arena *arena, uint8_t *code, uint64_t size, uint64_t kept, uint8_t **executable,
                     pvm_error *error) {
    uint64_t whole = span_size(arena, size);
    bool single = arena->file < 0;
    pthread_mutex_lock(&arena->mutex);
    uint64_t offset = await_span(arena, whole, false);
    bool ready = offset != SPANS_NONE && single && write_by_protection(arena, offset, code, size, whole, kept);
    pthread_mutex_unlock(&arena->mutex);
    if (offset == SPANS_NONE) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "the code arena of %llu octets has no room for %llu more",
                    (unsigned long long)arena->size, (unsigned long long)whole);
    }
    ready = single ? ready : write_through_view(arena, offset, code, size, whole, kept);
    if (!ready) {
        int cause = errno;
        pthread_mutex_lock(&arena->mutex);
        /* What memory it has got goes back with its contents. */
        arena->used -= whole;
        give_back(arena, offset, whole);
        pthread_mutex_unlock(&arena->mutex);
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for %llu octets of machine code: %s",
                    (unsigned long long)size, strerror(cause));
    }
    count_publication(arena);
    *executable = arena->executable + offset;
    return PVM_OK;
}

/* ---- Drafts ---- */

/* Memory is allocated so many octets at a time. */
#define DRAFT_STEP (UINT64_C(64) << 10)

bool arena_draft_open(struct arena *arena, uint64_t size, struct arena_draft *draft) {
    uint64_t whole = span_size(arena, size);
    if (arena->file < 0) {
        return false;
    }
    pthread_mutex_lock(&arena->mutex);
    uint64_t offset = arena->waiting == 0 ? take_span(arena, whole, false) : SPANS_NONE;
    bool found = offset != SPANS_NONE;
    arena->drafts += found;
    pthread_mutex_unlock(&arena->mutex);
    if (found) {
        *draft = (struct arena_draft){.start = arena->writable + offset, .offset = offset, .reserved = whole};
    }
    return found;
}

bool arena_reserve(struct arena *arena, uint64_t size, bool at_page, bool waits, struct arena_room *room) {
    uint64_t whole = span_size(arena, size), offset = SPANS_NONE;
    if (arena->file < 0) {
        return false;
    }
    pthread_mutex_lock(&arena->mutex);
    if (waits) {
        offset = await_span(arena, whole, at_page);
    } else if (arena->waiting == 0) {
        offset = take_span(arena, whole, at_page);
    }
    pthread_mutex_unlock(&arena->mutex);
    if (offset != SPANS_NONE) {
        *room = (struct arena_room){.start = arena->writable + offset, .offset = offset, .size = whole};
    }
    return offset != SPANS_NONE;
}

void arena_shorten(struct arena *arena, struct arena_room *room, uint64_t size) {
    if (room->start == NULL || size >= room->size) {
        return;
    }
    uint64_t whole = span_size(arena, size);
    if (whole < room->size) {
        pthread_mutex_lock(&arena->mutex);
        return_span(arena, room->offset + whole, room->size - whole);
        pthread_mutex_unlock(&arena->mutex);
    }
    room->start = whole > 0 ? room->start : NULL;
    room->size = whole;
    room->ready = room->ready < whole ? room->ready : whole;
}

struct arena_draft arena_draft_from(const struct arena *arena, struct arena_room *room, uint64_t left) {
    struct arena_draft draft = {.start = room->start,
                                .offset = room->offset,
                                .reserved = room->size,
                                .ready = room->ready,
                                .room = room,
                                .promised = room->size,
                                .left = left < room->size ? span_size(arena, left) : room->size};
    room->start = NULL;
    return draft;
}

/* Whether others may wait for the end of a draft: what is its room they do not get. */
static bool is_awaited(const struct arena_draft *draft) {
    return draft->reserved > draft->promised;
}

/* Adds up to so many octets behind a draft to it. */
static void lengthen(struct arena *arena, struct arena_draft *draft, uint64_t octets) {
    pthread_mutex_lock(&arena->mutex);
    /* Who waits for drafts waits for those that there are. */
    if (is_awaited(draft) || arena->waiting == 0) {
        const bool before = is_awaited(draft);
        draft->reserved += take_at(arena, draft->offset + draft->reserved, octets);
        arena->drafts += is_awaited(draft) && !before;
    }
    pthread_mutex_unlock(&arena->mutex);
}

bool arena_draft_grow(struct arena *arena, struct arena_draft *draft, uint64_t size) {
    if (size > draft->reserved) {
        uint64_t more = draft->reserved / 2 > size - draft->reserved ? draft->reserved / 2 : size - draft->reserved;
        lengthen(arena, draft, round_up(more, SPAN_ALIGNMENT));
    }
    if (size > draft->reserved) {
        return false;
    }
    if (size > draft->ready) {
        uint64_t end = round_up(size, DRAFT_STEP);
        end = end < draft->reserved ? end : draft->reserved;
        if (!allocate(arena, draft->offset + draft->ready, end - draft->ready)) {
            return false;
        }
        draft->ready = end;
    }
    return true;
}

/* Ends a draft, whose octets in front of this one are code: of those behind it as many as this are its room's. */
static void end_draft(struct arena *arena, const struct arena_draft *draft, uint64_t from, uint64_t left) {
    struct arena_room *room = draft->room;
    uint64_t promised = draft->promised > from ? draft->promised - from : 0;
    left = promised < left ? promised : left;
    if (room != NULL && left != 0) {
        uint64_t ready = draft->ready > from ? draft->ready - from : 0;
        *room = (struct arena_room){draft->start + from, draft->offset + from, left, ready < left ? ready : left};
    }
    uint64_t rest = draft->reserved - from - left;
    if (rest == 0 && !is_awaited(draft)) {
        return;
    }
    pthread_mutex_lock(&arena->mutex);
    if (rest != 0) {
        return_span(arena, draft->offset + from + left, rest);
    }
    if (is_awaited(draft)) {
        arena->drafts--;
        pthread_cond_broadcast(&arena->draft_ended);
    }
    pthread_mutex_unlock(&arena->mutex);
}

/* Fills what was written from this octet on. */
static void fill_draft(const struct arena *arena, struct arena_draft *draft, uint64_t from, uint64_t written) {
    uint64_t end = written + DRAFT_SLACK < draft->ready ? written + DRAFT_SLACK : draft->ready;
    if (end > from) {
        memset(draft->start + from, arena->filler, end - from);
    }
}

uint8_t *arena_draft_publish(struct arena *arena, struct arena_draft *draft, uint64_t size) {
    fill_draft(arena, draft, size, round_up(size, SPAN_ALIGNMENT));
    end_draft(arena, draft, span_size(arena, size), draft->left);
    count_publication(arena);
    return arena->executable + draft->offset;
}

void arena_draft_drop(struct arena *arena, struct arena_draft *draft, uint64_t written) {
    fill_draft(arena, draft, 0, written);
    end_draft(arena, draft, 0, draft->promised);
}

void arena_release(struct arena *arena, uint8_t *executable, uint64_t size) {
    uint64_t offset = (uint64_t)(executable - arena->executable);
    uint64_t whole = span_size(arena, size);
    if (arena->file >= 0) {
        erase(arena, offset, whole);
    }
    pthread_mutex_lock(&arena->mutex);
    if (arena->file < 0) {
        erase(arena, offset, whole);
    }
    return_span(arena, offset, whole);
    pthread_mutex_unlock(&arena->mutex);
}
