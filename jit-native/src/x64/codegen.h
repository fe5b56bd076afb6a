/* Machine code of a module, one variant at a time. */
#ifndef PVMJIT_CODEGEN_H
#define PVMJIT_CODEGEN_H

#include "base/error.h"
#include "base/pieces.h"
#include "code/arena.h"
#include "code/variant.h"
#include "isa/program.h"

#include <stdbool.h>
#include <stdint.h>

/* Octets of machine code that are reserved for each guest instruction, the gas check included. */
#define MAXIMUM_INSTRUCTION_SIZE 160

/* Octets of a gas check, with a cost of one octet, and of four; in a variant that is fast, of what takes the gas, and of the
 * jump behind it where it is checked. */
#define GAS_CHECK_SHORT_SIZE 11
#define GAS_CHECK_SIZE 14
#define GAS_SHORT_SIZE 4
#define GAS_SIZE 7
#define GAS_JUMP_SIZE 6

/* The most machine code of a module, for each octet of its code and in all beyond that: whatever the code is. */
#define NATIVE_OCTETS_PER_OCTET 24
#define NATIVE_OCTETS_FIXED 4096

/* The most of spare code, which is compact from its beginning. */
#define SPARE_OCTETS_PER_INSTRUCTION 20
#define SPARE_OCTETS_PER_BLOCK 16
#define SPARE_OCTETS_FIXED 1024

/* What a variant is made of, and how. */
struct compilation {
    const struct program *program;
    pvm_block *blocks; /* of the program, by rising pc */
    bool price;        /* their pcs and costs are not known yet: they are filled in */
    enum variant_kind kind;
    bool use_gs; /* RAM is addressed by GS; it must be for a variant that is fast */
    bool spare;  /* another variant serves but where gas is short: small rather than fast */
    struct arena *arena;
    struct pieces *pieces; /* for the time of the compilation */
};

/* Makes a variant's code and publishes it. */
status codegen_compile(const struct compilation *compilation, struct variant *variant, pvm_error *error);

/* Octets that a block's machine code begins with to take its gas. */
uint32_t codegen_gas_check_size(const struct variant *variant, const uint8_t *check);

/* The block that ran out of gas, from what pvm_exit_out_of_gas leaves: the return address and the octets pushed. */
uint32_t codegen_block_out_of_gas(const struct variant *variant, const uint8_t *return_address, uint32_t pushed);

#endif
