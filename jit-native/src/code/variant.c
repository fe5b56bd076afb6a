/* Tables of a variant: they lie in one piece of memory, the jump table in front of the offsets. */
#include "code/variant.h"

#include "base/search.h"

uint32_t variant_jump_table_entries(const struct program *program) {
    /* More entries than code are no compiler's: a block start needs one entry. */
    bool worth_it = program->entry_size != 0 && program->jump_table_length <= program->code_length;
    return worth_it ? (uint32_t)program->jump_table_length : 0;
}

static bool leads_to_block(const struct program *program, uint32_t entry) {
    uint64_t target = program_jump_target(program, entry);
    return target <= INT64_MAX && program_is_block_start(program, (int64_t)target);
}

bool variant_jump_table_is_whole(const struct program *program, uint32_t jump_table_entries) {
    uint32_t n = 0;
    while (n < jump_table_entries && leads_to_block(program, n)) {
        n++;
    }
    return n == jump_table_entries;
}

/* Pointers of a jump table; 0 for none. */
static uint64_t pointers_of(uint32_t jump_table_entries) {
    return jump_table_entries == 0 ? 0 : (uint64_t)jump_table_entries + 1;
}

static uint64_t table_bytes(const struct program *program, uint64_t pointers) {
    return pointers * sizeof(void *) + program->instruction_count * sizeof(uint32_t);
}

uint64_t variant_table_bytes(const struct variant *variant, const struct program *program) {
    return table_bytes(program, pointers_of(variant->jump_table_entries));
}

bool variant_open(struct variant *variant, const struct program *program, uint32_t jump_table_entries) {
    uint64_t pointers = pointers_of(jump_table_entries), bytes = table_bytes(program, pointers);
    memset(variant, 0, sizeof *variant);
    if (!pieces_take(program->pieces, bytes, &variant->memory)) {
        return false;
    }
    variant->jump_table_entries = jump_table_entries;
    variant->jump_table = pointers == 0 ? NULL : (void **)(void *)variant->memory.start;
    variant->offsets = (uint32_t *)(void *)(variant->memory.start + pointers * sizeof(void *));
    memset(variant->offsets, 0, bytes - pointers * sizeof(void *));
    return true;
}

void variant_close(struct variant *variant, const struct program *program) {
    pieces_give(program->pieces, &variant->memory, variant_table_bytes(variant, program));
    memset(variant, 0, sizeof *variant);
}

void variant_fill_jump_table(struct variant *variant, const struct program *program, void (*invalid)(void)) {
    void **table = variant->jump_table;
    if (table == NULL) {
        return;
    }
    table[0] = (void *)invalid;
    for (uint32_t n = 0; n < variant->jump_table_entries; n++) {
        uint64_t target = program_jump_target(program, n);
        table[n + 1] = leads_to_block(program, n)
                           ? (void *)(uintptr_t)variant_code_at(variant, program, (uint32_t)target)
                           : (void *)invalid;
    }
}

uint32_t variant_index_at(const struct variant *variant, const struct program *program, const uint8_t *address) {
    uint32_t offset = (uint32_t)(address - variant->code);
    return search_last(variant->offsets, program->instruction_count, 1, offset);
}
