/* Machine code of dynamic jumps (djump, Gray Paper A.3). */
#ifndef PVMJIT_DYNAMIC_JUMP_H
#define PVMJIT_DYNAMIC_JUMP_H

#include "x64/generator.h"

/* Whether an instruction that jumps writes a register before. */
enum jump_writes { JUMP_ALONE, JUMP_WRITES_A };

/* Emits the jump to base + offset of instruction i. */
void emit_dynamic_jump(struct generator *g, const struct instruction *i, enum x64_register base, int64_t offset,
                       enum jump_writes writes);

#endif
