/* Memory of modules and of what makes them, in pieces; an engine keeps a few idle ones for what comes next. */
#ifndef PVMJIT_PIECES_H
#define PVMJIT_PIECES_H

#include "base/maps.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Pieces from this size on are maps of their own. */
#define PIECE_MAPPED_FROM (UINT64_C(64) << 10)

/* Pieces have this part of the maps that an engine may have; beyond that the heap serves. */
#define PIECES_MAPS_PART 8

/* What an engine keeps for its next modules, at most. */
#define PIECES_KEPT 8
#define PIECES_KEPT_OCTETS (UINT64_C(16) << 20)
#define PIECE_KEPT_OCTETS (UINT64_C(4) << 20)

struct piece {
    uint8_t *start;  /* or null: there is none */
    uint64_t mapped; /* octets of its map; 0 when it is of the heap */
};

struct kept_piece {
    struct piece piece;
    uint64_t resident; /* octets from its start that may have memory */
};

/* What is idle, from the first one given on. Thread-safe. */
struct pieces {
    struct maps *maps; /* of the kernel: pieces count among them */
    pthread_mutex_t mutex;
    struct kept_piece kept[PIECES_KEPT];
    uint32_t count;
    uint64_t resident; /* of all */
    uint64_t mapped;   /* pieces that are maps, idle or not */
};

/* False without a mutex. */
bool pieces_open(struct pieces *pieces, struct maps *maps);

/* Gives everything back that is idle. */
void pieces_close(struct pieces *pieces);

/* Memory of this many octets, with any contents; false when there is none. pieces null: from the heap. */
bool pieces_take(struct pieces *pieces, uint64_t octets, struct piece *piece);

/* Takes the piece back, of which no more than `touched` octets from its start may have memory, and makes it none. */
void pieces_give(struct pieces *pieces, struct piece *piece, uint64_t touched);

#endif
