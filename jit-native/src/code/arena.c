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

status arena_create(struct arena *arena, uint64_t size, enum arena_mapping mapping, uint8_t filler, pvm_error *error) {
    bool once = mapping == ARENA_MAPPED_ONCE;
    memset(arena, 0, sizeof *arena);
    arena->filler = filler;
    arena->size = round_up(size, (uint64_t)sysconf(_SC_PAGESIZE));
    if (once ? !map_once(arena) : !map_twice(arena)) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "a code arena of %llu octets cannot be mapped%s: %s",
                    (unsigned long long)size, once ? "" : " twice", strerror(errno));
    }
    /* Where the arena lies nobody can foresee. */
    arena->free_spans.state = (uintptr_t)arena->writable;
    arena->kept_spans.state = (uintptr_t)arena->executable;
    bool whole = spans_add(&arena->free_spans, 0, arena->size);
    bool mutex = whole && pthread_mutex_init(&arena->mutex, NULL) == 0;
    if (!mutex || pthread_cond_init(&arena->draft_ended, NULL) != 0) {
        if (mutex) {
            pthread_mutex_destroy(&arena->mutex);
        }
        spans_cut(&arena->free_spans, 0, arena->size);
        munmap(arena->executable, arena->size);
        if (arena->file >= 0) {
            munmap(arena->writable, arena->size);
            close(arena->file);
        }
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for a code arena");
    }
    /* Code may come to stand where other code was: processors that run our threads drop what they had fetched. */
    arena->sync_core = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0;
    return PVM_OK;
}

static void free_all(struct spans *spans) {
    while (spans->root != NULL) {
        spans_cut(spans, spans->root->offset, spans->root->size);
    }
}

void arena_destroy(struct arena *arena) {
    munmap(arena->executable, arena->size);
    if (arena->file >= 0) {
        munmap(arena->writable, arena->size);
        close(arena->file);
    }
    free_all(&arena->free_spans);
    free_all(&arena->kept_spans);
    pthread_cond_destroy(&arena->draft_ended);
    pthread_mutex_destroy(&arena->mutex);
}

/* The first span that has so many octets, less these; SPANS_NONE when there is none. */
static uint64_t take_from(struct spans *spans, uint64_t size) {
    uint64_t offset = spans_find(spans, size);
    if (offset != SPANS_NONE) {
        spans_cut(spans, offset, size);
    }
    return offset;
}

static uint64_t span_size(const struct arena *arena, uint64_t size) {
    return round_up(size, arena->file >= 0 ? SPAN_ALIGNMENT : (uint64_t)sysconf(_SC_PAGESIZE));
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
        /* Neither can fail for a range of the arena; were it to, the pages would stay resident. */
        if (arena->file < 0) {
            (void)madvise(arena->writable + at, octets, MADV_DONTNEED);
        } else {
            (void)fallocate(arena->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)octets);
        }
    }
}

/* Puts a span, whose own pages [first, end) have no memory, among those that have none, with the pages at its edges that nothing
 * else is in. Without memory to note it here, as below, it is lost to later code, never handed out twice. */
static void add_free(struct arena *arena, uint64_t offset, uint64_t size, uint64_t first, uint64_t end) {
    if (!spans_add(&arena->free_spans, offset, size)) {
        return;
    }
    const struct span *free_span = spans_at(&arena->free_spans, offset);
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t from = offset / page * page, to = round_up(offset + size, page);
    from += from < free_span->offset ? page : 0;
    to -= to > free_span->offset + free_span->size ? page : 0;
    if (first < end) {
        drop_pages(arena, from, first);
        drop_pages(arena, end, to);
    } else {
        drop_pages(arena, from, to);
    }
}

/* Gives a span and its memory back, which takes the kernel 0.25 ms for each MiB: without the lock. Nobody waits for the span
 * meanwhile, as nobody waits for code that is being filled: who always does may wait for ever. */
static void give_back(struct arena *arena, uint64_t offset, uint64_t size) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t first = round_up(offset, page), end = (offset + size) / page * page;
    if (first < end) {
        pthread_mutex_unlock(&arena->mutex);
        drop_pages(arena, first, end);
        pthread_mutex_lock(&arena->mutex);
    }
    add_free(arena, offset, size, first, end);
}

