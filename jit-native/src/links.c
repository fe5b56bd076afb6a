/* Sections and their links. */
#include "links.h"

#include "base/search.h"
#include "x64/codegen.h"
#include "x64/entry.h"
#include "x64/outward.h"

#include <stddef.h>
#include <stdlib.h>

uint32_t links_section(const struct links *links, uint32_t pc) {
    _Static_assert(offsetof(struct section, first.pc) == 0, "the values that are searched");
    return search_last(&links->ranges->first.pc, links->section_count, sizeof *links->ranges / sizeof(uint32_t), pc);
}

struct variant *links_variant_at(const struct links *links, enum variant_kind kind, const uint8_t *address) {
    for (uint32_t n = 0; n < links->section_count; n++) {
        struct variant *variant = links_variant(links, n, kind);
        if (variant != NULL && address >= variant->code && address < variant->code + variant->size) {
            return variant;
        }
    }
    return NULL;
}

/* ---- Their life ---- */

static uint64_t entries_bytes(const struct links *links) {
    return links->next_entry == NULL ? 0 : links->program->jump_table_length * sizeof *links->next_entry;
}

bool links_open(struct links *links, const struct program *program, struct arena *arena, struct pieces *pieces,
                uint64_t octets) {
    uint64_t most = program->code_length / octets + 1;
    *links = (struct links){.program = program, .arena = arena, .pieces = pieces};
    links->bytes = most * (sizeof *links->ranges + sizeof *links->sections);
    links->ranges = calloc(1, links->bytes);
    if (links->ranges == NULL) {
        return false;
    }
    links->sections = (struct linked_section *)(void *)(links->ranges + most);
    links->section_count = sections_cut(program, octets, links->ranges, (uint32_t)most);
    return true;
}

void links_close(struct links *links) {
    for (uint32_t n = 0; n < links->section_count; n++) {
        for (int kind = 0; kind < VARIANT_COUNT; kind++) {
            struct variant *variant = links_variant(links, n, (enum variant_kind)kind);
            if (variant != NULL) {
                arena_release(links->arena, variant->code, variant->size);
                variant_close(variant, links->pieces);
                free(variant);
            }
        }
    }
    for (int kind = 0; kind < VARIANT_COUNT; kind++) {
        jump_table_close(&links->jump_tables[kind], links->pieces);
    }
    if (links->next_entry != NULL) {
        pieces_give(links->pieces, &links->entries_memory, entries_bytes(links));
    }
    free(links->ranges);
    *links = (struct links){0};
}

uint64_t links_bytes(const struct links *links) {
    uint64_t bytes = links->bytes + entries_bytes(links);
    for (uint32_t n = 0; n < links->section_count; n++) {
        for (int kind = 0; kind < VARIANT_COUNT; kind++) {
            const struct variant *variant = links_variant(links, n, (enum variant_kind)kind);
            bytes += variant == NULL ? 0 : sizeof *variant + variant_table_bytes(variant);
        }
    }
    for (int kind = 0; kind < VARIANT_COUNT; kind++) {
        bytes += jump_table_bytes(&links->jump_tables[kind]);
    }
    return bytes;
}

/* ---- Jump tables ---- */

/* Lists the entries of the program's jump table by the sections that they lead to. False when there is no memory. */
static bool list_entries(struct links *links, uint32_t entries) {
    const struct program *program = links->program;
    if (links->next_entry != NULL || entries == 0 || links->section_count == 1) {
        return true;
    }
    if (!pieces_take(links->pieces, entries * sizeof *links->next_entry, &links->entries_memory)) {
        return false;
    }
    links->next_entry = (uint32_t *)(void *)links->entries_memory.start;
    uint32_t section = 0;
    for (uint32_t n = 0; n < entries; n++) {
        int64_t target = jump_table_target(program, n);
        if (target >= 0) {
            section =
                section_contains(&links->ranges[section], target) ? section : links_section(links, (uint32_t)target);
            links->next_entry[n] = links->sections[section].first_entry;
            links->sections[section].first_entry = n + 1;
        }
    }
    return true;
}

