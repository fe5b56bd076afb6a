/* Cutting programs into sections. */
#include "isa/sections.h"

static struct section_edge end_of(const struct program *program) {
    return (struct section_edge){program->code_length, program->instruction_count, program->block_count};
}

struct section section_whole(const struct program *program) {
    return (struct section){{0, 0, 0}, end_of(program)};
}

/* The section that begins at this edge; the one before ends there. */
static void begin(struct section *sections, uint32_t number, uint32_t capacity, struct section_edge edge,
                  struct section_edge end) {
    if (number < capacity) {
        sections[number] = (struct section){edge, end};
        if (number > 0) {
            sections[number - 1].end = edge;
        }
    }
}

uint32_t sections_cut(const struct program *program, uint64_t octets, struct section *sections, uint32_t capacity) {
    uint32_t count = 0, blocks = 0;
    uint64_t range = 0; /* where the next one begins that has no section yet */
    for (uint64_t at = 0; at < program->code_length; at += 64) {
        uint64_t starts;
        memcpy(&starts, program->block_starts + at / 8, sizeof starts);
        while (range < at + 64) {
            uint64_t before = range > at ? (UINT64_C(1) << (range - at)) - 1 : 0, left = starts & ~before;
            if (left == 0) {
                break;
            }
            before = (left & -left) - 1;
            uint32_t pc = (uint32_t)at + (uint32_t)__builtin_ctzll(left);
            struct section_edge edge = {pc, program_index(program, pc),
                                        blocks + (uint32_t)__builtin_popcountll(starts & before)};
            begin(sections, count++, capacity, edge, end_of(program));
            range = (pc / octets + 1) * octets;
        }
        blocks += (uint32_t)__builtin_popcountll(starts);
    }
    return count;
}
