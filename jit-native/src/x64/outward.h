/* Jumps that leave a section for another one: by a pointer behind the section's code, which leads to an exit until the other one
 * has machine code; or, where code is dense, by an exit each time. */
#ifndef PVMJIT_OUTWARD_H
#define PVMJIT_OUTWARD_H

#include "x64/x64.h"

#include <stdbool.h>
#include <stdint.h>

/* Set in the pc that the exit of a dynamic jump has: the jump is a static one, and the rest is its target. */
#define OUTWARD_JUMP (UINT32_C(1) << 31)

/* A pointer to the machine code of a block, in lines of the cache that have no code. */
struct outward_pointer {
    const void *code;
    uint32_t pc;   /* of the block */
    uint32_t next; /* for who links sections */
};

/* A block of another section. A site is the position of a displacement, which holds the site before it, or 0. */
struct outward_target {
    uint32_t pc;
    uint32_t by_pointer; /* last site of the jumps by its pointer */
    uint32_t by_place;   /* last site of the jumps to a place behind the code that leads on */
    uint32_t below[2];   /* targets whose pc has a next bit that is clear, or set: a number from 1, or 0 */
    bool has_pointer;
};

#define OUTWARD_ROOTS 64

/* Targets are found by the bits of their pc, from the lowest on: in no more steps than it has, whatever a program jumps to. */
struct outward_jumps {
    struct outward_target *targets; /* room for one for each jump */
    uint32_t count;
    uint32_t pointers;             /* targets that have one */
    bool retpolines;               /* jumps by pointers are made by returns (x64/indirect.h) */
    uint32_t roots[OUTWARD_ROOTS]; /* by the lowest bits of the pc; as in struct outward_target */
};

/* Emits a jump by a pointer to this block. */
void outward_jump(struct outward_jumps *jumps, struct x64_emitter *e, uint32_t pc);

/* The jump or branch whose displacement is at this position leads to this block. */
void outward_link(struct outward_jumps *jumps, struct x64_emitter *e, uint32_t site, uint32_t pc);

/* Octets that are still to be emitted for the jumps so far, about and at most; exits of pointers are not among them. */
uint64_t outward_size(const struct outward_jumps *jumps);
uint64_t outward_most(const struct outward_jumps *jumps);

/* Lets all targets have pointers. */
void outward_use_pointers(struct outward_jumps *jumps);

/* Emits places that lead on by pointers, for those that begin at this position. */
void outward_emit_places(const struct outward_jumps *jumps, struct x64_emitter *e, uint32_t pointers);

/* Octets that these places take. */
uint32_t outward_places_size(const struct outward_jumps *jumps);

/* Emits the pointers; they lead nowhere yet. */
void outward_emit_pointers(const struct outward_jumps *jumps, struct x64_emitter *e);

#endif
