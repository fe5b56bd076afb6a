/* Sections of a program: whole blocks in a row, which are compiled at a time. */
#ifndef PVMJIT_SECTIONS_H
#define PVMJIT_SECTIONS_H

#include "isa/program.h"

#include <stdbool.h>
#include <stdint.h>

/* The start of a block, or the end of the code: its pc, and how many instructions and blocks are in front of it. */
struct section_edge {
    uint32_t pc, index, block;
};

struct section {
    struct section_edge first, end;
};

static inline bool section_contains(const struct section *section, int64_t pc) {
    return pc >= section->first.pc && pc < section->end.pc;
}

static inline uint32_t section_instructions(const struct section *section) {
    return section->end.index - section->first.index;
}

static inline uint32_t section_blocks(const struct section *section) {
    return section->end.block - section->first.block;
}

/* The whole program as one. */
struct section section_whole(const struct program *program);

/* Cuts a program where its first block begins in each of the ranges of so many octets that its code has: one section for a
 * range at most, and one at least. Writes no more than `capacity` of them; returns how many there are. */
uint32_t sections_cut(const struct program *program, uint64_t octets, struct section *sections, uint32_t capacity);

#endif
