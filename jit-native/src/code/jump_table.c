/* Jump tables of machine code. */
#include "code/jump_table.h"

uint64_t jump_table_bytes(const struct jump_table *table) {
    return table->entries == 0 ? 0 : ((uint64_t)table->entries + 1) * sizeof(void *);
}

bool jump_table_open(struct jump_table *table, const struct program *program, struct pieces *pieces,
                     void (*unresolved)(void), void (*invalid)(void)) {
    /* More entries are no compiler's: each leads to a block, behind another. */
    bool worth_it = program->entry_size != 0 && program->jump_table_length <= program->code_length / 2;
    *table = (struct jump_table){.entries = worth_it ? (uint32_t)program->jump_table_length : 0};
    if (table->entries == 0) {
        return true;
    }
    if (!pieces_take(pieces, jump_table_bytes(table), &table->memory)) {
        return false;
    }
    const struct program fixed = *program; /* whatever is stored */
    void **pointers = (void **)(void *)table->memory.start;
    bool is_whole = true;
    pointers[0] = (void *)invalid;
    for (uint32_t n = 0; n < table->entries; n++) {
        bool leads = program_jump_block(&fixed, n) >= 0;
        pointers[n + 1] = leads ? (void *)unresolved : (void *)invalid;
        is_whole &= leads;
    }
    table->pointers = pointers;
    table->is_whole = is_whole;
    return true;
}

void jump_table_close(struct jump_table *table, struct pieces *pieces) {
    if (table->pointers != NULL) {
        pieces_give(pieces, &table->memory, jump_table_bytes(table));
    }
    *table = (struct jump_table){0};
}