/* Takes the memory of free spans that have it, which are so together again with those that have none, until one is large
 * enough; what others free meanwhile is not waited for. SPANS_NONE when none has become so. Counts as a draft: who finds
 * nothing while a span is on its way waits. */
static uint64_t take_together(struct arena *arena, uint64_t size) {
    uint64_t offset = SPANS_NONE;
    arena->drafts++;
    for (uint64_t left = arena->kept; offset == SPANS_NONE && left != 0 && arena->kept_spans.root != NULL;) {
        uint64_t first = arena->kept_spans.root->offset, octets = spans_cut(&arena->kept_spans, first, UINT64_MAX);
        arena->kept -= octets;
        left -= octets < left ? octets : left;
        give_back(arena, first, octets);
        offset = take_from(&arena->free_spans, size);
    }
    arena->drafts--;
    pthread_cond_broadcast(&arena->draft_ended);
    return offset;
}

/* SPANS_NONE when there is no room. *kept: the span has memory. */
static uint64_t take_span(struct arena *arena, uint64_t size, bool *kept) {
    uint64_t offset = take_from(&arena->kept_spans, size);
    *kept = offset != SPANS_NONE;
    if (*kept) {
        arena->kept -= size;
    } else {
        offset = take_from(&arena->free_spans, size);
        if (offset == SPANS_NONE) {
            offset = take_together(arena, size);
        }
    }
    arena->used += offset == SPANS_NONE ? 0 : size;
    return offset;
}

/* Takes back a span that is filled. */
static void return_span(struct arena *arena, uint64_t offset, uint64_t size) {
    arena->used -= size;
    if (arena->kept + size <= arena_may_keep(arena)) {
        arena->kept += spans_add(&arena->kept_spans, offset, size) ? size : 0; /* else it is lost, as above */
    } else {
        give_back(arena, offset, size);
    }
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
    return mprotect(to, whole, PROT_READ | PROT_EXEC) == 0;
}

