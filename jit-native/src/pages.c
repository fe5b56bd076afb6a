/* Memory of modules and of what makes them. Small pieces are the heap's. Large ones are maps of their own: they go back to
 * the system whole, whereas in a heap that many threads share they would leave holes, and what has been in use at once
 * would stay in use. A few wait for the next module, for pages that come from the system have to be cleared. */
#include "internal.h"

#include <stdlib.h>
#include <sys/mman.h>

#define PAGE_ROUNDED(octets) (((octets) + PVM_PAGE_SIZE - 1) / PVM_PAGE_SIZE * PVM_PAGE_SIZE)

/* A piece serves for what has at least this part of its octets: address space is not for nothing. */
#define LARGEST_WASTE 4

bool pages_open(pvm_engine *engine) {
    return pthread_mutex_init(&engine->pages.mutex, NULL) == 0;
}

/* Counts the map of a piece; false when it would be one too many. */
static bool count_map(pvm_engine *engine) {
    struct pages *pages = &engine->pages;
    pthread_mutex_lock(&pages->mutex);
    bool counted = pages->maps < engine->config.map_limit / PIECES_MAPS_PART && engine_reserve_maps(engine, 1);
    pages->maps += counted;
    pthread_mutex_unlock(&pages->mutex);
    return counted;
}

static void discount_map(pvm_engine *engine) {
    pthread_mutex_lock(&engine->pages.mutex);
    engine->pages.maps--;
    pthread_mutex_unlock(&engine->pages.mutex);
    atomic_fetch_sub(&engine->maps_used, 1);
}

static void unmap(pvm_engine *engine, const struct piece *piece) {
    munmap(piece->start, piece->mapped);
    discount_map(engine);
}

void pages_close(pvm_engine *engine) {
    for (uint32_t n = 0; n < engine->pages.count; n++) {
        unmap(engine, &engine->pages.kept[n].piece);
    }
    pthread_mutex_destroy(&engine->pages.mutex);
}

/* Lets the system have what is resident from an octet on. */
static void release_from(const struct piece *piece, uint64_t from, uint64_t resident) {
    from = PAGE_ROUNDED(from);
    if (resident > from) {
        /* Were it to fail, the memory would stay until the piece is unmapped. */
        (void)madvise(piece->start + from, resident - from, MADV_DONTNEED);
    }
}

static struct kept_piece take_out(struct pages *pages, uint32_t index) {
    struct kept_piece out = pages->kept[index];
    pages->count--;
    pages->resident -= out.resident;
    memmove(&pages->kept[index], &pages->kept[index + 1], (pages->count - index) * sizeof out);
    return out;
}

/* The smallest idle piece that serves for this size. */
static bool take_kept(struct pages *pages, uint64_t size, struct piece *piece) {
    struct kept_piece found = {{NULL, 0}, 0};
    uint32_t best = PIECES_KEPT;
    pthread_mutex_lock(&pages->mutex);
    for (uint32_t n = 0; n < pages->count; n++) {
        uint64_t mapped = pages->kept[n].piece.mapped;
        if (mapped >= size && mapped / LARGEST_WASTE <= size &&
            (best == PIECES_KEPT || mapped < pages->kept[best].piece.mapped)) {
            best = n;
        }
    }
    if (best < PIECES_KEPT) {
        found = take_out(pages, best);
    }
    pthread_mutex_unlock(&pages->mutex);
    release_from(&found.piece, size, found.resident);
    *piece = found.piece;
    return found.piece.start != NULL;
}

bool pages_take(pvm_engine *engine, uint64_t octets, struct piece *piece) {
    uint64_t size = PAGE_ROUNDED(octets);
    if (engine != NULL && octets >= PIECE_MAPPED_FROM) {
        if (take_kept(&engine->pages, size, piece)) {
            return true;
        }
        if (count_map(engine)) {
            void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            *piece = (struct piece){start == MAP_FAILED ? NULL : start, size};
            if (start == MAP_FAILED) {
                discount_map(engine);
            }
            return start != MAP_FAILED;
        }
    }
    *piece = (struct piece){malloc(octets == 0 ? 1 : octets), 0};
    return piece->start != NULL;
}

/* Puts a piece behind those that are idle; what has waited longest makes room. */
static void keep(pvm_engine *engine, struct kept_piece added) {
    struct pages *pages = &engine->pages;
    struct kept_piece out[PIECES_KEPT];
    uint32_t count = 0;
    pthread_mutex_lock(&pages->mutex);
    while (pages->count == PIECES_KEPT || (pages->count > 0 && pages->resident + added.resident > PIECES_KEPT_OCTETS)) {
        out[count++] = take_out(pages, 0);
    }
    pages->kept[pages->count++] = added;
    pages->resident += added.resident;
    pthread_mutex_unlock(&pages->mutex);
    for (uint32_t n = 0; n < count; n++) {
        unmap(engine, &out[n].piece);
    }
}

void pages_give(pvm_engine *engine, struct piece *piece, uint64_t touched) {
    if (piece->mapped == 0) {
        free(piece->start);
    } else {
        uint64_t resident = PAGE_ROUNDED(touched);
        release_from(piece, PIECE_KEPT_OCTETS, resident);
        keep(engine, (struct kept_piece){*piece, resident < PIECE_KEPT_OCTETS ? resident : PIECE_KEPT_OCTETS});
    }
    *piece = (struct piece){NULL, 0};
}
