/* Constants of guests that do not stand in machine code: where it is blinded, each is put together from two parts, of which one is
 * random and nobody can choose the other.
 *
 * Those of up to 16 bits stand as they are. Two octets in a row are what a guest can have anyway: by the distance of a branch, by the
 * gas of a block, by the instructions that it chooses.
 *
 * What is random comes from the system for each section, and is stretched by a generator that is no secret: it is hidden from those who
 * cannot read machine code, and who can has no need to guess. */
#ifndef PVMJIT_BLIND_H
#define PVMJIT_BLIND_H

#include "base/error.h"
#include "x64/x64.h"

#include <stdbool.h>
#include <stdint.h>

/* Stands for the number of a host call that must not stand in machine code: C has it from the program. */
#define NUMBER_IN_PROGRAM INT32_MIN

struct blinding {
    bool on;
    uint64_t state;
};

/* Turns it on, with what is random; a failure where the system has nothing. */
status blinding_begin(struct blinding *blinding, pvm_error *error);

/* Whether a constant must not stand in machine code. */
static inline bool blinding_hides(const struct blinding *blinding, int64_t x) {
    return __builtin_expect(blinding->on, false) && x != (int16_t)x;
}

/* The two below where x is hidden, and of more than two octets. */
void blinding_mov_hidden(struct blinding *blinding, struct x64_emitter *e, enum x64_register destination, int64_t x,
                         enum x64_register other);
void blinding_store_hidden(struct blinding *blinding, struct x64_emitter *e, enum x64_integer integer,
                           struct x64_memory m, int64_t x);

/* destination = x. It changes the flags, and where x takes more than 32 bits another register. */
static inline void blinding_mov_ri(struct blinding *blinding, struct x64_emitter *e, enum x64_register destination,
                                   int64_t x, enum x64_register other) {
    if (blinding_hides(blinding, x)) {
        blinding_mov_hidden(blinding, e, destination, x, other);
    } else {
        x64_mov_ri(e, destination, x);
    }
}

/* x64_store_constant; of more than two octets it may write memory twice. */
static inline void blinding_store_constant(struct blinding *blinding, struct x64_emitter *e, enum x64_integer integer,
                                           struct x64_memory m, int64_t x) {
    if (blinding_hides(blinding, x) && x64_integer_codes[integer].octets > 2) {
        blinding_store_hidden(blinding, e, integer, m, x);
    } else {
        x64_store_constant(e, integer, m, x);
    }
}

#endif
