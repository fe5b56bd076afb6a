/* Where the dynamic jumps of a module's machine code lead, for one kind of variant. */
#ifndef PVMJIT_JUMP_TABLE_H
#define PVMJIT_JUMP_TABLE_H

#include "base/pieces.h"
#include "isa/program.h"

#include <stdbool.h>
#include <stdint.h>

struct jump_table {
    struct piece memory;
    uint32_t entries; /* as many as the program's, or 0: C makes the dynamic jumps */
    bool is_whole;    /* each entry leads to a block */
    void **pointers;  /* one for each entry, behind one that is `invalid`; null when there are no entries */
};

/* Makes a table whose entries lead to `unresolved` where the program's lead to blocks, else to `invalid`; without entries where a
 * table is not worth its memory. False when there is no memory. */
bool jump_table_open(struct jump_table *table, const struct program *program, struct pieces *pieces,
                     void (*unresolved)(void), void (*invalid)(void));

/* Gives its memory back; it may be one that was never opened, all zero. */
void jump_table_close(struct jump_table *table, struct pieces *pieces);

/* Octets of its memory. */
uint64_t jump_table_bytes(const struct jump_table *table);

#endif
