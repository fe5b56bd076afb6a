/* Decoding: one instruction of a program (Gray Paper A.5), or many in a row, described to the gas model at once, so that
 * blocks are priced before they are emitted. */
#ifndef PVMJIT_LOOKAHEAD_H
#define PVMJIT_LOOKAHEAD_H

#include "isa/program.h"
#include "isa/steps.h"

#include <stdint.h>

/* The instruction at pc, a valid start. */
struct instruction program_decode(const struct program *program, uint32_t pc);

/* Instructions that are decoded at a time. The cost of a block of no more is known before it is emitted. Tests are built with
 * few, too. */
#ifndef LOOKAHEAD
#define LOOKAHEAD 256
#endif

struct lookahead {
    const struct program *program;
    uint32_t pc;        /* where the next instructions are */
    uint32_t end;       /* pc behind the last of them */
    uint32_t count;     /* of instructions */
    uint32_t end_count; /* of blocks that end with one of them */
    /* Operands that the form does not have may be anything. */
    struct instruction instructions[LOOKAHEAD];
    struct gas_step steps[LOOKAHEAD];
    uint32_t ends[LOOKAHEAD]; /* instructions up to the end of each block */
};

/* To be called once, for what is between these pcs; the program is a valid one. */
void lookahead_begin(struct lookahead *lookahead, const struct program *program, uint32_t pc, uint32_t end);

/* Decodes what follows the last `kept` instructions, of a block that has not ended: these come first now. */
void lookahead_fill(struct lookahead *lookahead, uint32_t kept);

#endif