bool links_make_jump_table(struct links *links, enum variant_kind kind) {
    struct jump_table *table = &links->jump_tables[kind];
    bool fast = kind == VARIANT_FAST;
    if (links->jump_table_made[kind]) {
        return true;
    }
    if (!jump_table_open(table, links->program, links->pieces,
                         fast ? pvm_exit_unresolved_with_gas : pvm_exit_unresolved,
                         fast ? pvm_exit_dynamic_panic_with_gas : pvm_exit_dynamic_panic)) {
        return false;
    }
    if (!list_entries(links, table->entries)) {
        jump_table_close(table, links->pieces);
        return false;
    }
    links->jump_table_made[kind] = true;
    return true;
}

/* ---- Links ---- */

static const void *code_of(const struct links *links, const struct variant *variant, uint32_t pc) {
    return variant_code_at(variant, links->program, pc);
}

/* A pointer of the arena, as C writes it, by its number. */
static struct outward_pointer *pointer_of(const struct links *links, uint32_t number) {
    return (struct outward_pointer *)(void *)(links->arena->writable + number * sizeof(struct outward_pointer));
}

static void connect_entry(struct links *links, uint32_t entry, const struct variant *variant) {
    const void *code = code_of(links, variant, (uint32_t)program_jump_target(links->program, entry));
    __atomic_store_n(&links->jump_tables[variant->kind].pointers[entry + 1], (void *)(uintptr_t)code, __ATOMIC_RELEASE);
}

/* Connects the entries of the jump table that lead to this variant. */
static void connect_entries(struct links *links, const struct linked_section *section, const struct variant *variant) {
    uint32_t entries = links->jump_tables[variant->kind].entries;
    if (links->section_count == 1) {
        for (uint32_t n = 0; n < entries; n++) {
            if (jump_table_target(links->program, n) >= 0) {
                connect_entry(links, n, variant);
            }
        }
    } else if (entries > 0) {
        for (uint32_t n = section->first_entry; n != 0; n = links->next_entry[n - 1]) {
            connect_entry(links, n - 1, variant);
        }
    }
}

/* Connects the pointers of other sections that wait for this variant. */
static void connect_to(struct links *links, struct linked_section *section, const struct variant *variant) {
    for (uint32_t n = section->pointers[variant->kind]; n != 0;) {
        struct outward_pointer *pointer = pointer_of(links, n - 1);
        n = pointer->next;
        __atomic_store_n(&pointer->code, code_of(links, variant, pointer->pc), __ATOMIC_RELEASE);
    }
    section->pointers[variant->kind] = 0;
}

/* Connects what leads from this variant, or lets it wait. */
static void connect_from(struct links *links, const struct variant *variant) {
    uint64_t start = (uint64_t)(variant->code - links->arena->executable) + variant->pointers_offset;
    uint32_t first = (uint32_t)(start / sizeof(struct outward_pointer));
    for (uint32_t n = first; n < first + variant->pointer_count; n++) {
        struct outward_pointer *pointer = pointer_of(links, n);
        uint32_t section = links_section(links, pointer->pc);
        const struct variant *target = links_variant(links, section, variant->kind);
        if (target != NULL) {
            __atomic_store_n(&pointer->code, code_of(links, target, pointer->pc), __ATOMIC_RELEASE);
        } else {
            __atomic_store_n(&pointer->code, codegen_unresolved_exit(variant, n - first), __ATOMIC_RELEASE);
            pointer->next = links->sections[section].pointers[variant->kind];
            links->sections[section].pointers[variant->kind] = n + 1;
        }
    }
}

void links_add(struct links *links, uint32_t section, struct variant *variant) {
    links->sections[section].priced = true;
    /* Whoever gets to its code finds that its pointers lead somewhere; and who gets there by a link, that it is known whose code
     * it is. Where it is all of a program nobody gets there by an entry of its kind before, and all entries lead to it. */
    const bool is_all = links->section_count == 1;
    connect_from(links, variant);
    if (is_all) {
        connect_entries(links, &links->sections[section], variant);
    }
    atomic_store_explicit(&links->sections[section].variants[variant->kind], variant, memory_order_release);
    if (!is_all) {
        connect_entries(links, &links->sections[section], variant);
    }
    connect_to(links, &links->sections[section], variant);
}
