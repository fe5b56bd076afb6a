/* Machine code of one instruction. */
#ifndef PVMJIT_EMIT_H
#define PVMJIT_EMIT_H

#include "isa/opcodes.h"
#include "isa/program.h"
#include "x64/generator.h"

#include <stdint.h>

/* By opcode: emits one instruction. There must be room for it. */
extern void (*const emit_instruction[OP_COUNT])(struct generator *g, const struct instruction *i);

#endif
