/* Machine code of a section of a module in one flavour, and the table between the guest's pc and it. */
#ifndef PVMJIT_VARIANT_H
#define PVMJIT_VARIANT_H

#include "base/pieces.h"
#include "isa/program.h"
#include "isa/sections.h"

#include <stdbool.h>
#include <stdint.h>

/* VARIANT_FAST: gas is in a register, and only some blocks check it, so that a run needs a margin of gas.
 * VARIANT_EXACT: every block checks. Both rely on the hardware to keep the guest from pages that it may not touch.
 * VARIANT_CHECKED: as VARIANT_EXACT, with checks of pages in its code. */
enum variant_kind { VARIANT_FAST, VARIANT_EXACT, VARIANT_CHECKED, VARIANT_COUNT };

/* How a block takes its gas. */
struct block_gas {
    int16_t debt; /* what it and those in front cost and have not taken while it runs; below 0: what they took ahead */
    uint8_t copies; /* how often it is there in a row, as a loop: so often it takes its cost */
    uint8_t size;   /* octets of what takes the gas, at its start */
};

struct variant {
    struct section section;
    struct piece memory; /* of offsets and gas */
    enum variant_kind kind;
    bool spare;           /* for runs that another variant does not serve */
    bool retpolines;      /* indirect jumps are made by returns (x64/indirect.h) */
    bool blinded;         /* constants of the guest do not stand in its code (x64/blind.h) */
    bool plain;           /* of code that is fast: each instruction is there once, as if it stood alone (x64/block.h) */
    uint32_t margin;      /* gas that must be left when its code is entered: what can be spent until it is checked */
    uint64_t maximum_gas; /* that its code can be entered with, beyond the margin */
    uint8_t *code;        /* executable address; null when not made */
    uint64_t size;
    uint32_t end_offset; /* behind the last instruction */
    /* Of the pointers to other sections, behind all code, and of their exits in front of them. */
    uint32_t pointer_count, pointers_offset, unresolved_offset;
    uint32_t *offsets;     /* of each instruction, in order; a block's begins with what its gas takes */
    struct block_gas *gas; /* of each block, in order; null: each is there once, takes its cost and checks its gas */
};

/* Octets of its tables. */
uint64_t variant_table_bytes(const struct variant *variant);

/* Makes a variant of its tables alone, all of zeros, or of nothing; false when there is no memory. */
bool variant_open(struct variant *variant, const struct section *section, bool with_gas, struct pieces *pieces);

/* Gives the tables back. */
void variant_close(struct variant *variant, struct pieces *pieces);

/* Where in its table the instruction at pc is, which is of its section. */
static inline uint32_t variant_slot(const struct variant *variant, const struct program *program, uint32_t pc) {
    return program_index(program, pc) - variant->section.first.index;
}

/* Where the machine code of the instruction at pc begins. */
static inline const uint8_t *variant_code_at(const struct variant *variant, const struct program *program,
                                             uint32_t pc) {
    return variant->code + variant->offsets[variant_slot(variant, program, pc)];
}

/* Whether a run with so much gas that was in its code should go on there; what is beyond its maximum is held back. */
static inline bool variant_serves(const struct variant *variant, uint64_t gas) {
    return gas >= variant->margin && !variant->spare;
}

/* Index in the program of the instruction whose machine code contains the address. */
uint32_t variant_index_at(const struct variant *variant, const uint8_t *address);

#endif
