/* Where machine code goes while it is made: straight into the arena, or where that cannot be into a buffer from which it is
 * copied. Of one thread. */
#ifndef PVMJIT_OUTPUT_H
#define PVMJIT_OUTPUT_H

#include "base/error.h"
#include "base/pieces.h"
#include "code/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct output {
    uint8_t *start;
    uint64_t room; /* octets from the start that can be written; those that have been are kept as it grows */
    uint64_t most; /* that it may need in all */
    struct arena *arena;
    struct pieces *pieces;
    struct arena_room *reserved; /* that it is to be in, or null */
    uint64_t left;               /* the most that is to be left of that */
    struct arena_draft draft;    /* start null: the buffer is in use */
    struct piece buffer;
};

/* Begins with room for `first` octets. likely: what it will need in all, as a rule; most: what it may need. Room that is
 * reserved, or null, is written into, if it is long enough; it is the output's until that is closed, and what is left of it
 * then, at most so many octets. */
status output_open(struct output *output, struct arena *arena, struct arena_room *reserved, uint64_t left,
                   struct pieces *pieces, uint64_t first, uint64_t likely, uint64_t most, pvm_error *error);

/* Makes room for so many octets, of which the first `written` are kept; the start may change. After a failure there is
 * nothing to close. */
status output_grow(struct output *output, uint64_t written, uint64_t octets, pvm_error *error);

/* The first `size` octets become executable code, at *code, and the output is closed, after a failure, too. */
status output_publish(struct output *output, uint64_t size, uint8_t **code, pvm_error *error);

/* Closes it; so many octets have been written. */
void output_drop(struct output *output, uint64_t written);

#endif
