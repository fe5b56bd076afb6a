/* Places in the machine code of pieces of blocks (x64/block.h): a piece is emitted again, into nowhere, to find out what is missing
 * at one of its instructions.
 *
 * That both emissions agree is compared for every instruction of every piece in builds for tests (CHECK_PLACES). */
#ifndef PVMJIT_PLACE_H
#define PVMJIT_PLACE_H

#include "isa/lookahead.h"
#include "x64/generator.h"
#include "x64/lazy.h"

#include <stdbool.h>
#include <stdint.h>

/* Of a piece that is a loop. */
#define MAXIMUM_COPIES 4

/* A place in the machine code of a block or a piece, and what is missing there. */
struct place {
    uint32_t instruction; /* number of it in the piece */
    uint32_t copies_behind;
    struct lazy lazy; /* as an access of the instruction finds it */
};

/* Of the start of the instruction with this number, in the first copy of the piece that begins at pc. False: nothing is put
 * off in it, and there are no copies. */
bool place_of(const struct program *program, uint32_t pc, uint32_t copies, uint32_t instruction, struct place *place);

/* Of the access of the instruction with this number, or where there are copies, of the one whose machine code has this octet,
 * counted from behind what takes the gas. */
bool place_at(const struct program *program, uint32_t pc, uint32_t copies, uint32_t instruction, uint32_t octet,
              struct place *place);

/* What is missing at each instruction of a piece while it is emitted. */
struct place_notes {
#ifdef CHECK_PLACES
    uint32_t count, octets[MAXIMUM_COPIES * LOOKAHEAD];
    struct lazy starts[MAXIMUM_COPIES * LOOKAHEAD], accesses[MAXIMUM_COPIES * LOOKAHEAD];
#else
    char none;
#endif
};

#ifdef CHECK_PLACES
void place_notes_begin(struct place_notes *notes);

/* Before each instruction: where lazy_emit leaves the state that its access finds. */
struct lazy *place_note(struct place_notes *notes, const struct generator *g, const struct lazy *lazy);

/* Behind the last one: ends the process where another state would be found. */
void place_notes_check(const struct place_notes *notes, const struct generator *g, const struct block_view *block,
                       uint32_t copies);
#else
static inline void place_notes_begin(struct place_notes *notes) {
    (void)notes;
}

static inline struct lazy *place_note(struct place_notes *notes, const struct generator *g, const struct lazy *lazy) {
    (void)notes, (void)g, (void)lazy;
    return NULL;
}

static inline void place_notes_check(const struct place_notes *notes, const struct generator *g,
                                     const struct block_view *block, uint32_t copies) {
    (void)notes, (void)g, (void)block, (void)copies;
}
#endif

#endif
