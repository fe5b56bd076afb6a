/* Jump tables of machine code. */
#include "code/jump_table.h"

int64_t jump_table_target(const struct program *program, uint32_t entry) {
    uint64_t target = program_jump_target(program, entry);
    return target <= INT64_MAX && program_is_block_start(program, (int64_t)target) ? (int64_t)target : -1;
}

uint64_t jump_table_bytes(const struct jump_table *table) {
    return table->entries == 0 ? 0 : ((uint64_t)table->entries + 1) * sizeof(void *);
}

bool jump_table_open(struct jump_table *table, const struct program *program, struct pieces *pieces,
                     void (*unresolved)(void), void (*invalid)(void)) {
    /* More entries than code are no compiler's: a block start needs one entry. */
    bool worth_it = program->entry_size != 0 && program->jump_table_length <= program->code_length;
    *table = (struct jump_table){.entries = worth_it ? (uint32_t)program->jump_table_length : 0, .is_whole = true};
    if (table->entries == 0) {
        return true;
    }
    if (!pieces_take(pieces, jump_table_bytes(table), &table->memory)) {
        return false;
    }
    table->pointers = (void **)(void *)table->memory.start;
    table->pointers[0] = (void *)invalid;
    for (uint32_t n = 0; n < table->entries; n++) {
        bool leads = jump_table_target(program, n) >= 0;
        table->pointers[n + 1] = leads ? (void *)unresolved : (void *)invalid;
        table->is_whole &= leads;
    }
    return true;
}

void jump_table_close(struct jump_table *table, struct pieces *pieces) {
    if (table->pointers != NULL) {
        pieces_give(pieces, &table->memory, jump_table_bytes(table));
    }
    *table = (struct jump_table){0};
}
