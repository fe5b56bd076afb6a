/* Machine code of a module, one variant of one section at a time. */
#ifndef PVMJIT_CODEGEN_H
#define PVMJIT_CODEGEN_H

#include "base/error.h"
#include "base/pieces.h"
#include "code/arena.h"
#include "code/jump_table.h"
#include "code/variant.h"
#include "isa/program.h"

#include <stdbool.h>
#include <stdint.h>

/* The most machine code of a section, for each octet of its code, also where constants are blinded, and in all beyond that: whatever
 * the code is. */
#define NATIVE_OCTETS_PER_OCTET 24
#define BLINDED_OCTETS_PER_OCTET 36
#define NATIVE_OCTETS_FIXED 4096

/* Machine code for an octet of guest code, as a rule. */
#define LIKELY_OCTETS_PER_OCTET 4

/* The most of spare code of a section, which is compact from its beginning; of an instruction where code is hardened, or not. */
#define SPARE_OCTETS_PER_INSTRUCTION 20
#define HARDENED_SPARE_OCTETS_PER_INSTRUCTION 40
#define SPARE_OCTETS_PER_BLOCK 16
#define SPARE_OCTETS_FIXED 1024

/* About how much machine code an instruction makes, with its part of the block that it ends: by the octet of its opcode. */
void codegen_weights(const struct revision_rules *rules, bool blinded, uint8_t *weights);

/* The most machine code of so many octets in so many sections, whatever they are and in whatever variant. */
uint64_t codegen_most_octets(uint64_t octets, bool blinded, uint32_t sections);

/* About how much machine code without checks of pages is made of instructions of this weight, so many octets in so many sections; an
 * estimate from above. */
uint64_t codegen_likely_octets(uint64_t weight, uint64_t octets, bool blinded, uint32_t sections);

/* How much spare code there is at most, of so many instructions and blocks in so many sections. */
uint64_t codegen_spare_octets(uint64_t instructions, uint64_t blocks, bool hardened, uint32_t sections);

/* How much more than its code a section of so many instructions takes while it is made: what the next ones could make at most. */
uint64_t codegen_passing_octets(uint64_t instructions);

/* What a variant is made of, and how. */
struct compilation {
    const struct program *program;
    const struct section *section;
    const struct jump_table *jump_table; /* of this kind of variant */
    pvm_block *blocks;                   /* of the program, by rising pc */
    bool price;                          /* their pcs and costs are not known yet: they are filled in */
    enum variant_kind kind;
    bool use_gs; /* RAM is addressed by GS; it must be for a variant that is fast */
    bool spare;  /* another variant serves but where gas is short: small rather than fast */
    bool retpolines, blinded;
    struct arena *arena;
    struct arena_room *reserved; /* room in it for this variant, or null */
    uint64_t left;               /* the most that is to be left of that */
    struct pieces *pieces;       /* for the table of the variant, and for the time of the compilation */
};

/* Makes a variant's code and publishes it. */
status codegen_compile(const struct compilation *compilation, struct variant *variant, pvm_error *error);

/* How the block with this number in the program, whose machine code this is, takes its gas. */
struct block_gas codegen_block_gas(const struct variant *variant, uint64_t block, const uint8_t *code);

/* The block that ran out of gas, from what pvm_exit_out_of_gas leaves: the return address and the octets pushed. */
uint32_t codegen_block_out_of_gas(const struct variant *variant, const uint8_t *return_address, uint32_t pushed);

/* The same exit is that of pointers to other sections, which are numbered in their order: whether it was theirs, the pc that the
 * one leads to, and where each has to lead until that has machine code. */
bool codegen_is_unresolved(const struct variant *variant, const uint8_t *return_address);
uint32_t codegen_unresolved_target(const struct variant *variant, const uint8_t *return_address, uint32_t pushed);
const uint8_t *codegen_unresolved_exit(const struct variant *variant, uint32_t number);

/* The entry of the program's jump table that machine code has jumped by, from the address that pvm_exit_unresolved leaves. */
uint32_t codegen_jump_entry(const struct jump_table *table, uint64_t address);

/* What a fault in a variant's machine code means. */
struct codegen_fault {
    uint32_t index; /* of the instruction */
    /* What is to be added to the gas, modulo 2^64: it was taken for what has not run, or has yet to be taken. */
    uint64_t refund;
};

/* Resolves an access that was denied at this address. The block, how it takes its gas, and the index are those of the last
 * instruction whose offset is not behind it. Gives guest registers, which hold what the host's did, their values. */
struct codegen_fault codegen_resolve_fault(const struct variant *variant, const struct program *program,
                                           const pvm_block *block, struct block_gas gas, uint32_t index,
                                           const uint8_t *address, uint64_t *registers);

/* Whether the machine code of the instruction with this index, in this block, can be entered with these registers. */
bool codegen_can_enter(const struct variant *variant, const struct program *program, const pvm_block *block,
                       struct block_gas gas, uint32_t index, const uint64_t *registers);

#endif
