/* The tables of a variant. */
#include "code/variant.h"

#include "base/search.h"

static uint64_t table_bytes(const struct section *section, bool with_gas) {
    return section_instructions(section) * sizeof(uint32_t) +
           (with_gas ? section_blocks(section) * sizeof(struct block_gas) : 0);
}

uint64_t variant_table_bytes(const struct variant *variant) {
    return table_bytes(&variant->section, variant->gas != NULL);
}

bool variant_open(struct variant *variant, const struct section *section, bool with_gas, struct pieces *pieces) {
    memset(variant, 0, sizeof *variant);
    if (!pieces_take(pieces, table_bytes(section, with_gas), &variant->memory)) {
        return false;
    }
    variant->section = *section;
    variant->offsets = (uint32_t *)(void *)variant->memory.start;
    variant->gas = with_gas ? (struct block_gas *)(void *)(variant->offsets + section_instructions(section)) : NULL;
    memset(variant->offsets, 0, table_bytes(section, with_gas));
    return true;
}

void variant_close(struct variant *variant, struct pieces *pieces) {
    pieces_give(pieces, &variant->memory, variant_table_bytes(variant));
    memset(variant, 0, sizeof *variant);
}

uint32_t variant_index_at(const struct variant *variant, const uint8_t *address) {
    uint32_t offset = (uint32_t)(address - variant->code);
    return variant->section.first.index +
           search_last(variant->offsets, section_instructions(&variant->section), 1, offset);
}
