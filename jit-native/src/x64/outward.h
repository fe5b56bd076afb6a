/* Jumps that leave a section for another one. All that lead to one block go to one place behind the section's code, and from
 * there by a pointer, which leads to C until it is known where the block's machine code is; or, where code is dense, to C
 * each time. */
#ifndef PVMJIT_OUTWARD_H
#define PVMJIT_OUTWARD_H

#include "x64/x64.h"

#include <stdint.h>

/* Set in the pc that the exit of a dynamic jump has: the jump is a static one, and the rest is its target. */
#define OUTWARD_JUMP (UINT32_C(1) << 31)

/* A pointer to the machine code of a block, behind the code of a section, in lines of the cache that have no code. */
struct outward_pointer {
    void *code;
    uint32_t pc;   /* of the block */
    uint32_t next; /* for who links sections */
};

struct outward_target {
    uint32_t pc;
    uint32_t site;   /* of the last jump: its displacement holds the one before it, or 0 */
    uint32_t before; /* number of the one before it in its chain, from 1, or 0 */
};

#define OUTWARD_CHAINS 64

struct outward_jumps {
    struct outward_target *targets; /* room for one for each jump */
    uint32_t count;
    uint32_t chains[OUTWARD_CHAINS]; /* numbers of targets, from 1, or 0 */
};

/* Octets that a jump to C takes for each target. */
#define OUTWARD_EXIT_SIZE 10

/* The jump whose displacement is at this position leads to this block of another section. */
void outward_link(struct outward_jumps *jumps, struct x64_emitter *e, uint32_t site, uint32_t pc);

/* Octets that the pointers take, with the jumps by them, at most. */
uint64_t outward_pointers_size(const struct outward_jumps *jumps);

/* Emits, at the end of the code, jumps by pointers that lead to `unresolved`, which finds the pointer's address in rcx. Returns
 * where the pointers are. */
uint32_t outward_emit_pointers(const struct outward_jumps *jumps, struct x64_emitter *e, void (*unresolved)(void),
                               uint8_t filler);

#endif
