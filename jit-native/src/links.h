/* The machine code of a module, section by section, and what leads from one section to another: pointers behind the code of
 * each (x64/outward.h), and jump tables. Where a section has no machine code yet they lead to C, which makes it. */
#ifndef PVMJIT_LINKS_H
#define PVMJIT_LINKS_H

#include "code/arena.h"
#include "code/jump_table.h"
#include "code/variant.h"
#include "isa/sections.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct linked_section {
    bool priced; /* its blocks have their costs */
    _Atomic(struct variant *) variants[VARIANT_COUNT];
    /* What leads here without code, for who adds a variant: lists of numbers from 1, or 0, counted in the arena in units of
     * their size. */
    uint32_t pointers[VARIANT_COUNT];
};

/* One thread at a time changes them, while others read variants, and guests jump by the links. */
struct links {
    const struct program *program;
    struct arena *arena;
    struct pieces *pieces;
    uint32_t section_count;
    struct section *ranges;          /* of the sections, by rising pc */
    struct linked_section *sections; /* in the same order, in the same piece of the heap */
    uint64_t bytes;                  /* of that */
    struct jump_table jump_tables[VARIANT_COUNT];
    bool jump_table_made[VARIANT_COUNT];
};

/* Cuts the program into sections of so many octets (sections_cut). False when there is no memory; links_close is due in any
 * case. */
bool links_open(struct links *links, const struct program *program, struct arena *arena, struct pieces *pieces,
                uint64_t octets);

/* Frees all variants, too. */
void links_close(struct links *links);

/* The number of the section that contains pc. */
uint32_t links_section(const struct links *links, uint32_t pc);

/* The variant of a section, or null. */
static inline struct variant *links_variant(const struct links *links, uint32_t section, enum variant_kind kind) {
    return atomic_load_explicit(&links->sections[section].variants[kind], memory_order_acquire);
}

/* The variant of this kind that has the address in its code. */
struct variant *links_variant_at(const struct links *links, enum variant_kind kind, const uint8_t *address);

/* Makes the jump table for a kind of variant, if there is none; false when there is no memory. */
bool links_make_jump_table(struct links *links, enum variant_kind kind);

/* Takes over a variant of a section that has none of this kind, and lets what leads there do so: pointers, and the entries of
 * the jump table where the section is all of the program. */
void links_add(struct links *links, uint32_t section, struct variant *variant);

/* Lets an entry of the jump table lead to the variant that has its target, and those around it that have theirs there. Any
 * thread may at any time. */
void links_connect_entry(struct links *links, uint32_t entry, const struct variant *variant);

/* Octets of their memory, machine code apart. */
uint64_t links_bytes(const struct links *links);

#endif
