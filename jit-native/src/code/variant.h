/* Machine code of a module in one flavour, and the tables between the guest's pc and it. */
#ifndef PVMJIT_VARIANT_H
#define PVMJIT_VARIANT_H

#include "base/pieces.h"
#include "isa/program.h"

#include <stdbool.h>
#include <stdint.h>

/* What keeps the guest from pages that it may not touch: the hardware, or checks in its code. */
enum variant_kind { VARIANT_HARDWARE, VARIANT_CHECKED, VARIANT_COUNT };

struct variant {
    struct piece memory; /* of offsets and jump_table */
    uint8_t *code;       /* executable address; null when not made */
    uint64_t size;
    uint32_t end_offset; /* behind the last instruction */
    uint32_t *offsets;   /* of each instruction, in order; a block's begins with its gas check */
    void **jump_table;   /* [0] and invalid entries lead to the panic exit; null when C makes the dynamic jumps */
};

/* Octets of the tables of each variant of this program. */
uint64_t variant_table_bytes(const struct program *program);

/* Entries of its jump table beside the first: as many as the program's, or 0 when C makes the dynamic jumps. */
uint32_t variant_jump_table_entries(const struct program *program);

/* Makes a variant of tables alone, all offsets 0, or of nothing; false when there is no memory. */
bool variant_open(struct variant *variant, const struct program *program);

/* Gives the tables back. */
void variant_close(struct variant *variant, const struct program *program);

/* Lets the jump table lead to the code, or to `invalid` where the program's leads to no block. */
void variant_fill_jump_table(struct variant *variant, const struct program *program, void (*invalid)(void));

/* Where the machine code of the instruction at pc begins. */
static inline const uint8_t *variant_code_at(const struct variant *variant, const struct program *program,
                                             uint32_t pc) {
    return variant->code + variant->offsets[program_index(program, pc)];
}

/* pc of the instruction whose machine code contains the address. */
uint32_t variant_pc_at(const struct variant *variant, const struct program *program, const uint8_t *address);

#endif
