/* Machine code of one instruction. */
#ifndef PVMJIT_EMIT_H
#define PVMJIT_EMIT_H

#include "isa/opcodes.h"
#include "isa/program.h"
#include "x64/generator.h"

#include <stdint.h>

/* A jump from the end of the instruction at pc to a block of another section. */
void emit_outward_jump(struct generator *g, uint32_t pc, uint32_t target);

/* By opcode: emits one instruction. There must be room for it. */
extern void (*const emit_instruction[OP_COUNT])(struct generator *g, const struct instruction *i);

#endif