/* Gives pages memory; false when there is none. A signal may cut it short, whatever SA_RESTART says. */
static bool allocate(const struct arena *arena, uint64_t offset, uint64_t octets) {
    int result;
    do {
        result = fallocate(arena->file, 0, (off_t)offset, (off_t)octets);
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

/* has_memory: every page of the span has been allocated. */
static bool write_through_view(struct arena *arena, uint64_t offset, uint8_t *code, uint64_t size, uint64_t whole,
                               uint64_t kept, bool has_memory) {
    uint8_t *to = arena->writable + offset;
    for (uint64_t at = 0; at < size; at += COPY_BYTES) {
        bool last = size - at <= COPY_BYTES;
        /* Allocates the pages now, so that running out of memory is an error here and not a SIGBUS below. */
        if (!has_memory && !allocate(arena, offset + at, last ? whole - at : COPY_BYTES)) {
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
static uint64_t await_span(struct arena *arena, uint64_t size, bool *kept) {
    uint64_t offset = take_span(arena, size, kept);
    arena->waiting++;
    while (offset == SPANS_NONE && arena->drafts != 0) {
        pthread_cond_wait(&arena->draft_ended, &arena->mutex);
        offset = take_span(arena, size, kept);
    }
    arena->waiting--;
    return offset;
}

status arena_publish(struct arena *arena, uint8_t *code, uint64_t size, uint64_t kept, uint8_t **executable,
                     pvm_error *error) {
    uint64_t whole = span_size(arena, size);
    bool single = arena->file < 0, has_memory;
    pthread_mutex_lock(&arena->mutex);
    uint64_t offset = await_span(arena, whole, &has_memory);
    bool ready = offset != SPANS_NONE && single && write_by_protection(arena, offset, code, size, whole, kept);
    pthread_mutex_unlock(&arena->mutex);
    if (offset == SPANS_NONE) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "the code arena of %llu octets has no room for %llu more",
                    (unsigned long long)arena->size, (unsigned long long)whole);
    }
    ready = single ? ready : write_through_view(arena, offset, code, size, whole, kept, has_memory);
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

/* Adds up to so many octets behind a draft to it, with memory and without by turns. */
static void lengthen(struct arena *arena, struct arena_draft *draft, uint64_t octets) {
    for (uint64_t left = octets, cut = 1; left != 0 && cut != 0; left -= cut) {
        bool all_ready = draft->ready == draft->reserved;
        uint64_t end = draft->offset + draft->reserved;
        cut = spans_cut(&arena->kept_spans, end, left);
        if (cut != 0) {
            arena->kept -= cut;
            draft->ready += all_ready ? cut : 0;
        } else {
            cut = spans_cut(&arena->free_spans, end, left);
        }
        draft->reserved += cut;
        arena->used += cut;
    }
}

/* Where so many octets are free: with memory; or from what has memory on, in front of the first that are; or there. */
static uint64_t find_room(const struct arena *arena, uint64_t size) {
    uint64_t room = spans_find(&arena->kept_spans, size);
    if (room == SPANS_NONE) {
        room = spans_find(&arena->free_spans, size);
        const struct span *front = room == SPANS_NONE ? NULL : spans_at(&arena->kept_spans, room);
        room = front != NULL && front->offset + front->size == room ? front->offset : room;
    }
    return room;
}

bool arena_draft_open(struct arena *arena, uint64_t size, struct arena_draft *draft) {
    uint64_t whole = span_size(arena, size);
    if (arena->file < 0) {
        return false;
    }
    pthread_mutex_lock(&arena->mutex);
    uint64_t offset = arena->waiting == 0 ? find_room(arena, whole) : SPANS_NONE;
    bool found = offset != SPANS_NONE;
    if (found) {
        *draft = (struct arena_draft){.start = arena->writable + offset, .offset = offset};
        lengthen(arena, draft, whole);
        arena->drafts++;
    }
    pthread_mutex_unlock(&arena->mutex);
    return found;
}

bool arena_reserve(struct arena *arena, uint64_t size, struct arena_draft *room) {
    uint64_t whole = span_size(arena, size);
    bool has_memory;
    if (arena->file < 0) {
        return false;
    }
    pthread_mutex_lock(&arena->mutex);
    uint64_t offset = await_span(arena, whole, &has_memory);
    pthread_mutex_unlock(&arena->mutex);
    if (offset != SPANS_NONE) {
        *room = (struct arena_draft){arena->writable + offset, offset, whole, has_memory ? whole : 0};
    }
    return offset != SPANS_NONE;
}

void arena_draft_begin(struct arena *arena) {
    pthread_mutex_lock(&arena->mutex);
    arena->drafts++;
    pthread_mutex_unlock(&arena->mutex);
}

bool arena_draft_grow(struct arena *arena, struct arena_draft *draft, uint64_t size) {
    if (size > draft->reserved) {
        uint64_t more = draft->reserved / 2 > size - draft->reserved ? draft->reserved / 2 : size - draft->reserved;
        pthread_mutex_lock(&arena->mutex);
        lengthen(arena, draft, round_up(more, SPAN_ALIGNMENT));
        pthread_mutex_unlock(&arena->mutex);
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

/* Takes what a draft has reserved from this octet on off it, and ends it. What is ready is kept for the next one. */
static void return_rest(struct arena *arena, struct arena_draft *draft, uint64_t from) {
    uint64_t kept = draft->ready > from ? draft->ready - from : 0, rest = draft->reserved - from - kept;
    pthread_mutex_lock(&arena->mutex);
    if (rest != 0) { /* first, for what is ready may end in a page of it */
        arena->used -= rest;
        (void)spans_add(&arena->free_spans, draft->offset + from + kept, rest);
    }
    if (kept != 0) {
        return_span(arena, draft->offset + from, kept);
    }
    arena->drafts--;
    pthread_cond_broadcast(&arena->draft_ended);
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
    return_rest(arena, draft, span_size(arena, size));
    count_publication(arena);
    return arena->executable + draft->offset;
}

void arena_draft_drop(struct arena *arena, struct arena_draft *draft, uint64_t written) {
    fill_draft(arena, draft, 0, written);
    return_rest(arena, draft, 0);
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
