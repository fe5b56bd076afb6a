/* Program blobs (Gray Paper A.2, A.3): a valid one, where its instructions and blocks start, and its jump table. */
#ifndef PVMJIT_PROGRAM_H
#define PVMJIT_PROGRAM_H

#include "base/error.h"
#include "base/pieces.h"
#include "isa/opcodes.h"
#include "isa/revisions.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A validated program. code and starts are followed by padding: operand octets beyond the code read 0, start bits 1. */
struct program {
    const struct revision_rules *rules;
    struct pieces *pieces; /* whose memory it is; null: of the heap */
    struct piece memory;   /* of all that follows */
    uint8_t *code;
    uint8_t *starts;            /* one bit per octet of code: an instruction starts there */
    uint8_t *block_starts;      /* and it is the first of a basic block (Gray Paper A.3) */
    uint32_t *ranks;            /* instructions that start before octet 64 * i of the code */
    uint8_t *jump_table;        /* entries of entry_size octets, 0 to 8 */
    uint64_t jump_table_length; /* beyond 2^24 only with entry_size 0 */
    uint32_t code_length;
    uint32_t entry_size;
    uint32_t instruction_count;
    uint32_t block_count;
    uint64_t weight; /* of all instructions */
};

/* What octets are where an instruction starts, under the rules of a revision. */
struct program_octets {
    const struct revision_rules *rules;
    uint64_t kinds[256]; /* to be summed up: see program.c */
};

/* weights: by octet; null: none weighs anything. */
void program_octets_fill(struct program_octets *octets, const struct revision_rules *rules, const uint8_t *weights);

status program_parse(struct program *program, const uint8_t *blob, uint64_t length, const struct program_octets *octets,
                     struct pieces *pieces, pvm_error *error);
void program_free(struct program *program);

/* Octets of memory that program_free frees. */
uint64_t program_bytes(const struct program *program);

/* In a valid program every set bit below code_length is an instruction that the walk meets. */
static inline bool program_is_start(const struct program *program, uint64_t pc) {
    return pc < program->code_length && (program->starts[pc >> 3] >> (pc & 7) & 1) != 0;
}

/* Whether pc is 0 or follows a terminator, and an instruction starts there (Gray Paper A.3). */
static inline bool program_is_block_start(const struct program *program, int64_t pc) {
    return (uint64_t)pc < program->code_length && (program->block_starts[pc >> 3] >> (pc & 7) & 1) != 0;
}

/* How many instructions start in front of pc. */
static inline uint32_t program_index(const struct program *program, uint32_t pc) {
    uint64_t starts;
    memcpy(&starts, program->starts + (uint64_t)(pc / 64) * 8, sizeof starts);
    return program->ranks[pc / 64] + (uint32_t)__builtin_popcountll(starts & ((UINT64_C(1) << (pc & 63)) - 1));
}

/* The pc of the instruction with this index. */
uint32_t program_pc_of_index(const struct program *program, uint32_t index);

/* The address that an entry holds, 0 when entries have no octets. */
static inline uint64_t program_jump_target(const struct program *program, uint32_t index) {
    uint64_t octets;
    uint32_t size = program->entry_size, unused = 64 - 8 * size;
    memcpy(&octets, program->jump_table + (uint64_t)index * size, sizeof octets);
    return size == 0 ? 0 : octets << unused >> unused;
}

/* The block that an entry leads to, or -1 when it leads to none. */
static inline int64_t program_jump_block(const struct program *program, uint32_t index) {
    int64_t target = (int64_t)program_jump_target(program, index);
    return program_is_block_start(program, target) ? target : -1;
}

/* The most octets between two opcodes. */
#define MAXIMUM_SKIP 24

/* Where the instruction behind the one at pc starts; in a valid program the next start, or the end of the code. */
uint32_t program_next(const struct program *program, uint32_t pc);

#endif
