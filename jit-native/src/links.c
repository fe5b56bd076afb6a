/* Sections and their links. */
#include "links.h"

#include "base/search.h"
#include "x64/codegen.h"
#include "x64/entry.h"
#include "x64/outward.h"

#include <stddef.h>
#include <stdlib.h>

/* Entries of the jump table that are connected at a time: what calls return to lies together in tables of compilers. */
#define ENTRIES_TOGETHER 64

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
    free(links->ranges);
    *links = (struct links){0};
}

uint64_t links_bytes(const struct links *links) {
    uint64_t bytes = links->bytes;
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

/* Connects those of the entries from `first` up to `end` that lead to this variant. */
static void connect_entries(struct links *links, uint32_t first, uint32_t end, const struct variant *variant) {
    void **pointers = links->jump_tables[variant->kind].pointers;
    for (uint32_t n = first; n < end; n++) {
        int64_t target = program_jump_block(links->program, n);
        if (section_contains(&variant->section, target)) {
            const void *code = code_of(links, variant, (uint32_t)target);
            __atomic_store_n(&pointers[n + 1], (void *)(uintptr_t)code, __ATOMIC_RELEASE);
        }
    }
}

void links_connect_entry(struct links *links, uint32_t entry, const struct variant *variant) {
    uint32_t entries = links->jump_tables[variant->kind].entries, first = entry / ENTRIES_TOGETHER * ENTRIES_TOGETHER;
    connect_entries(links, first, entries - first < ENTRIES_TOGETHER ? entries : first + ENTRIES_TOGETHER, variant);
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
     * it is. Where it is all of a program nobody gets there by an entry of its kind before. */
    connect_from(links, variant);
    if (links->section_count == 1) {
        connect_entries(links, 0, links->jump_tables[variant->kind].entries, variant);
    }
    atomic_store_explicit(&links->sections[section].variants[variant->kind], variant, memory_order_release);
    connect_to(links, &links->sections[section], variant);
}
