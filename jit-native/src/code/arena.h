/* Executable memory: one address range per engine, cut into spans. */
#ifndef PVMJIT_ARENA_H
#define PVMJIT_ARENA_H

#include "base/error.h"
#include "code/resident.h"
#include "code/spans.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Where code is written: through a view of its own, or in its place, which is writable for that moment. */
enum arena_mapping { ARENA_MAPPED_TWICE, ARENA_MAPPED_ONCE };

struct arena {
    pthread_mutex_t mutex;
    pthread_cond_t draft_ended; /* who finds no room waits for drafts, which have more than they will need */
    uint32_t drafts, waiting;
    uint8_t *writable;   /* view to write code through */
    uint8_t *executable; /* view to run it from; the same address when there is one mapping */
    uint64_t size;
    uint64_t used;
    int file;       /* memfd, or -1 with one mapping */
    uint8_t filler; /* octet that free code consists of: as an instruction it traps */
    uint64_t page;
    struct spans unused;
    struct resident resident; /* pages that have memory */
    uint64_t kept;            /* octets of those that begin in what is unused: from when they were in use */
    uint64_t may_keep;        /* the most of these */
    bool sync_core;
    uint64_t published;    /* how often code was */
    uint64_t synchronized; /* how often when processors last dropped what they had fetched */
};

/* An emitter may have written so far beyond what is called written here. */
#define DRAFT_SLACK 64

/* Maps of the kernel that an arena takes at most: with one mapping what was ever used, the rest, and two more while a span
 * of it is writable. */
#define ARENA_MAPS 4

status arena_create(struct arena *arena, uint64_t size, enum arena_mapping mapping, uint8_t filler, pvm_error *error);
void arena_destroy(struct arena *arena);

/* Code that is published may come to stand where other code was, of which processors may have fetched something: nobody runs it
 * before arena_synchronize has returned for its publication, or a later one.
 *
 * Copies code in; *executable is its address. Aligned to 64 octets. From octet `kept` on, a multiple of the page size, code
 * is pages from mmap, which lose their contents and their memory as they are copied. */
status arena_publish(struct arena *arena, uint8_t *code, uint64_t size, uint64_t kept, uint8_t **executable,
                     pvm_error *error);

/* The last publication, which is above 0 as soon as there is one: of code that this thread has published, or one behind it. */
uint64_t arena_publication(const struct arena *arena);

/* Processors that run our threads drop what they had fetched before this publication, if they have not since: half a microsecond,
 * for all code that was published meanwhile. */
void arena_synchronize(struct arena *arena, uint64_t publication);

/* Room for machine code of later. Of one thread at a time. */
struct arena_room {
    uint8_t *start; /* in the writable view; null: there is none */
    uint64_t offset, size;
    uint64_t ready; /* octets from the start that have memory */
};

/* Room that machine code is written into before its length is known. Of one thread, which waits for nobody while it has it. */
struct arena_draft {
    uint8_t *start; /* in the writable view */
    uint64_t offset, reserved;
    uint64_t ready;          /* octets from the start that have memory */
    struct arena_room *room; /* that it is made from, or null */
    uint64_t promised;       /* octets of that, of all that are reserved */
    uint64_t left;           /* how many of them the room is to have at most when code is made */
};

/* Reserves room for so many octets; false where there is none, or where code is not written in its place, or where somebody
 * waits for the drafts that there are: with new ones that might be for ever. */
bool arena_draft_open(struct arena *arena, uint64_t size, struct arena_draft *draft);

/* Reserves room for so many octets: false where there is none, or where code is written in its place. It waits for drafts, or
 * else takes nothing that somebody waits for. at_page: it begins with a page, while there is much room. */
bool arena_reserve(struct arena *arena, uint64_t size, bool at_page, bool waits, struct arena_room *room);

/* Gives what is behind so many octets of room back, if there is any. */
void arena_shorten(struct arena *arena, struct arena_room *room, uint64_t size);

/* A draft that has all of the room, which is none until that is published, and then what is left of it, but no more octets than
 * this; or until it is dropped, and then what it was. What it grows by behind the room it has for that time only. */
struct arena_draft arena_draft_from(const struct arena *arena, struct arena_room *room, uint64_t left);

/* Makes at least the first `size` octets ready, in the same place; false where that cannot be. */
bool arena_draft_grow(struct arena *arena, struct arena_draft *draft, uint64_t size);

/* The first `size` octets, which are ready, are code from now on. Returns its address. */
uint8_t *arena_draft_publish(struct arena *arena, struct arena_draft *draft, uint64_t size);

/* Gives the room back, of which so many octets were written. */
void arena_draft_drop(struct arena *arena, struct arena_draft *draft, uint64_t written);

/* Overwrites the code with the filler and takes its space back. */
void arena_release(struct arena *arena, uint8_t *executable, uint64_t size);

#endif
