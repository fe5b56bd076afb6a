/* Memory of modules and of what makes them. Small pieces are the heap's. Large ones are maps of their own: they go back to
 * the system whole, whereas in a heap that many threads share they would leave holes, and what has been in use at once
 * would stay in use. A few wait for the next module, for pages that come from the system have to be cleared. */
#include "base/pieces.h"

#include "pvmjit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_ROUNDED(octets) (((octets) + PVM_PAGE_SIZE - 1) / PVM_PAGE_SIZE * PVM_PAGE_SIZE)

/* A piece serves for what has at least this part of its octets: address space is not for nothing. */
#define LARGEST_WASTE 4

bool pieces_open(struct pieces *pieces, struct maps *maps) {
    pieces->maps = maps;
    return pthread_mutex_init(&pieces->mutex, NULL) == 0;
}

/* Counts the map of a piece; false when it would be one too many. */
static bool count_map(struct pieces *pieces) {
    pthread_mutex_lock(&pieces->mutex);
    bool counted = pieces->mapped < pieces->maps->limit / PIECES_MAPS_PART && maps_reserve(pieces->maps, 1);
    pieces->mapped += counted;
    pthread_mutex_unlock(&pieces->mutex);
    return counted;
}

static void discount_map(struct pieces *pieces) {
    pthread_mutex_lock(&pieces->mutex);
    pieces->mapped--;
    pthread_mutex_unlock(&pieces->mutex);
    maps_return(pieces->maps, 1);
}

static void unmap(struct pieces *pieces, const struct piece *piece) {
    munmap(piece->start, piece->mapped);
    discount_map(pieces);
}

void pieces_close(struct pieces *pieces) {
    for (uint32_t n = 0; n < pieces->count; n++) {
        unmap(pieces, &pieces->kept[n].piece);
    }
    pthread_mutex_destroy(&pieces->mutex);
}

/* Lets the system have what is resident from an octet on. */
static void release_from(const struct piece *piece, uint64_t from, uint64_t resident) {
    from = PAGE_ROUNDED(from);
    if (resident > from) {
        /* Were it to fail, the memory would stay until the piece is unmapped. */
        (void)madvise(piece->start + from, resident - from, MADV_DONTNEED);
    }
}

static struct kept_piece take_out(struct pieces *pieces, uint32_t index) {
    struct kept_piece out = pieces->kept[index];
    pieces->count--;
    pieces->resident -= out.resident;
    memmove(&pieces->kept[index], &pieces->kept[index + 1], (pieces->count - index) * sizeof out);
    return out;
}

/* The smallest idle piece that serves for this size. */
static bool take_kept(struct pieces *pieces, uint64_t size, struct piece *piece) {
    struct kept_piece found = {{NULL, 0}, 0};
    uint32_t best = PIECES_KEPT;
    pthread_mutex_lock(&pieces->mutex);
    for (uint32_t n = 0; n < pieces->count; n++) {
        uint64_t mapped = pieces->kept[n].piece.mapped;
        if (mapped >= size && mapped / LARGEST_WASTE <= size &&
            (best == PIECES_KEPT || mapped < pieces->kept[best].piece.mapped)) {
            best = n;
        }
    }
    if (best < PIECES_KEPT) {
        found = take_out(pieces, best);
    }
    pthread_mutex_unlock(&pieces->mutex);
    release_from(&found.piece, size, found.resident);
    *piece = found.piece;
    return found.piece.start != NULL;
}

bool pieces_take(struct pieces *pieces, uint64_t octets, struct piece *piece) {
    uint64_t size = PAGE_ROUNDED(octets);
    if (pieces != NULL && octets >= PIECE_MAPPED_FROM) {
        if (take_kept(pieces, size, piece)) {
            return true;
        }
        if (count_map(pieces)) {
            void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            *piece = (struct piece){start == MAP_FAILED ? NULL : start, size};
            if (start == MAP_FAILED) {
                discount_map(pieces);
            }
            return start != MAP_FAILED;
        }
    }
    *piece = (struct piece){malloc(octets == 0 ? 1 : octets), 0};
    return piece->start != NULL;
}

/* Puts a piece behind those that are idle; what has waited longest makes room. */
static void keep(struct pieces *pieces, struct kept_piece added) {
    struct kept_piece out[PIECES_KEPT];
    uint32_t count = 0;
    pthread_mutex_lock(&pieces->mutex);
    while (pieces->count == PIECES_KEPT ||
           (pieces->count > 0 && pieces->resident + added.resident > PIECES_KEPT_OCTETS)) {
        out[count++] = take_out(pieces, 0);
    }
    pieces->kept[pieces->count++] = added;
    pieces->resident += added.resident;
    pthread_mutex_unlock(&pieces->mutex);
    for (uint32_t n = 0; n < count; n++) {
        unmap(pieces, &out[n].piece);
    }
}

void pieces_give(struct pieces *pieces, struct piece *piece, uint64_t touched) {
    if (piece->mapped == 0) {
        free(piece->start);
    } else {
        uint64_t resident = PAGE_ROUNDED(touched);
        release_from(piece, PIECE_KEPT_OCTETS, resident);
        keep(pieces, (struct kept_piece){*piece, resident < PIECE_KEPT_OCTETS ? resident : PIECE_KEPT_OCTETS});
    }
    *piece = (struct piece){NULL, 0};
}
