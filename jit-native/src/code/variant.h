/* Machine code of a module in one flavour, and the tables between the guest's pc and it. */
#ifndef PVMJIT_VARIANT_H
#define PVMJIT_VARIANT_H

#include "base/pieces.h"
#include "isa/program.h"

#include <stdbool.h>
#include <stdint.h>

/* VARIANT_FAST: gas is in a register, and only some blocks check it, so that a run needs a margin of gas.
 * VARIANT_EXACT: every block checks. Both rely on the hardware to keep the guest from pages that it may not touch.
 * VARIANT_CHECKED: as VARIANT_EXACT, with checks of pages in its code. */
enum variant_kind { VARIANT_FAST, VARIANT_EXACT, VARIANT_CHECKED, VARIANT_COUNT };

struct variant {
    struct piece memory; /* of jump_table and offsets */
    enum variant_kind kind;
    bool spare;           /* for runs that another variant does not serve */
    uint32_t margin;      /* gas that must be left when its code is entered: what can be spent until it is checked */
    uint64_t maximum_gas; /* that its code can be entered with, beyond the margin */
    uint8_t *code;        /* executable address; null when not made */
    uint64_t size;
    uint32_t end_offset; /* behind the last instruction */
    uint32_t *offsets;   /* of each instruction, in order; a block's begins with what its gas takes */
    uint32_t jump_table_entries;
    void **jump_table; /* [0] and invalid entries lead to the panic exit; null when C makes the dynamic jumps */
};

/* Octets of its tables. */
uint64_t variant_table_bytes(const struct variant *variant, const struct program *program);

/* Entries of a jump table for this program beside the first: as many as its own, or 0 when C is to make the jumps. */
uint32_t variant_jump_table_entries(const struct program *program);

/* Whether each entry of a jump table for this program leads to a block. */
bool variant_jump_table_is_whole(const struct program *program, uint32_t jump_table_entries);

/* Makes a variant of tables alone, all offsets 0, or of nothing; false when there is no memory. */
bool variant_open(struct variant *variant, const struct program *program, uint32_t jump_table_entries);

/* Gives the tables back. */
void variant_close(struct variant *variant, const struct program *program);

/* Lets the jump table lead to the code, or to `invalid` where the program's leads to no block. */
void variant_fill_jump_table(struct variant *variant, const struct program *program, void (*invalid)(void));

/* Where the machine code of the instruction at pc begins. */
static inline const uint8_t *variant_code_at(const struct variant *variant, const struct program *program,
                                             uint32_t pc) {
    return variant->code + variant->offsets[program_index(program, pc)];
}

/* Whether a run with so much gas that was in its code should go on there. */
static inline bool variant_serves(const struct variant *variant, uint64_t gas) {
    return gas - variant->margin <= variant->maximum_gas && !variant->spare;
}

/* Index of the instruction whose machine code contains the address. */
uint32_t variant_index_at(const struct variant *variant, const struct program *program, const uint8_t *address);

#endif
